import { found, messages, report } from '../support/secrets/check';
import { LIST_FILE } from '../support/secrets/expected-list';
import { type Files, MASTERKEY, NAMESPACE, secret } from '../support/secrets/flux-repo';
import { ageKey, Sops, type Tree } from '../support/secrets/sops';

let sops: Sops;

beforeAll(async () => {
  sops = await Sops.for((await ageKey()).recipient);
});

const shop = (values: Tree = { key: 'value' }, more: Tree = {}): Tree => secret('shop', values, more);
const SHOP = [{ secret: 'shop', key: 'key' }];

describe('what is expected', () => {
  test('a whole Secret needs one key at least, whichever it is', () => {
    expect(found([{ secret: 'shop' }], { 'a.yaml': sops.yaml(shop()) })).toEqual([]);
    expect(found([{ secret: 'shop' }], { 'a.yaml': sops.yaml(shop({})) })).toEqual(['error secret-empty a.yaml:4']);
    expect(found([{ secret: 'shop' }], {})).toEqual([`error secret-missing ${LIST_FILE}:8`]);
  });

  test('what is optional may be absent, and is checked when it is there', () => {
    const optional = [...SHOP, { secret: 'shop', key: 'later', optionalUntil: 'the first setup' }];
    expect(found(optional, { 'a.yaml': sops.yaml(shop()) })).toEqual(['note key-not-in-repo a.yaml:4']);
    expect(found(optional.slice(1), {})).toEqual([`note secret-not-in-repo ${LIST_FILE}:8`]);
    expect(messages(optional.slice(1), {})[0]).toContain('need not be until the first setup:');
    expect(found(optional, { 'a.yaml': sops.yaml(shop({ key: 'x', later: '' })) })).toEqual([
      'error value-empty a.yaml:9',
    ]);
  });

  test('what another tool brings may be absent, and is checked when it is there', () => {
    const brought = [{ secret: 'shop', key: 'key', bytes: 5, provider: 'External Secrets' }];
    expect(found(brought, {})).toEqual([`note secret-not-in-repo ${LIST_FILE}:8`]);
    expect(messages(brought, {})[0]).toContain('is not in this repo, as External Secrets brings it:');
    expect(found(brought, { 'a.yaml': sops.yaml(shop({ other: 'x' })) })).toEqual(['note key-not-in-repo a.yaml:4']);
    expect(found(brought, { 'a.yaml': sops.yaml(shop({ key: 'longer' })) })).toEqual(['error value-length a.yaml:8']);
  });

  test('the remedies name the options that fit', () => {
    expect(report(SHOP, {}).findings[0]!.remedy).toBe(
      'Commit it, encrypted with sops; or set provider to the tool that brings it into the cluster, or optionalUntil ' +
        'to the event that makes it there',
    );
    expect(report(SHOP, { 'a.yaml': sops.yaml(shop({ other: 'x' })) }).findings[0]!.remedy).toContain('optionalUntil');
  });

  test('a Secret of another namespace may be absent, but not in plain text', () => {
    const elsewhere = [{ namespace: 'flux-system', secret: 'sops-age', key: 'age.agekey' }];
    expect(found(elsewhere, {})).toEqual([`note secret-not-in-repo ${LIST_FILE}:8`]);
    const tree = {
      ...secret('sops-age', { 'age.agekey': 'x' }),
      metadata: { name: 'sops-age', namespace: 'flux-system' },
    };
    expect(found(elsewhere, { 'a.yaml': sops.yaml(tree) })).toEqual([]);
    expect(found(elsewhere, { 'a.json': JSON.stringify(tree) })).toEqual([
      'error sops-missing a.json:1',
      'error value-plain-text a.json:1',
    ]);
  });

  test('gitFile is the file in which it must live', () => {
    const entry = { ...SHOP[0]!, gitFile: 'k8s/a.enc.yaml' };
    expect(found([entry], { 'k8s/a.enc.yaml': sops.yaml(shop()) })).toEqual([]);
    expect(found([entry], { 'a.enc.yaml': sops.yaml(shop()) })).toEqual([]); // with --repo k8s
    expect(found([entry], { 'b.yaml': sops.yaml(shop()) })).toEqual(['error secret-wrong-file b.yaml:4']);
    expect(report([entry], {}).findings[0]!.remedy).toContain('as k8s/a.enc.yaml');
  });

  test('entries of the escrow are notes for people', () => {
    const escrow =
      '- what: the age key\n  where: the password manager\n  attestedOn: 2026-11-01\n  validUntil: 2027-05-01\n';
    const [note] = report(SHOP, { 'a.yaml': sops.yaml(shop()) }, [], { 'escrow.yaml': escrow }).findings;
    expect(note).toMatchObject({ rule: 'escrow', level: 'note', file: LIST_FILE, line: 12 });
    expect(note!.message).toContain(
      'the age key must be in the password manager (attested on 2026-11-01, valid until 2027-05-01)',
    );
  });

  test('what the list says beside that is left to others', () => {
    expect(
      found([{ ...SHOP[0]!, pattern: '^[0-9]+$', trailingNewline: true, usedBy: ['backup'] }], {
        'a.yaml': sops.yaml(shop()),
      }),
    ).toEqual([]);
  });

  test('the same key of the same Secret twice in a list is checked for both', () => {
    expect(
      found(
        [
          { ...SHOP[0]!, bytes: 5 },
          { ...SHOP[0]!, minBytes: 6 },
        ],
        { 'a.yaml': sops.yaml(shop()) },
      ),
    ).toEqual(['error value-length a.yaml:8']);
  });
});

