import { found, messages, report } from '../support/secrets/check';
import { LIST_FILE } from '../support/secrets/expected-list';
import { secret } from '../support/secrets/flux-repo';
import { type AgeKey, ageKey, Sops, type Tree } from '../support/secrets/sops';

let key: AgeKey;
let sops: Sops;

beforeAll(async () => {
  key = await ageKey();
  sops = await Sops.for(key.recipient);
});

const shop = (): Tree => secret('shop', { key: 'value' });
const SHOP = [{ secret: 'shop', key: 'key' }];
const REGEX = { encrypted_regex: '^(data|stringData)$' };

test.each([
  ['encrypted_regex: ^(data|stringData)$', REGEX, []],
  ['encrypted_regex: (?i)^(DATA|stringdata)$', REGEX, []],
  ['unencrypted_regex: ^(apiVersion|kind|metadata|type)$', REGEX, []],
  ['encrypted_regex: ^stringData$', REGEX, ['sops-selector']],
  ['encrypted_regex: ^key$', REGEX, ['sops-selector']],
  ['encrypted_suffix: ey', REGEX, ['sops-selector']],
  ['unencrypted_suffix: ey', REGEX, ['sops-selector']],
  ['encrypted_comment_regex: encrypt', REGEX, ['sops-selector']],
  [
    'unencrypted_regex: ^(apiVersion|kind|metadata|type|key)$',
    { encrypted_regex: '^nothing$' },
    ['value-plain-text', 'sops-selector'],
  ],
  ['encrypted_regex: (stringData', { encrypted_regex: '^nothing$' }, ['value-plain-text', 'sops-selector']],
])('with %s the check knows what SOPS leaves in plain text', (line, encryptedBy, expected) => {
  const text = sops.yaml(shop(), encryptedBy).replace(/encrypted_regex: .*/, line);
  const findings = report(SHOP, { 'a.yaml': text }).findings;
  expect(findings.map(({ rule }) => rule)).toEqual(expected);
  for (const one of findings.filter(({ rule }) => rule === 'sops-selector'))
    expect(text.split('\n')[one.line - 1]).toContain(line);
});

test('without a selector SOPS hides the name too, and then nobody can tell what it is', () => {
  expect(found(SHOP, { 'a.yaml': sops.yaml(shop(), {}) })).toEqual([
    'warning sops-names-encrypted a.yaml:2',
    `error secret-missing ${LIST_FILE}:8`,
  ]);
});

test('any recipient will do, unless some are allowed; then every other kind of key is foreign, too', async () => {
  const other = await ageKey();
  const both = (await Sops.for(key.recipient, other.recipient)).yaml(shop());
  expect(found(SHOP, { 'a.yaml': both })).toEqual([]);
  expect(found(SHOP, { 'a.yaml': both }, [key.recipient, other.recipient])).toEqual([]);
  expect(messages(SHOP, { 'a.yaml': both }, [key.recipient])).toEqual([
    `sops is encrypted for ${other.recipient}, which is not among the allowed recipients`,
  ]);
  expect(found(SHOP, { 'a.yaml': sops.yaml(shop()) }, [key.recipient, other.recipient])).toEqual([
    'note sops-recipient-missing a.yaml:11',
  ]);
  const pgp = sops.yaml(shop()).replace('\nsops:\n', '\nsops:\n  pgp:\n    - fp: ABC\n      enc: x\n');
  expect(found(SHOP, { 'a.yaml': pgp }, [key.recipient])).toEqual(['error sops-recipient-not-allowed a.yaml:11']);
  expect(found(SHOP, { 'a.yaml': pgp })).toEqual([]);
});

test('recipients count in groups of keys as well', () => {
  const text = sops.yaml(shop());
  const [, age] = /\n( {2}age:\n[\s\S]*?)\n {2}lastmodified/.exec(text)!;
  const grouped = text.replace(age!, `  key_groups:\n${age!.replace(/^/gm, '    ').replace('      age', '    - age')}`);
  expect(found(SHOP, { 'a.yaml': grouped }, [key.recipient])).toEqual([]);
});

test.each([
  ['enc', /enc: \|[\s\S]*?-----END[^\n]*/, 'enc: ""'],
  ['lastmodified', /lastmodified: .*/, 'lastmodified: once'],
  ['all', /sops:\n[\s\S]*/, 'sops: none\n'],
])('damaged metadata (%s) is named', (_, pattern, by) => {
  expect(found(SHOP, { 'a.yaml': sops.yaml(shop()).replace(pattern, by) })).toContainEqual(
    expect.stringContaining('error sops-incomplete a.yaml:'),
  );
});
