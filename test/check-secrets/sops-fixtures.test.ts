import { ageKey, Sops, type Tree } from '../support/secrets/sops';
import { DB_FILE, DB_SECRET, runbook, secret, ZITADEL_FILE, ZITADEL_SECRET } from '../support/secrets/flux-repo';

let decryptSops: typeof import('sops-age', { with: { 'resolution-mode': 'import' } }).decryptSops;

beforeAll(async () => {
  ({ decryptSops } = await import('sops-age'));
});

const secretOf = (data: unknown): Tree =>
  Object.fromEntries(Object.entries(data as Tree).filter(([key]) => key !== 'sops'));

test('what the fixtures encrypt, a third-party reader of SOPS files decrypts', async () => {
  const { files, key } = await runbook();
  const read = async (path: string): Promise<Tree> =>
    secretOf(await decryptSops(files[path]!, { secretKey: key.identity, fileType: 'yaml' }));
  expect(await read(DB_FILE)).toEqual(DB_SECRET);
  expect(await read(ZITADEL_FILE)).toEqual(ZITADEL_SECRET);
});

test.each([
  ['encrypted_regex', '^(data|stringData)$'],
  ['unencrypted_regex', '^(apiVersion|kind|metadata|type)$'],
  ['encrypted_suffix', 'ata'],
  ['unencrypted_suffix', '_unencrypted'],
])(
  'so with %s, in JSON, with values that are no strings or empty, and for each of several recipients',
  async (kind, what) => {
    const keys = [await ageKey(), await ageKey()];
    const sops = await Sops.for(...keys.map((key) => key.recipient));
    const tree = secret(
      'mixed',
      { text: 'täxt\n', number: 5432, truth: true, none: '' },
      { data: { key: Buffer.from('x').toString('base64') } },
    );
    for (const { identity: secretKey } of keys) {
      expect(secretOf(await decryptSops(sops.json(tree, { [kind]: what }), { secretKey, fileType: 'json' }))).toEqual(
        tree,
      );
    }
  },
);

test('another key opens nothing, and a value at another path does not decrypt', async () => {
  const { files, key, sops } = await runbook();
  await expect(
    decryptSops(files[DB_FILE]!, { secretKey: (await ageKey()).identity, fileType: 'yaml' }),
  ).rejects.toThrow();
  const moved = sops.yaml(DB_SECRET).replace('POSTGRES_PASSWORD:', 'OTHER:');
  await expect(decryptSops(moved, { secretKey: key.identity, fileType: 'yaml' })).rejects.toThrow();
});