describe('lengths', () => {
  const masterkey = [{ secret: 'shop', key: 'key', bytes: 32 }];
  const file = (value: string): Files => ({ 'a.yaml': sops.yaml(shop({ key: value })) });
  const data = (value: string): Files => ({
    'a.yaml': sops.yaml(shop({}, { data: { key: Buffer.from(value).toString('base64') } })),
  });

  test('in stringData they are exact, and the usual mistakes are named', () => {
    expect(messages(masterkey, file(MASTERKEY))).toEqual([]);
    expect(messages(masterkey, file(MASTERKEY.slice(1)))).toEqual(['stringData.key (31 bytes) must have 32 bytes']);
    expect(messages(masterkey, file(`${MASTERKEY}\n`))).toEqual([
      'stringData.key (33 bytes) must have 32 bytes: does it end with a line break?',
    ]);
    for (const text of [Buffer.from(MASTERKEY).toString('base64'), `${Buffer.from(MASTERKEY).toString('base64')}\n`]) {
      expect(messages(masterkey, file(text))).toEqual([
        `stringData.key (${text.length} bytes) must have 32 bytes: is it in base64 once too often?`,
      ]);
    }
    expect(messages(masterkey, file(Buffer.from(MASTERKEY).toString('hex')))).toEqual([
      'stringData.key (64 bytes) must have 32 bytes: is it in hexadecimal?',
    ]);
  });

  test('in data two bytes stay open, and the note says so', () => {
    for (const length of [31, 32, 33])
      expect(found(masterkey, data('x'.repeat(length)))).toEqual(['note value-length-unproven a.yaml:9']);
    expect(found(masterkey, data('x'.repeat(30)))).toEqual(['error value-length a.yaml:9']);
    expect(found(masterkey, data('x'.repeat(34)))).toEqual(['error value-length a.yaml:9']);
    expect(found(masterkey, { 'a.yaml': sops.yaml(shop({}, { data: { key: 'no base64!!' } })) })).toEqual([
      'error value-length a.yaml:9',
    ]);
    expect(found(SHOP, data('anything'))).toEqual([]);
  });

  test('minBytes is a lower bound', () => {
    const least = [{ secret: 'shop', key: 'key', minBytes: 12 }];
    expect(found(least, file('x'.repeat(11)))).toEqual(['error value-length a.yaml:8']);
    expect(found(least, file('x'.repeat(12)))).toEqual([]);
    expect(found(least, data('x'.repeat(9)))).toEqual(['error value-length a.yaml:9']);
    expect(found(least, data('x'.repeat(11)))).toEqual(['note value-length-unproven a.yaml:9']);
    expect(found(least, data('x'.repeat(14)))).toEqual([]);
  });

  test('a value without quotes is no string for Kubernetes', () => {
    expect(messages(SHOP, { 'a.yaml': sops.yaml(shop({ key: 5432 })) })).toEqual([
      'stringData.key is encrypted as int: Kubernetes takes strings only',
    ]);
  });
});

