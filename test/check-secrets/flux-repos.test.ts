import { stringify } from 'yaml';
import type { Report } from '../../src/check-secrets/check-report';
import { kubectlFolder, report } from '../support/secrets/check';
import { LIST_FILE } from '../support/secrets/expected-list';
import { type Files, MASTERKEY, NAMESPACE } from '../support/secrets/flux-repo';
import { bare, cluster, flux, kustomization, monorepo, type Overlay, type Spec } from '../support/secrets/monorepo';
import { type AgeKey, ageKey, Sops, type Tree } from '../support/secrets/sops';

/** Repos as teams have them, each with what a careful reviewer would say of it. */

const EXPECTED = [{ secret: 'zitadel-secret', key: 'masterkey', bytes: 32, because: 'nothing can be decrypted' }];
const OVERLAY = 'apps/prod/identity/kustomization.yaml';
const FILE = 'apps/prod/identity/secret.enc.yaml';

let key: AgeKey;
let sops: Sops;
let encrypted: string;

beforeAll(async () => {
  key = await ageKey();
  sops = await Sops.for(key.recipient);
  encrypted = sops.yaml(bare('zitadel-secret', { masterkey: MASTERKEY }));
});

const checked = (files: Files, expected = EXPECTED): Report => report(expected, files, [key.recipient]);
const found = (files: Files, expected = EXPECTED): string[] =>
  checked(files, expected).findings.map(({ level, rule, file, line }) => `${level} ${rule} ${file}:${line}`);
const said = (files: Files): string =>
  checked(files)
    .findings.map(({ message, remedy }) => `${message}. ${remedy}`)
    .join();

const listed = (spec?: Spec): Files =>
  monorepo({ resources: ['secret.enc.yaml'] }, { 'secret.enc.yaml': encrypted }, spec);
const made = (object: Tree): Files => monorepo({ resources: ['maker.yaml'] }, { 'maker.yaml': stringify(object) });
const generator = (what: object): Overlay => ({
  secretGenerator: [{ name: 'zitadel-secret', options: { disableNameSuffixHash: true }, ...what }],
});

