import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { atEndOfFile } from '../support/machine/leftovers';
import { ToType } from '../support/manifests/typed-commands';
import { installExample, newRepo, pack, type Packed } from '../support/manifests/packed';
import { freshFolder } from '../support/machine/run-folder';

const root = join(__dirname, '../..');
const pages = new ToType(__filename);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const TSX = require.resolve('tsx');

let packed: Packed;
let example: string;
let withTheNewest: Record<string, string>;

beforeAll(() => {
  packed = pack(folder('package'));
  example = installExample(join(packed.archive, '..'));
  execFileSync('npm', ['run', '--silent', 'synth'], { cwd: example, stdio: ['ignore', 'ignore', 'pipe'] });
  withTheNewest = synthesized();
});

describe('the archive', () => {
  test('holds the library and its pages, and nothing of its tests, its app and its making', () => {
    const top = packed.files.map((file) => /^(lib\/\w+|[^/]+)/.exec(file)![0]);
    expect([...new Set(top)].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'docs',
      'lib/imports',
      'lib/src',
      'package.json',
    ]);
    expect(packed.files.filter((file) => file.startsWith('lib/src/') && !/\.(map|d\.ts)$/.test(file)).sort()).toEqual(
      modules(),
    );
  });

  test('has a source map for each module, and declarations for what can be imported', () => {
    const js = packed.files.filter((file) => file.endsWith('.js'));
    expect(packed.files.filter((file) => file.endsWith('.js.map'))).toEqual(js.map((file) => `${file}.map`));
    const declared = packed.files.filter((file) => file.endsWith('.d.ts')).map((file) => file.replace('.d.ts', '.js'));
    expect(declared.filter((file) => !js.includes(file))).toEqual([]);
    expect(declared.filter((file) => file.startsWith('lib/src/cli/'))).toEqual([]);
  });

  test('has no internal member in the declarations', () => {
    const declarations = join(packed.archive, '../declarations');
    mkdirSync(declarations);
    execFileSync('tar', ['-xzf', packed.archive, '-C', declarations]);
    const texts = packed.files
      .filter((file) => file.endsWith('.d.ts'))
      .map((file) => [file, readFileSync(join(declarations, 'package', file), 'utf8')] as const);
    expect(texts.length).toBeGreaterThan(20);
    const internal = /@internal|^ {4}(?:static |readonly |get )*_\w+.*/m;
    expect(texts.map(([file, text]) => [file, internal.exec(text)?.[0]]).filter(([, found]) => found)).toEqual([]);
  });

  test('is smaller than 600 kB', () => {
    expect(packed.size).toBeLessThan(600_000);
  });

  test('has what its pages lead to; only links about the making of the library lead to the repository', () => {
    const leading = packed.files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link]) =>
          join(file, '..', link!),
        ),
      );
    expect(leading.length).toBeGreaterThan(50);
    expect([...new Set(leading)].filter((target) => !packed.files.includes(target)).sort()).toEqual([
      '.github/workflows/backup-plan.yaml',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'examples/other-cluster/README.md',
      'src/identity-internal/README.md',
      'src/plan/change.ts',
      'src/plan/plan-json.ts',
      'test/plan/pull-requests',
    ]);
  });

  test('has every file that package.json points to', () => {
    const targets = [
      manifest.main,
      manifest.types,
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((entry) => Object.values(entry as object | string[])),
    ];
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((target) => target.length > 1 && !packed.files.includes(target.replace('./', '')))).toEqual(
      [],
    );
  });
});

