import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plan } from '../../src/plan/plan';
import { type Tree, TreeReader } from '../../src/plan/tree';
import { written } from '../support/secrets/flux-repo';
import { shop, treeOf } from '../support/manifests/shop-tree';

const NOW = Date.UTC(2026, 10, 24, 1);
const CLAIM = 'PersistentVolumeClaim.shop-backup.yaml';

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    encoding: 'utf8',
  });

/** A repo with a shop in dist/, and what has changed since not committed. */
function repo(): string {
  const folder = written(Object.fromEntries(Object.entries(shop()).map(([file, text]) => [`dist/${file}`, text])));
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(folder, 'README.md'), '');
  writeFileSync(join(folder, 'dist/a "quoted" näme\n.txt'), 'text');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--message', 'A shop');
  rmSync(join(folder, 'dist', CLAIM));
  return folder;
}

/** Reads as the command would in a folder. */
function readIn(folder: string, name: string): Tree {
  const home = process.cwd();
  process.chdir(folder);
  try {
    return new TreeReader().read(name, '--base');
  } finally {
    process.chdir(home);
  }
}

const summary = (base: Tree, head: Tree): unknown =>
  plan(base, head, { now: NOW }).changes.map(({ id, level, resources }) => [level, id, ...resources]);

describe('a folder in a commit', () => {
  let folder: string;
  beforeAll(() => {
    folder = repo();
  });

  test('is read from Git, without a checkout', () => {
    const [committed, present] = [readIn(folder, 'main:dist'), readIn(folder, 'dist')];
    expect([...committed.files.keys()].sort()).toEqual([...present.files.keys(), CLAIM].sort());
    expect(summary(committed, present)).toEqual([
      ['warning', 'claim-removed', 'PersistentVolumeClaim shop/shop-backup'],
    ]);
    expect(git(folder, 'status', '--porcelain')).toBe(` D dist/${CLAIM}\n`);
  });

  test('is named by a branch, a tag or a commit, from the root or with ./ from here', () => {
    git(folder, 'tag', '--annotate', '--message', 'v1', 'v1');
    const commit = git(folder, 'rev-parse', 'HEAD').trim();
    for (const name of ['main:dist/', 'v1:dist', `${commit}:dist`, 'HEAD:./dist', `${commit.slice(0, 10)}:dist`]) {
      expect(readIn(folder, name).manifests).toHaveLength(9);
    }
    expect(readIn(join(folder, 'dist'), 'HEAD:.').manifests).toHaveLength(9);
    expect(readIn(join(folder, 'dist'), 'HEAD:dist').manifests).toHaveLength(9);
    expect(readIn(folder, 'HEAD:').files.has('dist/' + CLAIM)).toBe(true);
  });

  test.each([
    ['a ref that is not there', 'nowhere:dist', '--base (nowhere:dist): Git knows no ref nowhere here. Fetch it'],
    ['a ref that looks like an option', '--all:dist', '--base (--all:dist): Git knows no ref --all here'],
    [
      'a folder that is not there',
      'main:nowhere',
      '--base (main:nowhere): main has no folder or file nowhere. Name it from the root of the repo',
    ],
    ['a folder outside', 'main:../dist', 'is outside repository'],
    [
      'no folder at all',
      'nowhere',
      '--base (nowhere) is not a folder, nor a file. Name one that exists, a folder in a commit like main:dist',
    ],
    [
      'a file without manifests',
      'README.md',
      '--base (README.md) has no manifest in it. Does the command that renders',
    ],
  ])('%s is misuse', (_, name, message) => {
    expect(() => readIn(folder, name)).toThrow(message);
  });

  test('outside of a repo, and without git, the message says so', () => {
    const elsewhere = written({ 'a.yaml': '' });
    expect(() => readIn(elsewhere, 'main:dist')).toThrow('since this is not a Git repository');
    const path = process.env.PATH;
    process.env.PATH = elsewhere;
    try {
      expect(() => readIn(folder, 'main:dist')).toThrow('git, which reads folders from a commit, is not installed');
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('what cannot be read', () => {
  const files = shop();
  const base = treeOf('base', files);
  const headOf = (more: Record<string, string>): Tree => treeOf('head', { ...files, ...more });

  test.each([
    ['broken YAML', { 'a.yaml': 'a: [\n' }, 'a.yaml:2'],
    ['a tab', { 'a.yaml': 'a:\n\tb: 1\n' }, 'a.yaml:2'],
    ['a mapping with the same key twice', { 'a.yaml': 'kind: A\na: 1\na: 2\n' }, 'a.yaml:3'],
    ['too many levels', { 'a.json': `${'['.repeat(5000)}${']'.repeat(5000)}` }, 'a.json:1'],
    [
      'aliases that exhaust the memory',
      {
        'a.yaml':
          'a: &a [x, ' +
          `x]\n${Array.from({ length: 30 }, (_, index) => `k${index}: &${'a'.repeat(index + 2)} [${`*${'a'.repeat(index + 1)}, `.repeat(9)}]`).join('\n')}\n`,
      },
      'a.yaml',
    ],
    ['an alias of nothing', { 'a.yaml': 'a: *b\n' }, 'a.yaml'],
    ['bytes', { 'a.yaml': 'a: \0\n' }, 'a.yaml'],
  ])('%s is an error of the plan, by its place, and of no other', (_, more, place) => {
    const changes = plan(base, headOf(more), { now: NOW }).changes;
    expect(changes[0]).toMatchObject({ id: 'unreadable', level: 'error', resources: [expect.stringContaining(place)] });
    expect(plan(headOf(more), base, { now: NOW }).changes[0]).toMatchObject({ id: 'unreadable', level: 'note' });
    expect(plan(headOf(more), headOf(more), { now: NOW }).changes).toEqual([]);
  });

  test('unknown kinds, lists of objects, nameless and shapeless documents are compared like others', () => {
    const odd = (value: string): Record<string, string> => ({
      'list.yaml':
        'apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: a/v1, kind: Odd, metadata: {name: one}, spec: ' +
        `${value}}\n`,
      'kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${value}]\n`,
      'b/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n',
      'values.yaml': `# nothing\n---\nvalue: ${value}\n---\n- ${value}\n---\n${value}\n`,
      'job.yaml':
        'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: [], labels: {app.kubernetes.io/name: ' +
        `postgres-backup, app.kubernetes.io/component: backup}}\nspec: ${value}\n`,
      'claim.yaml': `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: ${value}\nspec: []\n`,
    });
    const resources = plan(treeOf('base', odd('x')), treeOf('head', odd('y')), { now: NOW }).resources.map(
      ({ after, fields }) => [after?.kind, after?.file, fields.length],
    );
    expect(resources).toEqual([
      ['Odd', 'list.yaml', 1],
      ['Kustomization', 'kustomization.yaml', 2],
      ['document 1', 'values.yaml', 1],
      ['document 2', 'values.yaml', 1],
      ['document 3', 'values.yaml', 1],
      ['CronJob', 'job.yaml', 1],
      ['PersistentVolumeClaim', 'claim.yaml', 1],
    ]);
  });

  test('links and folders that may not be read are told', () => {
    const folder = written(files);
    symlinkSync('/etc', join(folder, 'link'));
    mkdirSync(join(folder, 'closed'));
    chmodSync(join(folder, 'closed'), 0);
    const { problems } = new TreeReader().read(folder, '--head');
    expect(problems).toContainEqual({ file: 'link', message: 'is a link, which was not followed' });
    if (process.getuid?.() !== 0)
      expect(problems).toContainEqual({ file: 'closed', message: 'cannot be read (EACCES)' });
    chmodSync(join(folder, 'closed'), 0o755);
  });
});

test('thousands of files', () => {
  const files = (text: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [
        `${index % 50}/${index}.yaml`,
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m${index}}\ndata: {a: ${text}}\n`,
      ]),
    );
  const { resources, changes } = plan(treeOf('base', files('x')), treeOf('head', files('y')), { now: NOW });
  expect(resources).toHaveLength(5000);
  expect(changes).toHaveLength(1);
});