describe('where it is', () => {
  const kustomization = (namespace: string | undefined, ...resources: string[]): string =>
    JSON.stringify({ kind: 'Kustomization', namespace, resources });
  const bare = (): string => sops.yaml({ ...shop(), metadata: { name: 'shop' } });

  test('a kustomization.yaml that lists the file sets its namespace, whatever the manifest says', () => {
    expect(found(SHOP, { 'a/s.yaml': bare(), 'a/kustomization.yaml': kustomization(NAMESPACE, './s.yaml') })).toEqual(
      [],
    );
    expect(
      found(SHOP, { 'a/s.yaml': sops.yaml(shop()), 'a/kustomization.yaml': kustomization('other', 's.yaml') }),
    ).toEqual(['error secret-wrong-namespace a/s.yaml:5']);
    expect(found(SHOP, { 'a/s.yaml': bare(), 'a/kustomization.yaml': kustomization(NAMESPACE, 'other.yaml') })).toEqual(
      ['error secret-not-listed a/s.yaml:4'],
    );
  });

  test('the outermost kustomization decides, and one of several ways in is enough', () => {
    const files = {
      'base/s.yaml': bare(),
      'base/kustomization.yaml': kustomization('base', 's.yaml'),
      'prod/kustomization.yml': kustomization(NAMESPACE, '../base/'),
    };
    expect(found(SHOP, files)).toEqual([]);
    expect(found(SHOP, { ...files, 'test/kustomization.yaml': kustomization('test', '../base') })).toEqual([]);
    expect(found(SHOP, { ...files, 'prod/kustomization.yml': kustomization(undefined, '../base') })).toEqual([
      'error secret-wrong-namespace base/s.yaml:4',
    ]);
  });

  test('kustomizations that list each other come to an end', () => {
    const files = {
      'a/s.yaml': bare(),
      'a/kustomization.yaml': kustomization('a', 's.yaml', '../b'),
      'b/kustomization.yaml': kustomization('b', '../a'),
    };
    expect(found(SHOP, files)).toEqual(['error kustomize-failed a/kustomization.yaml:1']);
  });

  test('so does the targetNamespace of a Flux Kustomization, for all below its path', () => {
    const flux = JSON.stringify({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      spec: {
        path: './apps/shop',
        targetNamespace: NAMESPACE,
        decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
      },
    });
    expect(found(SHOP, { 'apps/shop/db/s.yaml': bare(), 'flux/shop.yaml': flux })).toEqual([]);
    expect(found(SHOP, { 'apps/shop-2/s.yaml': bare(), 'flux/shop.yaml': flux })).toEqual([
      'error secret-wrong-namespace apps/shop-2/s.yaml:4',
    ]);
  });

  test('a Secret in a list counts', () => {
    const list = sops.yaml({ apiVersion: 'v1', kind: 'List', items: [shop()] });
    expect(found(SHOP, { 'a.yaml': list })).toEqual([]);
    expect(found([{ ...SHOP[0]!, bytes: 4 }], { 'a.yaml': list })).toEqual(['error value-length a.yaml:11']);
  });

  test('a copy in plain text is an error, and under another namespace a warning', () => {
    const plain = (namespace?: string): string => JSON.stringify({ ...shop(), metadata: { name: 'shop', namespace } });
    const files = { 'a.yaml': sops.yaml(shop()) };
    expect(found(SHOP, { ...files, 'b.json': plain() })).toEqual(['error plain-text-twin b.json:1']);
    expect(found(SHOP, { ...files, 'b.json': plain(NAMESPACE) })).toEqual(['error plain-text-twin b.json:1']);
    expect(found(SHOP, { ...files, 'b.json': plain('other') })).toEqual(['warning plain-text-twin b.json:1']);
    expect(found(SHOP, { ...files, 'b.yaml': sops.yaml(shop(), { encrypted_regex: '^nothing$' }) })).toEqual([
      'error plain-text-twin b.yaml:4',
    ]);
    expect(
      found(SHOP, { ...files, 'b.yaml': sops.yaml({ ...shop(), metadata: { name: 'shop', namespace: 'other' } }) }),
    ).toEqual([]);
    expect(
      found(SHOP, { ...files, 'b.json': JSON.stringify(shop({ key: '' }, { metadata: { name: 'shop' } })) }),
    ).toEqual([]);
  });

  test('so is one that kustomize makes from literals', () => {
    const generator = 'secretGenerator:\n  - name: shop\n    literals:\n      - key=hunter2\n';
    expect(found(SHOP, { 'a.yaml': sops.yaml(shop()), 'b/kustomization.yaml': generator })).toEqual([
      'error plain-text-twin b/kustomization.yaml:4',
    ]);
    expect(
      found(SHOP, { 'a.yaml': sops.yaml(shop()), 'b/kustomization.yaml': generator.replace('literals', 'files') }),
    ).toEqual(['error kustomize-failed b/kustomization.yaml:1']);
  });

  test('a Secret under another name with the expected key is pointed at', () => {
    const [message] = messages(SHOP, { 'a.yaml': sops.yaml(secret('shopp', { key: 'x' })) });
    expect(message).toBe(
      `Secret ${NAMESPACE}/shop (key) is not in the repo: nothing works without it; shopp has such a key: is it ` +
        'that one?',
    );
    const elsewhere = { ...secret('shopp', { key: 'x' }), metadata: { name: 'shopp', namespace: 'other' } };
    expect(messages(SHOP, { 'a.yaml': sops.yaml(elsewhere) })).toEqual([
      `Secret ${NAMESPACE}/shop (key) is not in the repo: nothing works without it`,
    ]);
  });

  test('names from the repo cannot write to the terminal', () => {
    const text = sops.yaml(shop({ key: 'x', 'bad\u001b[2J': 'x' }), { encrypted_regex: '^key$' });
    expect(messages(SHOP, { 'a.yaml': text })).toContain('stringData.bad\ufffd[2J is in plain text');
  });
});