(kubectlFolder() === null ? describe.skip : describe)('a repo with', () => {
  test('decryption in the Kustomization of Flux passes, and the length is seen', () => {
    const { findings, rows } = checked(listed());
    expect(findings).toEqual([]);
    expect(rows).toEqual([
      expect.objectContaining({
        level: 'ok',
        length: { least: 32, most: 32 },
        place: expect.objectContaining({ file: FILE }),
      }),
    ]);
  });

  test('no decryption there gets its ciphertext into the cluster: that is an error of the Kustomization', () => {
    expect(found(listed({ decryption: null }))).toEqual(['error flux-no-decryption clusters/prod/identity.yaml:1']);
    expect(said(listed({ decryption: null }))).toContain('Kustomization flux-system/identity applies');
  });

  test('decryption that a patch gives to every Kustomization of the cluster passes', () => {
    const patch = stringify({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'any' },
      spec: { decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } },
    });
    const patches = [{ patch, target: { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization' } }];
    const files = {
      ...listed({ decryption: null }),
      'clusters/prod/kustomization.yaml': kustomization({ resources: ['flux-system', 'identity.yaml'], patches }),
    };
    expect(found(files)).toEqual([]);
    const others = { ...patches[0], target: { kind: 'Kustomization', name: 'flux-system' } };
    const one = kustomization({ resources: ['flux-system', 'identity.yaml'], patches: [others] });
    expect(found({ ...files, 'clusters/prod/kustomization.yaml': one })).toEqual([
      'error flux-no-decryption clusters/prod/identity.yaml:1',
    ]);
  });

  test('an ExternalSecret has a promise: which key, and that its length cannot be seen', () => {
    const spec = {
      target: { name: 'zitadel-secret' },
      data: [{ secretKey: 'masterkey', remoteRef: { key: 'zitadel' } }],
    };
    const object = {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'zitadel' },
      spec,
    };
    expect(found(made(object))).toEqual(['note secret-promised apps/prod/identity/maker.yaml:1']);
    expect(said(made(object))).toContain(
      `ExternalSecret zitadel makes Secret ${NAMESPACE}/zitadel-secret in the cluster with the key masterkey: its length cannot be seen here`,
    );
    expect(checked(made(object)).rows[0]).toMatchObject({
      level: 'note',
      place: { file: 'apps/prod/identity/maker.yaml' },
    });
    const other = { ...spec, data: [{ secretKey: 'key' }] };
    expect(found(made({ ...object, spec: other }))).toContain('error key-missing apps/prod/identity/maker.yaml:1');
    const all = { dataFrom: [{ extract: { key: 'zitadel' } }] };
    expect(said(made({ ...object, metadata: { name: 'zitadel-secret' }, spec: all }))).toContain(
      'its keys and lengths cannot be seen',
    );
  });

  test.each<[string, Tree]>([
    [
      'a SealedSecret',
      {
        apiVersion: 'bitnami.com/v1alpha1',
        kind: 'SealedSecret',
        metadata: { name: 'zitadel-secret' },
        spec: { encryptedData: { masterkey: 'AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq' } },
      },
    ],
    [
      'a SecretProviderClass',
      {
        apiVersion: 'secrets-store.csi.x-k8s.io/v1',
        kind: 'SecretProviderClass',
        metadata: { name: 'zitadel' },
        spec: {
          provider: 'azure',
          secretObjects: [
            { secretName: 'zitadel-secret', type: 'Opaque', data: [{ objectName: 'zitadel', key: 'masterkey' }] },
          ],
        },
      },
    ],
  ])('%s promises its keys', (_, object) => {
    expect(found(made(object))).toEqual(['note secret-promised apps/prod/identity/maker.yaml:1']);
    const other = JSON.parse(JSON.stringify(object).replaceAll('masterkey', 'key')) as Tree;
    expect(found(made(other))).toContain('error key-missing apps/prod/identity/maker.yaml:1');
    expect(found(made(JSON.parse(JSON.stringify(object).replaceAll('zitadel-secret', 'other')) as Tree))).toEqual([
      `error secret-missing ${LIST_FILE}:8`,
    ]);
  });

  test('a VaultStaticSecret promises a Secret, and its keys cannot be seen', () => {
    const object = {
      apiVersion: 'secrets.hashicorp.com/v1beta1',
      kind: 'VaultStaticSecret',
      metadata: { name: 'zitadel' },
      spec: { mount: 'kv', path: 'zitadel', type: 'kv-v2', destination: { name: 'zitadel-secret', create: true } },
    };
    expect(found(made(object))).toEqual(['note secret-promised apps/prod/identity/maker.yaml:1']);
    expect(said(made(object))).toContain('its keys and lengths cannot be seen');
  });

  test('a secretGenerator passes whose files SOPS has encrypted, as Flux decrypts them before the build', () => {
    const env = sops.env({ masterkey: MASTERKEY });
    for (const [what, file, text] of [
      [{ envs: ['zitadel.env'] }, 'zitadel.env', env],
      [{ files: ['masterkey=masterkey.txt'] }, 'masterkey.txt', sops.binary(MASTERKEY)],
    ] as const) {
      const files = monorepo(generator(what), { [file]: text });
      expect(found(files)).toEqual([]);
      expect(checked(files).rows[0]).toMatchObject({ level: 'ok', length: { least: 32, most: 32 } });
      expect(found(monorepo(generator(what), { [file]: text }, { decryption: null }))).toEqual([
        'error flux-no-decryption clusters/prod/identity.yaml:1',
      ]);
    }
    const long = sops.env({ masterkey: `${MASTERKEY}x` });
    expect(found(monorepo(generator({ envs: ['zitadel.env'] }), { 'zitadel.env': long }))).toEqual([
      'error value-length apps/prod/identity/zitadel.env:1',
    ]);
  });

  test.each([
    ['envs', { envs: ['zitadel.env'] }, 'zitadel.env', `masterkey=${MASTERKEY}\n`],
    ['files', { files: ['masterkey=key.txt'] }, 'key.txt', MASTERKEY],
  ])(
    'a secretGenerator of plain %s is the worst of all: an error, also beside the encrypted Secret',
    (_, what, file, text) => {
      const plain = found(monorepo(generator(what), { [file]: text }));
      expect(plain).toContain(`error value-plain-text apps/prod/identity/${file}:1`);
      const both = monorepo(generator(what), { [file]: text, 'secret.enc.yaml': encrypted });
      expect(found(both)).toContain(`error plain-text-twin apps/prod/identity/${file}:1`);
      expect(found(both)).toContain(`error secret-not-listed ${FILE}:4`);
      expect(said(both)).not.toContain(MASTERKEY);
    },
  );

  test('a generated name has a hash: an error, unless what asks for it is built with it', () => {
    const hashed = (more: object): Files =>
      monorepo(
        { ...generator({ envs: ['zitadel.env'], options: {} }), ...more },
        {
          'zitadel.env': sops.env({ masterkey: MASTERKEY }),
          'job.yaml': stringify({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'backup' },
            spec: { volumes: [{ name: 'key', secret: { secretName: 'zitadel-secret' } }], containers: [] },
          }),
        },
      );
    expect(found(hashed({}))).toEqual([`error secret-renamed ${OVERLAY}:7`]);
    expect(said(hashed({}))).toContain('Set options.disableNameSuffixHash: true');
    expect(found(hashed({ resources: ['job.yaml'] }))).toEqual([]);
  });

  test('a patch that adds the key passes', () => {
    const base = stringify(bare('zitadel-secret', {}));
    const files = monorepo(
      { resources: ['secret.yaml'], patches: [{ path: 'secret.enc.yaml' }] },
      { 'secret.yaml': base, 'secret.enc.yaml': encrypted },
    );
    expect(found(files)).toEqual([]);
    expect(checked(files).rows[0]).toMatchObject({ level: 'ok', length: { least: 32, most: 32 } });
  });

  test('a patch that adds a plain value, or one that is encrypted with another data key, is an error', async () => {
    const patched = (patch: string): Files =>
      monorepo(
        { resources: ['secret.enc.yaml'], patches: [{ path: 'patch.yaml' }] },
        { 'secret.enc.yaml': sops.yaml(bare('zitadel-secret', { other: 'x' })), 'patch.yaml': patch },
      );
    expect(found(patched(stringify(bare('zitadel-secret', { masterkey: MASTERKEY }))))).toContain(
      `error value-plain-text ${FILE}:4`,
    );
    const again = (await Sops.for(key.recipient)).yaml(bare('zitadel-secret', { masterkey: MASTERKEY }));
    expect(found(patched(again))).toEqual([`error sops-mixed ${FILE}:4`]);
  });

  test.each([
    ['namePrefix in the overlay', { namePrefix: 'prod-' }, {}],
    ['nameSuffix in the overlay', { nameSuffix: '-v2' }, {}],
    ['namePrefix in the Kustomization of Flux', {}, { namePrefix: 'prod-' }],
  ])('%s changes a name that matches: an error', (_, fields, spec) => {
    const files = monorepo({ resources: ['secret.enc.yaml'], ...fields }, { 'secret.enc.yaml': encrypted }, spec);
    expect(found(files)).toEqual([`error secret-renamed ${FILE}:4`]);
    const name = `${'namePrefix' in { ...fields, ...spec } ? 'prod-' : ''}zitadel-secret${'nameSuffix' in fields ? '-v2' : ''}`;
    expect(said(files)).toContain(`${OVERLAY} renames Secret zitadel-secret to ${name}`);
    expect(found(files, [{ ...EXPECTED[0]!, secret: name }])).toEqual([]);
  });

  test('names with variables of Flux passes where the repo has the value, and says which has none', () => {
    const secret = sops.yaml(bare('${app}-secret', { masterkey: MASTERKEY }));
    const files = (postBuild: unknown, more: Files = {}): Files => ({
      ...monorepo({ resources: ['secret.enc.yaml'] }, { 'secret.enc.yaml': secret }, { postBuild }),
      ...more,
    });
    expect(found(files({ substitute: { app: 'zitadel' } }))).toEqual([]);
    const variables = stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cluster-vars', namespace: 'flux-system' },
      data: { app: 'zitadel' },
    });
    const from = { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] };
    expect(found(files(from, { 'clusters/prod/vars.yaml': variables }))).toEqual([]);
    expect(found(files(from))).toEqual([`error secret-missing ${FILE}:4`]);
    expect(said(files(from))).toContain('Kustomization flux-system/identity has no value for ${app}');
  });

  test('an encrypted file that the kustomization.yaml does not list is applied by nothing', () => {
    const files = monorepo({}, { 'secret.enc.yaml': encrypted });
    expect(found(files)).toEqual([`error secret-not-listed ${FILE}:4`]);
    expect(said(files)).toContain(`${OVERLAY} does not list ${FILE}: nothing applies it. Add it to resources there`);
  });

  test('an encrypted file in a folder to which no Kustomization of Flux leads is an error', () => {
    const named = sops.yaml({
      ...bare('zitadel-secret', { masterkey: MASTERKEY }),
      metadata: { name: 'zitadel-secret', namespace: NAMESPACE },
    });
    expect(found({ ...monorepo({}, {}), 'apps/other/secret.enc.yaml': named })).toEqual([
      'error secret-not-applied apps/other/secret.enc.yaml:4',
    ]);
    const unknown = monorepo({}, {});
    delete unknown['clusters/prod/flux-system/gotk-sync.yaml'];
    unknown['clusters/prod/flux-system/kustomization.yaml'] = kustomization({ resources: ['gotk-components.yaml'] });
    expect(found({ ...unknown, 'apps/other/secret.enc.yaml': named })).toEqual([
      'warning secret-not-applied apps/other/secret.enc.yaml:4',
    ]);
  });

  describe('several clusters', () => {
    const overlay = (name: string, text: string): Files => ({
      [`apps/${name}/identity/kustomization.yaml`]: kustomization({
        namespace: NAMESPACE,
        resources: ['../../base/identity', 'secret.enc.yaml'],
      }),
      [`apps/${name}/identity/secret.enc.yaml`]: text,
    });
    const both = (): Files => ({
      ...listed(),
      ...cluster('staging', flux('identity', './apps/staging/identity')),
      ...overlay('staging', encrypted),
    });

    test('has the Secret in each of them, and that is no duplicate', () => {
      expect(found(both())).toEqual([]);
    });

    test('is checked in each of them', () => {
      const short = sops.yaml(bare('zitadel-secret', { masterkey: 'short' }));
      expect(found({ ...both(), ...overlay('staging', short) })).toEqual([
        'error value-length apps/staging/identity/secret.enc.yaml:6',
      ]);
    });

    test('needs the Secret where the list is applied, and nowhere else', () => {
      const list = stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'expected-secrets', namespace: NAMESPACE },
        data: { 'secrets.yaml': '[]' },
      });
      const without = {
        ...both(),
        'apps/staging/identity/kustomization.yaml': kustomization({ resources: ['../../base/identity', 'list.yaml'] }),
        'apps/staging/identity/list.yaml': list,
      };
      delete (without as Files)['apps/staging/identity/secret.enc.yaml'];
      expect(found(without)).toEqual(['error secret-missing clusters/staging/identity.yaml:1']);
      expect(found({ ...without, 'apps/staging/identity/list.yaml': list.replace(NAMESPACE, 'other') })).toEqual([]);
      const generated = {
        ...without,
        'apps/staging/identity/kustomization.yaml': kustomization({
          namespace: NAMESPACE,
          configMapGenerator: [{ name: 'expected-secrets', files: ['secrets.yaml=list.txt'] }],
        }),
        'apps/staging/identity/list.txt': '[]\n',
      };
      expect(found(generated)).toEqual(['error secret-missing clusters/staging/identity.yaml:1']);
    });

    test('finds two of the same Secret in one of them', () => {
      const twice = { ...both(), 'clusters/prod/more.yaml': flux('more', './apps/more') };
      const again = sops.yaml({
        ...bare('zitadel-secret', { masterkey: MASTERKEY }),
        metadata: { name: 'zitadel-secret', namespace: NAMESPACE },
      });
      expect(found({ ...twice, 'apps/more/secret.enc.yaml': again })).toEqual([
        expect.stringMatching(/^error secret-duplicate apps\/(more|prod\/identity)\/secret\.enc\.yaml:4$/),
      ]);
    });
  });

  test('a targetNamespace, variables with defaults and components of Flux is read as Flux reads it', () => {
    const secret = sops.yaml(bare('${app:=zitadel}-secret', { masterkey: MASTERKEY }));
    const spec = { targetNamespace: NAMESPACE, components: ['../component'], postBuild: { substitute: { x: 'y' } } };
    const files = {
      ...cluster('prod', flux('identity', './apps/identity', spec)),
      'apps/identity/namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n',
      'apps/component/kustomization.yaml': stringify({
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        resources: ['secret.enc.yaml'],
      }),
      'apps/component/secret.enc.yaml': secret,
    };
    expect(found(files)).toEqual([]);
    expect(
      found({
        ...files,
        'clusters/prod/identity.yaml': flux('identity', './apps/identity', { ...spec, targetNamespace: 'other' }),
      }),
    ).toEqual(['error secret-wrong-namespace apps/component/secret.enc.yaml:4']);
  });

  test('a base from elsewhere is never fetched, and said to be unknown', () => {
    const files = monorepo(
      { resources: ['https://example.org/base?ref=v1', 'secret.enc.yaml'] },
      { 'secret.enc.yaml': encrypted },
    );
    expect(found(files)).toEqual([`note kustomize-remote ${OVERLAY}:6`]);
  });

  test('a base whose URL has a password in it is told without the password', () => {
    const files = monorepo(
      { resources: ['https://ci:hunter2@example.org/base?ref=v1', 'secret.enc.yaml'] },
      { 'secret.enc.yaml': encrypted },
    );
    expect(said(files)).toContain('https://example.org/base?ref=v1 is fetched from elsewhere');
    expect(JSON.stringify(checked(files))).not.toContain('hunter2');
  });

  test('a plugin, or what else kustomize refuses, is never run: an error that says how to see why', () => {
    const files = monorepo(
      { generators: ['plugin.yaml'], resources: ['secret.enc.yaml'] },
      {
        'secret.enc.yaml': encrypted,
        'plugin.yaml': stringify({
          apiVersion: 'example.org/v1',
          kind: 'Exec',
          metadata: { name: 'x', annotations: { 'config.kubernetes.io/function': 'exec:\n  path: /bin/touch\n' } },
        }),
      },
    );
    expect(found(files)).toEqual([`error kustomize-failed ${OVERLAY}:1`]);
    expect(said(files)).toContain('Run kubectl kustomize apps/prod/identity');
  });
});

test('without kustomize nothing that it builds passes', () => {
  const without = report(EXPECTED, listed(), [key.recipient], {}, null);
  expect(without.findings.map(({ level, rule, file }) => `${level} ${rule} ${file}`)).toEqual([
    'error kustomize-missing apps/prod/identity/kustomization.yaml',
    'error kustomize-missing clusters/prod/flux-system/gotk-sync.yaml',
  ]);
  expect(without.rows[0]).toMatchObject({ level: 'error' });
});

test('a folder that cannot have an expected Secret is not built, whatever its files are called', () => {
  const other = {
    'other/kustomization.yaml': kustomization({ resources: ['secrets.yaml'] }),
    'other/secrets.yaml': sops.yaml(bare('other', { key: 'x' })),
  };
  const findings = report(EXPECTED, { ...listed(), ...other }, [key.recipient], {}, null).findings;
  expect(findings.filter(({ file }) => file.startsWith('other/'))).toEqual([]);
});
