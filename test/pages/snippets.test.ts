import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cdk8s from 'cdk8s';
import * as plus from 'cdk8s-plus-28';
import * as constructs from 'constructs';
import { parse, parseAllDocuments } from 'yaml';
import * as library from '../../src';
import { atEndOfFile } from '../support/machine/leftovers';
import { snippets } from '../support/manifests/pages';
import { freshFolder } from '../support/machine/run-folder';

// A TypeScript snippet with imports is a program. One without continues the program of the README, in a block of its
// own before the synth, and may use everything that the library and cdk8s export.

const root = join(__dirname, '../..');
const ts = snippets().filter(({ language }) => language === 'ts');
const isProgram = (text: string): boolean => /^import /m.test(text);
const program = ts.find(({ at, text }) => at.startsWith('README.md') && isProgram(text))!.text;

let folder: string;

beforeAll(() => {
  folder = freshFolder('snippets');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        module: 'Node16',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        paths: { 'cdk8s-postgres-backup': [join(root, 'src/index.ts')] },
      },
    }),
  );
  ts.forEach(({ text }, i) => {
    mkdirSync(join(folder, `${i}`));
    writeFileSync(join(folder, `${i}/main.ts`), isProgram(text) ? text : continued(text));
  });
});

test('every TypeScript snippet compiles strictly', () => {
  expect(run(require.resolve('typescript/bin/tsc')).replace(/^(\d+)\/main\.ts/gm, (_, i) => ts[Number(i)]!.at)).toBe(
    '',
  );
});

test('every TypeScript snippet synthesizes', () => {
  writeFileSync(
    join(folder, 'all.ts'),
    `
    for (const i of ${JSON.stringify(ts.map((_, i) => i))}) {
      process.chdir(\`${folder}/\${i}\`);
      try {
        require(\`${folder}/\${i}/main.ts\`);
      } catch (error) {
        console.log(i + '/main.ts: ' + (error as Error).message);
      }
    }`,
  );
  expect(
    run('--import', require.resolve('tsx'), 'all.ts').replace(/^(\d+)\/main\.ts/gm, (_, i) => ts[Number(i)]!.at),
  ).toBe('');
  expect(ts.map(({ at }, i) => [at, readdirSync(join(folder, `${i}/dist`)).length > 0])).toEqual(
    ts.map(({ at }) => [at, true]),
  );
});

test('the program in the README makes these files', () => {
  const of = ts.findIndex(({ text }) => text === program);
  expect(readdirSync(join(folder, `${of}/dist/shop`))).toEqual([
    'ConfigMap.shop-backup-scripts-lib.yaml',
    'ConfigMap.shop-backup-scripts-sql.yaml',
    'ConfigMap.shop-backup-scripts.yaml',
    'ConfigMap.shop-expected-secrets.yaml',
    'CronJob.shop-db-backup.yaml',
    'CronJob.shop-db-drill.yaml',
    'CronJob.shop-db-restore.yaml',
    'PersistentVolumeClaim.shop-backup.yaml',
    'RUNBOOK.md',
    'kubectl-pgbackup',
    'kustomization.yaml',
  ]);
});

test('every hatch in docs/escape-hatches.md reaches a manifest', () => {
  const manifests = ts
    .flatMap(({ at }, i) => (at.startsWith('docs/escape-hatches.md') ? [join(folder, `${i}/dist`)] : []))
    .flatMap((dist) => readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((file) => join(dist, file)))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('---\n');
  for (const trace of [
    'claimName: legacy-backups',
    'serviceAccountName: backup-runner',
    'BACKUP_DIR\n +value: /backups/copies',
    'ConfigMap.company-ca.yaml',
    'mountPath: /etc/company-ca',
    'app.kubernetes.io/part-of: shop',
    'example.org/owner: team-shop',
    'hostAliases:',
    'concurrencyPolicy: Replace',
    'cidr: 192.0.2.7/32',
  ]) {
    expect(manifests).toMatch(new RegExp(trace));
  }
});

test('the YAML in docs/connections.md is in each container that connects', () => {
  const [shown] = snippets().filter(({ at, language }) => at.startsWith('docs/connections.md') && language === 'yaml');
  const of = ts.findIndex(({ at }) => at.startsWith('docs/connections.md'));
  const { spec } = parse(readFileSync(join(folder, `${of}/dist/shop/CronJob.orders-backup.yaml`), 'utf8'));
  const { initContainers, containers } = spec.jobTemplate.spec.template.spec;
  for (const { env } of [...initContainers, ...containers]) {
    expect(env).toEqual(expect.arrayContaining(parse(shown!.text)));
  }
});

test('every YAML and JSON snippet can be parsed', () => {
  const errors = snippets()
    .filter(({ language }) => ['yaml', 'json'].includes(language))
    .flatMap(({ at, text }) =>
      parseAllDocuments(text).flatMap((document) => document.errors.map(({ message }) => `${at}: ${message}`)),
    );
  expect(errors).toEqual([]);
});

test('the validation in docs/getting-started.md is the one of the example, whose synth runs it', () => {
  const shown = snippets()
    .filter(({ at, text }) => at.startsWith('docs/getting-started.md') && text.includes('validations:'))
    .map(({ text }) => parse(text).validations);
  expect(shown).toEqual([parse(readFileSync(join(root, 'examples/other-cluster/cdk8s.yaml'), 'utf8')).validations]);
});

function continued(fragment: string): string {
  const modules = { 'cdk8s-postgres-backup': library, cdk8s, 'cdk8s-plus-28': plus, constructs };
  const seen = new Set<string>();
  const imports = Object.entries(modules).map(([module, exported]) => {
    const names = Object.keys(exported).filter((name) => !seen.has(name));
    names.forEach((name) => seen.add(name));
    return `import { ${names.join(', ')} } from '${module}';`;
  });
  const [before, after] = program.replace(/^import [^]*?;\n/gm, '').split('app.synth();');
  return [...imports, before, '{', fragment, '}', 'app.synth();', after].join('\n');
}

/** What a program of Node prints. */
function run(...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return stdout + stderr;
}
