import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../src/check-secrets/check';
import { ExpectedList } from '../../src/manifests/expected-list';
import { kustomize } from '../support/secrets/check';
import { dist } from '../support/secrets/expected-list';
import { type Files, NAMESPACE, secret, written } from '../support/secrets/flux-repo';
import { ageKey, Sops } from '../support/secrets/sops';

let good: string;

beforeAll(async () => {
  const { recipient } = await ageKey();
  good = (await Sops.for(recipient)).yaml(secret('shop', { key: 'value' }));
});

/** What is found in a folder beside a good file, as `level rule file:line`. */
function found(repo: string, as = (act: () => string[]): string[] => act()): string[] {
  const list = ExpectedList.read(dist([{ secret: 'shop', key: 'key' }]), (path) => path);
  return as(() =>
    check(list, repo, [], kustomize()).findings.map(
      ({ level, rule, file, line }) => `${level} ${rule} ${file}:${line}`,
    ),
  );
}

const withFiles = (files: Files): string => written({ 'good.yaml': good, ...files });

test.each([
  ['broken, and speaks of an expected Secret', 'kind: Secret\nmetadata: {name: shop\n', 'error yaml-broken bad.yaml:3'],
  ['broken, and encrypted', 'kind: Secret\nstringData:\n\tkey: ENC[AES256_GCM,data:\n', 'error yaml-broken bad.yaml:3'],
  ['a template of Helm', 'kind: Secret\n{{- if .Values.metadata }}\n', 'note yaml-broken bad.yaml:2'],
  ['nested without end', `kind: Secret\nshop: ${'['.repeat(100_000)}`, 'error yaml-broken bad.yaml:2'],
  ['nested without end, in block style', `# Secret shop\n${'- '.repeat(100_000)}`, 'error yaml-broken bad.yaml:2'],
  ['binary', 'kind: Secret\u0000', 'warning file-not-text bad.yaml:1'],
])('a file that is %s has a clear finding', (_, text, expected) => {
  expect(found(withFiles({ 'bad.yaml': text }))).toEqual([expected]);
});

test('nesting is counted, not tried: a parser that runs out of stack may take the process with it', () => {
  const list = ExpectedList.read(dist([{ secret: 'shop', key: 'key' }]), (path) => path);
  const [finding] = check(list, withFiles({ 'bad.yaml': `kind: Secret\nshop: ${'['.repeat(250)}` }), []).findings;
  expect(finding!.message).toContain('(nested more than 100 levels deep)');
});

test('a file in UTF-16 is named, as Kubernetes may read it and the check does not', () => {
  const repo = withFiles({});
  writeFileSync(
    join(repo, 'wide.yaml'),
    Buffer.from('\ufeffkind: Secret\nmetadata: {name: shop}\nstringData: {key: hunter2}\n', 'utf16le'),
  );
  expect(found(repo)).toEqual(['warning file-not-text wide.yaml:1']);
});

test('a huge file is named and not read', () => {
  const repo = withFiles({ 'dump.yaml': 'kind: Secret\n' });
  truncateSync(join(repo, 'dump.yaml'), 2 ** 40);
  writeFileSync(join(repo, 'dump.sql'), '');
  truncateSync(join(repo, 'dump.sql'), 2 ** 40);
  expect(found(repo)).toEqual(['note file-too-large dump.yaml:1']);
});

test('a large file of nothing but keys, repeated keys or aliases neither ends the check nor holds it up', () => {
  const line = '- &anchor [*anchor, *anchor, *anchor, *anchor, *anchor]\n';
  const repo = withFiles({
    'aliases.yaml': `kind: Secret\nmetadata: {name: shop-x}\na:\n${line.repeat(2_000)}`,
    'list.yaml': `kind: List\nx: &a {kind: Secret}\nitems:\n${'- *a\n'.repeat(20_000)}`,
    'keys.yaml':
      'kind: Secret\nmetadata: {name: ' +
      `x}\nstringData:\n${Array.from({ length: 20_000 }, (_, i) => `  key-${i}: ''\n`).join('')}`,
  });
  expect(found(repo)).toEqual([]);
  writeFileSync(join(repo, 'keys.yaml'), `kind: Secret\n${'a: b\n'.repeat(20_000)}`);
  expect(found(repo)).toHaveLength(20);
});

