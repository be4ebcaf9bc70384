import { stringify } from 'yaml';
import { kubectlFolder, found, messages } from '../support/secrets/check';
import { type Files, MASTERKEY, NAMESPACE } from '../support/secrets/flux-repo';
import { bare, cluster, flux, kustomization, monorepo, type Spec } from '../support/secrets/monorepo';
import { ageKey, Sops } from '../support/secrets/sops';

/** Repos that have the Secret as it should be, and whose cluster does not get it. Each of them once passed. */

const EXPECTED = [{ secret: 'zitadel-secret', key: 'masterkey', bytes: 32, because: 'nothing can be decrypted' }];
const FOLDER = 'apps/prod/identity';
const FILE = `${FOLDER}/secret.enc.yaml`;
const FLUX_FILE = 'clusters/prod/identity.yaml';

let sops: Sops;
let encrypted: string;

beforeAll(async () => {
  sops = await Sops.for((await ageKey()).recipient);
  encrypted = sops.yaml({
    ...bare('zitadel-secret', { masterkey: MASTERKEY }),
    metadata: { name: 'zitadel-secret', namespace: NAMESPACE },
  });
});

/** A folder without a kustomization.yaml, but for what a test adds. */
const folder = (files: Files = {}, spec: Spec = {}): Files => ({
  ...cluster('prod', flux('identity', `./${FOLDER}`, spec)),
  [FILE]: encrypted,
  ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`${FOLDER}/${name}`, text])),
});

(kubectlFolder() === null ? describe.skip : describe)('a Secret is not delivered', () => {
  test('by a folder that is applied, and is: the measure of the others', () => {
    expect(found(EXPECTED, folder())).toEqual([]);
  });

  test('by a file named Kustomization that does not list it', () => {
    expect(found(EXPECTED, folder({ Kustomization: kustomization({ resources: [] }) }))).toContain(
      `error secret-not-listed ${FILE}:4`,
    );
  });

  test('by a folder with two kustomization.yaml, which kustomize refuses', () => {
    const listing = kustomization({ resources: ['secret.enc.yaml'] });
    expect(found(EXPECTED, folder({ 'kustomization.yaml': listing, 'kustomization.yml': listing }))).toEqual([
      expect.stringMatching(/^error kustomize-failed .*kustomization\.ya?ml:1$/),
    ]);
  });

  test.each([
    ['an empty kustomization.yaml', '# later\n', 'error secret-not-listed'],
    ['a Kustomization of Flux in a file of that name', flux('other', './other'), 'error secret-not-applied'],
  ])('by a folder with %s, which lists nothing', (_, text, finding) => {
    expect(found(EXPECTED, folder({ 'kustomization.yaml': text }))).toContain(`${finding} ${FILE}:4`);
  });

  test('by a folder with a manifest that kustomize refuses', () => {
    const nameless = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n';
    expect(found(EXPECTED, folder({ 'broken.yaml': nameless }))).toEqual([`error kustomize-failed ${FLUX_FILE}:1`]);
  });

  test('where it says that it is for local use only', () => {
    const local = sops.yaml({
      ...bare('zitadel-secret', { masterkey: MASTERKEY }),
      metadata: {
        name: 'zitadel-secret',
        namespace: NAMESPACE,
        annotations: { 'config.kubernetes.io/local-config': 'true' },
      },
    });
    expect(found(EXPECTED, folder({ 'secret.enc.yaml': local })).join()).toContain('error secret-missing');
  });

  describe('by a Kustomization of another repo, whose path is in this one too', () => {
    const source = (name: string, url: string): string =>
      stringify({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: { name, namespace: 'flux-system' },
        spec: { interval: '1m', url },
      });
    const files = (url: string): Files => ({
      ...folder({}, { path: './', sourceRef: { kind: 'GitRepository', name: 'podinfo' } }),
      'clusters/prod/flux-system/gotk-sync.yaml':
        `${source('flux-system', 'ssh://git@example.org/team/fleet')}---\n` +
        flux('flux-system', './clusters/prod', { decryption: null }),
      'clusters/prod/flux-system/podinfo.yaml': source('podinfo', url),
      'clusters/prod/flux-system/kustomization.yaml': kustomization({
        resources: ['gotk-components.yaml', 'gotk-sync.yaml', 'podinfo.yaml'],
      }),
    });

    test('so it is not applied', () => {
      expect(found(EXPECTED, files('https://example.org/other/podinfo'))).toEqual([
        `error secret-not-applied ${FILE}:4`,
      ]);
    });

    test('unless both are the same repo under two names', () => {
      expect(found(EXPECTED, files('https://example.org/team/fleet.git'))).toEqual([]);
    });
  });

  test('while the Kustomization is suspended: a warning that names it', () => {
    expect(found(EXPECTED, folder({}, { suspend: true }))).toEqual([`warning flux-suspended ${FLUX_FILE}:1`]);
    expect(messages(EXPECTED, folder({}, { suspend: true }))).toEqual([
      `Kustomization flux-system/identity is suspended: the cluster does not get ${FILE}, or has it as it was before`,
    ]);
    expect(found(EXPECTED, folder({}, { suspend: false }))).toEqual([]);
  });

  test.each([
    ['reconcile', 'disabled'],
    ['ssa', 'Ignore'],
  ])('by an annotation that keeps Flux from it: %s', (annotation, value) => {
    const annotations = { [`kustomize.toolkit.fluxcd.io/${annotation}`]: value };
    const metadata = { name: 'zitadel-secret', namespace: NAMESPACE, annotations };
    const excluded = sops.yaml({ ...bare('zitadel-secret', { masterkey: MASTERKEY }), metadata });
    expect(found(EXPECTED, folder({ 'secret.enc.yaml': excluded }))).toEqual([`warning flux-suspended ${FILE}:4`]);
  });

  test('by decryption that names no key: a warning, as only the controller itself may have it', () => {
    for (const decryption of [{ provider: 'sops' }, { provider: 'sops', secretRef: {} }]) {
      expect(found(EXPECTED, folder({}, { decryption }))).toEqual([`warning flux-no-decryption ${FLUX_FILE}:1`]);
    }
    const controller = { 'clusters/prod/patch.txt.yaml': 'args: [--sops-age-secret=sops-age]\n' };
    expect(found(EXPECTED, { ...folder({}, { decryption: { provider: 'sops' } }), ...controller })).toEqual([]);
  });
});

(kubectlFolder() === null ? describe.skip : describe)('names that contain one another are told apart:', () => {
  test('Secrets of one file', () => {
    const db = sops.yaml(bare('db', { password: 'x' }));
    const other = sops.yaml(bare('zitadel-secret', { masterkey: MASTERKEY }));
    const prefixed = monorepo(
      { resources: ['secrets.yaml'], namePrefix: 'prod-' },
      { 'secrets.yaml': `${db.trimEnd()}\n---\n${other.replaceAll('zitadel-secret', 'zitadel-db')}` },
    );
    expect(found([{ ...EXPECTED[0]!, secret: 'prod-zitadel-db' }], prefixed)).toEqual([]);
  });

  test('generators', () => {
    const generator = (name: string, env: string): object => ({ name, envs: [env] });
    const generated = monorepo(
      {
        secretGenerator: [generator('secret', 'plain.env'), generator('zitadel-secret', 'zitadel.env')],
        generatorOptions: { disableNameSuffixHash: true },
      },
      { 'plain.env': 'masterkey=short\n', 'zitadel.env': sops.env({ masterkey: MASTERKEY }) },
    );
    expect(found(EXPECTED, generated)).toEqual([]);
  });
});
