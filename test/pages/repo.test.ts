import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blockOf } from '../support/manifests/pages';
import { ToType } from '../support/manifests/typed-commands';
import { edited, type Files, shop } from '../support/manifests/shop-tree';
import { atEndOfFile } from '../support/machine/leftovers';
import { SYSTEM_PATH, which } from '../support/machine/machine';
import { freshFolder } from '../support/machine/run-folder';
import { LIST_FILE, listManifest } from '../support/secrets/expected-list';
import { MASTERKEY } from '../support/secrets/flux-repo';
import { bare, monorepo } from '../support/secrets/monorepo';
import { ageKey, Sops } from '../support/secrets/sops';

// Commands that a person types in a clone or in the repo of a cluster. Where a program is not on this machine, or would
// ask another one, a stand-in has its place: `ssh`, `helm`, and `rsync` where it is not installed.

const root = join(__dirname, '../..');
const pages = new ToType(__filename);
const withKubectl = which('kubectl') === undefined ? test.skip : test;

/** A folder with others beside it, in which commands are typed. */
function newFolder(): string {
  const parent = freshFolder('repo');
  atEndOfFile(() => rmSync(parent, { recursive: true }));
  const folder = join(parent, 'here');
  mkdirSync(folder);
  return folder;
}

function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Types commands in a folder, with stand-ins that come first on PATH; returns what they print. */
function type(folder: string, commands: string, standIns: Files = {}): string {
  const bin = freshFolder('bin');
  atEndOfFile(() => rmSync(bin, { recursive: true }));
  for (const [name, text] of Object.entries(standIns)) {
    writeFileSync(join(bin, name), `#!/bin/sh\nset -eu\n${text}\n`, { mode: 0o755 });
  }
  const { status, stdout, stderr } = spawnSync('bash', ['-euc', commands], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}:${SYSTEM_PATH}`,
      HOME: dirname(folder),
      CI: 'true',
      CDK8S_CHECK_UPGRADE: 'false',
      GIT_CONFIG_NOSYSTEM: '1',
    },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${commands}\nended with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Makes a repo of Git of what is in a folder, with `origin` beside it. */
const commit = (folder: string): string =>
  type(
    folder,
    `git init --quiet --initial-branch main && git config user.name Somebody && git config user.email somebody@example.com
     git init --quiet --bare ../origin.git && git remote add origin ../origin.git
     git add . && git commit --quiet --message before && git push --quiet --set-upstream origin main`,
  );

/** The command of the package, as an installation has it. */
function installed(folder: string): void {
  const bin = join(folder, 'node_modules/.bin/cdk8s-postgres-backup');
  write(folder, { 'package.json': '{ "private": true }', '.gitignore': 'node_modules/\n' });
  mkdirSync(dirname(bin), { recursive: true });
  const command = [process.execPath, '--import', require.resolve('tsx'), join(root, 'src/cli/command.ts')];
  writeFileSync(bin, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`, { mode: 0o755 });
}

