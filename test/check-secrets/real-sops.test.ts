import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { found, kubectlFolder, report } from '../support/secrets/check';
import { LIST_FILE } from '../support/secrets/expected-list';
import { NAMESPACE } from '../support/secrets/flux-repo';
import { kustomization } from '../support/secrets/monorepo';

/** What the real sops has written: sops-files/make.sh made the files, and its keys are gone. */
const FOLDER = join(__dirname, 'sops-files');
const VERSIONS = readdirSync(FOLDER).filter((name) => /^\d/.test(name));
const KEYS = JSON.parse(readFileSync(join(FOLDER, 'recipients.json'), 'utf8')) as { cluster: string; person: string };
const EXPECTED = [{ secret: 'zitadel-secret', key: 'masterkey', bytes: 32 }];

test('there are files of the first and of the newest version that this supports', () => {
  expect(VERSIONS).toEqual(expect.arrayContaining(['3.7.3', '3.13.3']));
});

describe.each(VERSIONS)('sops %s', (version) => {
  const text = (file: string): string => readFileSync(join(FOLDER, version, file), 'utf8');
  const rules = (file: string, recipients: string[] = [KEYS.cluster]): string[] =>
    found(EXPECTED, { [file]: text(file) }, recipients)
      .map((line) => line.split(' ').slice(0, 2).join(' '))
      .sort();

  test.each([
    ['secret.yaml', [], []],
    ['secret.json', [], []],
    ['data.yaml', [], ['note value-length-unproven']],
    ['both.yaml', [KEYS.person], []],
    ['both.yaml', [], ['error sops-recipient-not-allowed']],
    ['shamir.yaml', [KEYS.person], []],
    ['shamir.yaml', [], ['error sops-recipient-not-allowed', 'error sops-shamir']],
  ])('%s, with other recipients %j', (file, more, expected) => {
    expect(rules(file, [KEYS.cluster, ...more])).toEqual(expected);
  });

  test('the threshold of groups counts for each recipient alone where none is named', () => {
    expect(rules('shamir.yaml', [])).toEqual(['error sops-shamir']);
    const either = text('shamir.yaml').replace('shamir_threshold: 2', 'shamir_threshold: 1');
    expect(found(EXPECTED, { 'a.yaml': either })).toEqual([]);
    const unsaid = text('shamir.yaml').replace('shamir_threshold: 2', 'shamir_threshold: 0');
    expect(found(EXPECTED, { 'a.yaml': unsaid })).toEqual([expect.stringContaining('error sops-shamir a.yaml:')]);
  });

  test('without a selector nobody can tell what the file is', () => {
    expect(found(EXPECTED, { 'a.yaml': text('whole.yaml') })).toEqual([
      'warning sops-names-encrypted a.yaml:2',
      `error secret-missing ${LIST_FILE}:8`,
    ]);
  });

  (kubectlFolder() === null ? test.skip : test).each([
    ['zitadel.env', { envs: ['zitadel.env'] }],
    ['masterkey.txt', { files: ['masterkey=masterkey.txt'] }],
  ])('%s as the source of a secretGenerator', (file, source) => {
    const generator = { name: 'zitadel-secret', options: { disableNameSuffixHash: true }, ...source };
    const files = {
      [file]: text(file),
      'kustomization.yaml': kustomization({ namespace: NAMESPACE, secretGenerator: [generator] }),
    };
    const { findings, rows } = report(EXPECTED, files, [KEYS.cluster]);
    expect(findings).toEqual([]);
    expect(rows[0]).toMatchObject({ level: 'ok', length: { least: 32, most: 32 } });
    expect(found(EXPECTED, files, [KEYS.person])).toContainEqual(
      expect.stringMatching(`^error sops-recipient-not-allowed ${file}:`),
    );
  });
});