test('aliases that multiply without end are not unrolled', () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `  a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]\n`,
  ).join('');
  const bomb =
    `apiVersion: v1\nkind: Secret\nmetadata: {name: shop, namespace: ${NAMESPACE}}\nstringData:\n  a0: &a0 ` +
    `x\n${levels}  key: *a30\n`;
  const findings = found(written({ 'bomb.yaml': bomb }));
  expect(findings).toContain('error value-not-string bomb.yaml:36');
});

test('a key that stands twice is found in every mapping of a Secret, and nowhere else', () => {
  const twice = good.replace('metadata:\n', 'metadata:\n  name: other\n');
  const repo = written({ 'a.yaml': twice, 'b.yaml': 'kind: ConfigMap\nabout: Secret\ndata: {a: 1, a: 2}\n' });
  expect(found(repo)).toContain('error yaml-duplicate-key a.yaml:5');
  expect(found(repo).filter((one) => one.includes('b.yaml'))).toEqual([]);
});

test('links that lead in a circle, nowhere or out of the repo are named and not followed; those inside are neither', () => {
  const repo = withFiles({ 'a/x.txt': '' });
  const outside = written({
    'secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {key: hunter2}\n',
  });
  symlinkSync('.', join(repo, 'a/self'));
  symlinkSync('../..', join(repo, 'a/up'));
  symlinkSync('loop-2', join(repo, 'loop-1'));
  symlinkSync('loop-1', join(repo, 'loop-2'));
  symlinkSync('nothing', join(repo, 'nowhere.yaml'));
  symlinkSync('good.yaml', join(repo, 'same.yaml'));
  symlinkSync(outside, join(repo, 'outside'));
  expect(found(repo)).toEqual(
    ['a/up', 'loop-1', 'loop-2', 'nowhere.yaml', 'outside'].map((path) => `note link-skipped ${path}:1`),
  );
});

test('a pipe is not waited for', () => {
  const repo = withFiles({});
  expect(spawnSync('mkfifo', [join(repo, 'pipe.yaml')]).status).toBe(0);
  expect(found(repo)).toEqual([]);
});

test('.git and node_modules are not looked at', () => {
  const plain = 'apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {key: hunter2}\n';
  expect(found(withFiles({ '.git/x.yaml': plain, 'a/node_modules/b/x.yaml': plain }))).toEqual([]);
});

test('a file and a folder that may not be read are errors: the check cannot vouch for them', () => {
  const repo = withFiles({ 'locked/x.yaml': 'a: b\n', 'locked.yaml': 'a: b\n' });
  spawnSync('chmod', ['0', join(repo, 'locked'), join(repo, 'locked.yaml')]);
  const findings = found(repo, (act) => {
    const uid = process.geteuid!();
    if (uid === 0) process.seteuid!(65534); // root may read anything
    try {
      return act();
    } finally {
      if (uid === 0) process.seteuid!(uid);
    }
  });
  spawnSync('chmod', ['700', join(repo, 'locked')]);
  expect(findings).toEqual(['error file-unreadable locked:1', 'error file-unreadable locked.yaml:1']);
});

test('a private age key is found in any file, and a word about it is not', async () => {
  const { identity } = await ageKey();
  const repo = withFiles({
    'keys/age.agekey': `# created: today\n# public key: …\n${identity}\n`,
    'README.md': 'Keep AGE-SECRET-KEY-1… safe.\n',
  });
  expect(found(repo)).toEqual(['error age-key-in-git keys/age.agekey:3']);
});

test('the same repo gives the same report, byte for byte', () => {
  const repo = withFiles({ 'z.yaml': good, 'B.yaml': good, 'a/x.yaml': good });
  mkdirSync(join(repo, 'empty'));
  expect(found(repo)).toEqual([
    'error secret-duplicate a/x.yaml:4',
    'error secret-duplicate good.yaml:4',
    'error secret-duplicate z.yaml:4',
  ]);
});