describe('plan.md, with fewer dumps kept', () => {
  let folder: string;
  const before = shop();
  const after = edited(before, 'CronJob.shop-db-backup.yaml', [/(KEEP_DAILY\n +value: )"7"/, '$1"3"']);
  /** The manifests as they are committed, as kustomize gets them, and as a chart has them. */
  const repo = (manifests: Files): Files => {
    const resources = Object.keys(manifests).map((file) => `  - ${file}\n`);
    const inFolder = (name: string): Files =>
      Object.fromEntries(Object.entries(manifests).map(([file, text]) => [`${name}/${file}`, text]));
    return {
      ...inFolder('dist'),
      ...inFolder('base'),
      'base/kustomization.yaml': `resources:\n${resources.join('')}`,
      'overlays/prod/kustomization.yaml': 'resources:\n  - ../../base\n',
      'chart/templates/all.yaml': Object.values(manifests).join('---\n'),
    };
  };

  beforeAll(() => {
    folder = newFolder();
    installed(folder);
    write(folder, repo(before));
    commit(folder);
    type(folder, 'git checkout --quiet -b fewer');
    write(folder, repo(after));
  });

  test('a branch is compared with main, with dumps of the size that is given', () => {
    const commands = pages.take('docs/plan.md', '--dump-size');
    const printed = type(folder, commands);
    expect(printed).toMatch(/^Risk: \w+\. Deletes \d restore points/);
    expect(printed).toMatch(/a dump has 2\.3\s+GiB,\s+as\s+--dump-size\s+says/);
  });

  test('the dumps are those that a listing of the NAS has', () => {
    const day = (offset: number): string =>
      new Date(Date.now() - offset * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    const nas = join(folder, '../nas');
    write(nas, Object.fromEntries([1, 2, 3, 4, 5].map((ago) => [`shop-${day(ago)}-021500.dump`, 'a dump'])));
    const commands = pages.take('docs/plan.md', 'ssh nas');
    const printed = type(folder, commands, { ssh: `[ "$*" = "nas ls -l /export/shop" ] && ls -l '${nas}'` });
    expect(printed).toMatch(/^Risk: \w+\. Deletes \d restore points?/);
    expect(printed).toMatch(/^ +shop-\d+-021500 /m);
  });

  withKubectl('what kubectl and helm render is compared', () => {
    const commands = pages.take('docs/plan.md', 'kubectl kustomize');
    const helm = '[ "$1 $2" = "template shop" ] && cat "$3"/templates/*.yaml';
    const printed = type(folder, commands, { helm });
    expect(printed.match(/^Risk: \w+\. Deletes \d restore points/gm)).toHaveLength(2);
  });
});

withKubectl('check-secrets.md: the secret is in the repo, encrypted for the recipient, as the page shows', async () => {
  const { recipient } = await ageKey();
  const sops = await Sops.for(recipient);
  const because = 'without it a restored database cannot be decrypted';
  const folder = newFolder();
  installed(folder);
  write(folder, {
    ...monorepo(
      { resources: ['secret.enc.yaml'] },
      { 'secret.enc.yaml': sops.yaml(bare('zitadel-secret', { masterkey: MASTERKEY })) },
    ),
    [`apps/prod/backup/${LIST_FILE}`]: listManifest([
      { secret: 'zitadel-secret', key: 'masterkey', bytes: 32, because },
    ]),
  });
  const commands = pages.take('docs/check-secrets.md');
  expect(commands).toContain(' age1…');
  expect(type(folder, commands.replace('age1…', recipient)).trim()).toBe(
    blockOf('docs/check-secrets.md', 'text', '1 expectation').trim(),
  );
});

describe('the folder that is copied into the repo of a cluster', () => {
  // As the real one, it makes no folders above the last.
  const standIn = '[ "$1 $2" = "-a --delete" ] && rm -rf "$4" && mkdir "${4%/}" && cp -a "$3." "$4"';
  const rsync: Files = which('rsync') === undefined ? { rsync: standIn } : {};
  const files = (folder: string): string[] => readdirSync(folder).sort();

  test('gitops.md: is there with all that it has, and with nothing that it has no more', () => {
    const folder = newFolder();
    write(folder, Object.fromEntries(Object.entries(shop()).map(([file, text]) => [`dist/shop/${file}`, text])));
    const target = join(folder, '../flux-repo/apps/shop/backup');
    write(target, { 'CronJob.of-before.yaml': '' });
    type(folder, pages.take('docs/gitops.md', 'rsync'), rsync);
    expect(files(target)).toEqual(files(join(folder, 'dist/shop')));
  });

  test('src/identity-internal/README.md: is what was committed here', () => {
    const folder = newFolder();
    for (const path of ['src', 'imports', 'package.json', 'cdk8s.yaml', 'tsconfig.json']) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const target = join(folder, '../flux-repo/apps/identity-internal/backup');
    write(target, { 'CronJob.of-before.yaml': '' });
    type(folder, pages.take('src/identity-internal/README.md'), rsync);
    const committed = join(root, 'dist/identity-internal');
    expect(files(target)).toEqual(files(committed));
    for (const file of files(target)) {
      expect(readFileSync(join(target, file), 'utf8')).toBe(readFileSync(join(committed, file), 'utf8'));
    }
  });
});

test('CONTRIBUTING.md: a release dates the changelog, adapts the example, and its tag gets to the origin', () => {
  const folder = newFolder();
  for (const path of ['package.json', 'package-lock.json', 'CHANGELOG.md', 'examples/other-cluster/package.json']) {
    cpSync(join(root, path), join(folder, path));
  }
  write(folder, { '.gitignore': 'node_modules\n' });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  commit(folder);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major, minor] = version.split('.').map(Number);
  const next = `${major}.${minor + 1}.0`;
  type(folder, pages.take('CONTRIBUTING.md', 'npm version'));
  const show = (path: string): string => type(folder, `git -C ../origin.git show v${next}:${path}`);
  expect(JSON.parse(show('package.json')).version).toBe(next);
  expect(show('CHANGELOG.md')).toMatch(new RegExp(`^## \\[?${next.replaceAll('.', '\\.')}\\]? - 20\\d\\d-`, 'm'));
  expect(show('examples/other-cluster/package.json')).toContain(`cdk8s-postgres-backup-${next}.tgz`);
});

withKubectl('every block of commands that is to be typed here was typed', () => {
  expect(pages.left).toEqual([]);
});
