import { found, messages } from '../support/secrets/check';
import { type Files, secret } from '../support/secrets/flux-repo';
import { type AgeKey, ageKey, Sops } from '../support/secrets/sops';

let key: AgeKey;
let other: AgeKey;
let text: string;

beforeAll(async () => {
  [key, other] = [await ageKey(), await ageKey()];
  text = (await Sops.for(key.recipient)).yaml(secret('shop', { key: 'value' }));
});

const SHOP = [{ secret: 'shop', key: 'key' }];
const rule = (...lines: string[]): string => `  - ${lines.join('\n    ')}\n`;
const REGEX = 'encrypted_regex: ^(data|stringData)$';
const repo = (...rules: string[]): Files => ({
  '.sops.yaml': `creation_rules:\n${rules.join('')}`,
  'k8s/shop.enc.yaml': text,
});

test('a rule that would encrypt the file as it is encrypted has no finding', () => {
  expect(found(SHOP, repo(rule('path_regex: \\.enc\\.yaml$', REGEX, `age: ${key.recipient}`)))).toEqual([]);
  expect(found(SHOP, repo(rule('encrypted_regex: ^(data|stringData|password)$', `age: ['${key.recipient}']`)))).toEqual(
    [],
  );
  expect(found(SHOP, repo(rule(REGEX, 'key_groups:', '  - age:', `      - ${key.recipient}`)))).toEqual([]);
});

test('a rule for other recipients is a warning that names them', () => {
  const both = repo(rule(REGEX, `age: '${key.recipient}, ${other.recipient}'`));
  expect(found(SHOP, both)).toEqual(['warning sops-rule-recipients .sops.yaml:3']);
  expect(messages(SHOP, both)).toEqual([
    `This creation rule would encrypt k8s/shop.enc.yaml for ${other.recipient} too`,
  ]);
  expect(messages(SHOP, repo(rule(REGEX, `age: ${other.recipient}`)))).toEqual([
    `This creation rule would encrypt k8s/shop.enc.yaml for ${other.recipient} too, and no longer for ${key.recipient}`,
  ]);
});

test.each([
  ['encrypted_regex: ^data$', 'leave stringData of k8s/shop.enc.yaml in plain text'],
  ['encrypted_suffix: _secret', 'leave data of k8s/shop.enc.yaml in plain text'],
  ['encrypted_regex: (data', 'leave k8s/shop.enc.yaml in plain text: its selector is not a regular expression'],
  ['shamir_threshold: 1', 'encrypt apiVersion of k8s/shop.enc.yaml, which must stay readable'],
  ['unencrypted_regex: ^(apiVersion|kind)$', 'encrypt metadata.name of k8s/shop.enc.yaml, which must stay readable'],
])('a rule with %s is a warning, for what it would do', (selector, what) => {
  const files = repo(rule(selector, `age: ${key.recipient}`));
  expect(found(SHOP, files)).toEqual(['warning sops-rule-selector .sops.yaml:2']);
  expect(messages(SHOP, files)).toEqual([`This creation rule would ${what}`]);
});

test('the first rule counts whose path_regex matches, in the nearest .sops.yaml, by the path from there', () => {
  const good = rule('path_regex: ^shop\\.enc\\.yaml$', REGEX, `age: ${key.recipient}`);
  const bad = rule('path_regex: ^k8s/', REGEX, `age: ${other.recipient}`);
  expect(found(SHOP, repo(bad, good))).toEqual(['warning sops-rule-recipients .sops.yaml:4']);
  expect(found(SHOP, { ...repo(bad), 'k8s/.sops.yaml': `creation_rules:\n${good}${bad}` })).toEqual([]);
});

test('without any rule for it a file cannot be encrypted anew', () => {
  expect(found(SHOP, repo(rule('path_regex: \\.txt$', `age: ${key.recipient}`)))).toEqual([
    'warning sops-no-rule .sops.yaml:1',
  ]);
});