describe('examples/other-cluster, installed from the archive outside the repo', () => {
  test('compiles strictly, the declarations of the library with it', () => {
    const { status, stdout } = spawnSync('npm', ['run', '--silent', 'check'], { cwd: example, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('synthesizes', () => {
    expect(withTheNewest['kustomization.yaml']).toMatchSnapshot();
    const manifests = Object.entries(withTheNewest).filter(([file]) => !/backup-scripts|kustomization/.test(file));
    expect(
      manifests
        .map(([, text]) => text)
        .join('---\n')
        .replace(/(scripts-sha256: )\w{64}/g, '$1<digest>'),
    ).toMatchSnapshot();
  });

  test('does what its README says: these commands are those of the tests around', () => {
    const commands = pages.take('examples/other-cluster/README.md').replaceAll(/ *#.*/g, '').trim().split('\n');
    expect(commands).toEqual([
      '(cd ../.. && npm ci && npm pack)',
      'npm install',
      'npm run check && npm run synth',
      'npx cdk8s-postgres-backup check-secrets --repo ../flux-repo',
    ]);
  });

  test('imports nothing that is not in the exports map, and the path of the plugin is that of its export', () => {
    const allowed = Object.keys(manifest.exports).map((path) => path.replace('.', manifest.name));
    const imported = [...readFileSync(join(example, 'main.ts'), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, module]) => module!,
    );
    expect(imported.filter((module) => module.startsWith(manifest.name) && !allowed.includes(module))).toEqual([]);
    const {
      validations: [plugin],
    } = parse(readFileSync(join(example, 'cdk8s.yaml'), 'utf8'));
    expect(`./${join('node_modules', manifest.name, manifest.exports['./backup-policies'].default)}`).toBe(
      `./${join(plugin.package)}.js`,
    );
  });

  test('can be an ES module', () => {
    const program = `import { BackupCronJob } from '${manifest.name}'; console.log(BackupCronJob.name)`;
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: example, encoding: 'utf8' }),
    ).toBe('BackupCronJob\n');
  });

  test('has the command, and it runs', () => {
    const { stdout, stderr, status } = spawnSync(
      join(example, 'node_modules/.bin', manifest.name),
      ['check-secrets', '--repo', example],
      { cwd: example, encoding: 'utf8' },
    );
    expect(stdout).toContain('secret-missing');
    expect(stderr).toBe('');
    expect(status).toBe(1);

    // The Markdown comes from a module that is loaded only then.
    const dist = join(root, 'dist');
    expect(
      spawnSync(
        join(example, 'node_modules/.bin', manifest.name),
        ['plan', '--base', dist, '--head', dist, '--markdown'],
        { cwd: example, encoding: 'utf8' },
      ),
    ).toMatchObject({ stdout: `### No change: ${dist} has what ${dist} has\n`, stderr: '', status: 0 });
  });

  test('asks for no older peers than the library does', () => {
    const { dependencies } = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'));
    expect(dependencies).toEqual({
      ...manifest.peerDependencies,
      [manifest.name]: `file:../../${manifest.name}-${manifest.version}.tgz`,
    });
  });
});

describe('peers', () => {
  let oldest: string;

  beforeAll(() => {
    const versions = Object.entries<string>(manifest.peerDependencies).map(
      ([name, range]) => `${name}@${range.replace('^', '')}`,
    );
    oldest = newRepo(folder('peers'), packed.archive, ...versions);
  });

  test('with the oldest that package.json allows, the example compiles and synthesizes the same as with the newest', () => {
    for (const file of ['main.ts', 'tsconfig.json']) cpSync(join(example, file), join(oldest, file));
    const types = ['--typeRoots', join(root, 'node_modules/@types')];
    expect(
      spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...types], { cwd: oldest, encoding: 'utf8' })
        .stdout,
    ).toBe('');
    execFileSync(process.execPath, ['--import', TSX, 'main.ts'], { cwd: oldest });
    expect(synthesized(oldest)).toEqual(withTheNewest);
  });

  test('a second copy of constructs works where it is of the same version, and is named in the error where it is not', () => {
    const second = join(example, 'node_modules', manifest.name, 'node_modules/constructs');
    cpSync(join(example, 'node_modules/constructs'), second, { recursive: true });
    rmSync(join(example, 'dist'), { recursive: true });
    execFileSync(process.execPath, ['--import', TSX, 'main.ts'], { cwd: example });
    expect(synthesized()).toEqual(withTheNewest);

    rmSync(second, { recursive: true });
    cpSync(join(oldest, 'node_modules/constructs'), second, { recursive: true });
    const { stderr, status } = spawnSync(process.execPath, ['-e', `require('${manifest.name}')`], {
      cwd: example,
      encoding: 'utf8',
    });
    rmSync(second, { recursive: true });
    expect(stderr).toContain('There are two versions of constructs: cdk8s has ');
    expect(stderr).toContain(
      `and ${manifest.name} has ${manifest.peerDependencies.constructs.replace('^', '')} in ${second}`,
    );
    expect(status).toBe(1);
  });
});

function folder(name: string): string {
  const made = freshFolder(name);
  atEndOfFile(() => rmSync(made, { recursive: true }));
  return made;
}

/** What `lib/src` must have: every module and script of the sources that is not the app's. */
function modules(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
  return files
    .filter((file) => file !== 'src/main.ts' && !file.startsWith('src/identity-internal/'))
    .map((file) => `lib/${file.replace(/\.ts$/, '.js')}`)
    .sort();
}

function synthesized(repo = example): Record<string, string> {
  const dist = join(repo, 'dist/apps');
  return Object.fromEntries(
    readdirSync(dist)
      .sort()
      .map((file) => [file, readFileSync(join(dist, file), 'utf8')]),
  );
}
