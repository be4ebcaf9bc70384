import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Rule } from '../../src/reports/findings';
import { type Files, NAMESPACE } from '../support/secrets/flux-repo';
import { flux, kustomization, type Overlay, type Spec } from '../support/secrets/monorepo';
import type { Sops, Tree } from '../support/secrets/sops';

export type Field = 'data' | 'stringData';

/** A good repo with one Secret that is expected, among other things. */
export interface World {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly field: Field;
  readonly file: string;
  /** Whether a kustomization.yaml sets the namespace, and not the manifest. */
  readonly byKustomization: boolean;
  /** Objects in the same file, before the Secret. */
  readonly before: number;
}

export const worlds: fc.Arbitrary<World> = fc.record({
  name: fc.stringMatching(/^[a-z][a-z0-9]{3,12}$/),
  key: fc.stringMatching(/^[a-zA-Z][-._a-zA-Z0-9]{3,20}$/).filter((key) => !key.endsWith('_unencrypted')),
  value: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  field: fc.constantFrom<Field>('data', 'stringData'),
  file: fc.constantFrom('k8s/prod/21-secrets.enc.yaml', 'secret.yml', 'a/b/c d/ü.yaml', 'apps/x.enc.json'),
  // Such a world is built, which takes its time.
  byKustomization: fc.nat(4).map((one) => one === 0),
  before: fc.nat(2),
});

/** The file of a world, by what may go wrong with it. */
export function manifest(
  world: World,
  sops: Sops,
  changes: Partial<World> & { namespace?: string; selector?: Record<string, string> } = {},
): string {
  const { name, key, value, field, file, byKustomization, before } = { ...world, ...changes };
  const namespace = changes.namespace ?? (byKustomization ? undefined : NAMESPACE);
  const secret: Tree = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    [field]: { [key]: stored(value, field) },
  };
  if (file.endsWith('.json')) return sops.json(secret, changes.selector);
  const others = Array.from({ length: before }, (_, i): Tree => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `other-${i}` },
    data: { a: 'b' },
  }));
  return sops.yaml([...others, secret], changes.selector);
}

function stored(value: string, field: Field): string {
  return field === 'data' ? Buffer.from(value).toString('base64') : value;
}

export function repo(world: World, text: string): Files {
  const folder = world.file.includes('/') ? world.file.slice(0, world.file.lastIndexOf('/')) : '.';
  const base = world.file.slice(world.file.lastIndexOf('/') + 1);
  return {
    'README.md': 'Secret of nothing: ENC[',
    'charts/templates/secret.yaml': 'kind: Secret\nmetadata: {{ .Values.metadata }}\n',
    'others/secret.yaml': stringify({
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: `not-${world.name}`, namespace: 'others' },
      stringData: { a: 'b' },
    }),
    [world.file]: text,
    ...(world.byKustomization && {
      [`${folder}/kustomization.yaml`]: stringify({ namespace: NAMESPACE, resources: [base] }),
    }),
  };
}

/** Something that goes wrong with a good repo, and where it must be found. */
export interface Mutation {
  readonly rules: Rule[];
  /** Whether kustomize builds something: a run takes its time. */
  readonly builds?: true;
  readonly apply: (world: World, sops: Sops, other: Sops) => Mutated;
}

/** A repo that has a fault, and where it is. */
interface Mutated {
  readonly files: Files;
  readonly file: string;
  readonly line: number;
}

/** A world whose file is in a folder of its own that Flux applies, with what its kustomization.yaml says. */
function applied(
  any: World,
  sops: Sops,
  fields: (base: string) => Overlay = (base) => ({ resources: [base] }),
  spec: Spec = {},
): { world: World; files: Files; folder: string } {
  const file = any.file.includes('/') ? any.file : `k8s/${any.file}`;
  const world = { ...any, file, byKustomization: false, before: 0 };
  const folder = file.slice(0, file.lastIndexOf('/'));
  const files = {
    ...repo(world, manifest(world, sops)),
    'clusters/prod/flux-system/gotk-sync.yaml': flux('flux-system', './clusters/prod'),
    'clusters/prod/shop.yaml': flux('shop', `./${folder}`, spec),
    [`${folder}/kustomization.yaml`]: kustomization(fields(file.slice(folder.length + 1))),
  };
  return { world, files, folder };
}

/** The same with a file more, or another one in its place. */
function withFile(files: Files, file: string, text: string, line: number): Mutated {
  return { files: { ...files, [file]: text }, file, line };
}

function without(files: Files, ...paths: string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

const generator = ({ name }: World, source: object): Overlay => ({
  secretGenerator: [{ name, namespace: NAMESPACE, options: { disableNameSuffixHash: true }, ...source }],
});

const at = (text: string, needle: string | RegExp): number => {
  const lines = text.split('\n');
  // The Secret is the last document, and all have the same metadata.
  const found = lines.flatMap((line, index) =>
    (typeof needle === 'string' ? line.includes(needle) : needle.test(line)) ? [index + 1] : [],
  );
  if (found.length === 0) throw new Error(`The fixture has no line with ${needle}.`);
  return found.at(-1)!;
};

/** One file is another; the finding is on the line with the needle. */
const changed = (
  world: World,
  text: string,
  needle: string | RegExp,
): { files: Files; file: string; line: number } => ({
  files: repo(world, text),
  file: world.file,
  line: at(text, needle),
});

const keyLine = (world: World): string => (world.file.endsWith('.json') ? `"${world.key}":` : `  ${world.key}:`);
const withValue = ({ key }: World, text: string, value: string): string =>
  text.replace(new RegExp(`(?<=^\\s*"?${key.replaceAll('.', '\\.')}"?: "?)ENC\\[[^\\]]*\\]`, 'm'), value);

export const mutations: Record<string, Mutation> = {
  'a key is dropped': {
    rules: ['key-missing'],
    apply: (world, sops) => changed(world, manifest(world, sops, { key: 'another' }), world.name),
  },
  'a value is in plain text': {
    rules: ['value-plain-text'],
    apply: (world, sops) => {
      const plain = { ...world, field: 'stringData' as const };
      return changed(plain, withValue(plain, manifest(plain, sops), 'hunter2'), keyLine(plain));
    },
  },
  'a value is only in base64': {
    rules: ['value-base64'],
    apply: (world, sops) => {
      const data = { ...world, field: 'data' as const };
      return changed(data, withValue(data, manifest(data, sops), 'aHVudGVyMg=='), keyLine(data));
    },
  },
  'a value is cut': {
    rules: ['value-broken'],
    apply: (world, sops) =>
      changed(world, withValue(world, manifest(world, sops), 'ENC[AES256_GCM,data:abc'), keyLine(world)),
  },
  'a value has another length': {
    rules: ['value-length'],
    apply: (world, sops) => changed(world, manifest(world, sops, { value: `${world.value}four` }), keyLine(world)),
  },
  'another recipient': {
    rules: ['sops-recipient-not-allowed'],
    apply: (world, _, other) => changed(world, manifest(world, other), 'recipient'),
  },
  'no recipient': {
    rules: ['sops-no-recipient'],
    apply: (world, sops) =>
      changed(
        world,
        manifest(world, sops).replaceAll(/(?<=recipient"?: "?)age1\w+/g, ''),
        world.file.endsWith('.json') ? '"age"' : 'recipient',
      ),
  },
  'another namespace': {
    rules: ['secret-wrong-namespace'],
    apply: (world, sops) => {
      const own = { ...world, byKustomization: false };
      return changed(own, manifest(own, sops, { namespace: 'elsewhere' }), 'elsewhere');
    },
  },
  'no namespace': {
    rules: ['secret-wrong-namespace'],
    apply: (world, sops) =>
      changed({ ...world, byKustomization: false }, manifest({ ...world, byKustomization: true }, sops), world.name),
  },
  'another name': {
    rules: ['secret-missing'],
    apply: (world, sops) => changed(world, manifest(world, sops, { name: `${world.name}x` }), `${world.name}x`),
  },
  'no sops metadata': {
    rules: ['sops-missing'],
    apply: (world, sops) =>
      changed(world, manifest(world, sops).replaceAll(/^(\s*"?)sops("?:)/gm, '$1spos$2'), world.name),
  },
  'no MAC': {
    rules: ['sops-incomplete'],
    apply: (world, sops) =>
      changed(
        world,
        manifest(world, sops).replaceAll(/mac("?): "?ENC[^"\n]*/g, (_, quote) => `mac${quote}: ${quote}`),
        /mac"?:/,
      ),
  },
  'encrypted_regex does not cover': {
    rules: ['sops-selector'],
    apply: (world, sops) =>
      changed(world, manifest(world, sops, { selector: { encrypted_regex: `^${world.field}$` } }), 'encrypted_regex'),
  },
  'a twin in plain text': {
    rules: ['plain-text-twin'],
    apply: (world, sops) => {
      const twin = stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: world.name },
        [world.field]: { [world.key]: 'aHVudGVyMg==' },
      });
      return {
        files: { ...repo(world, manifest(world, sops)), 'tmp/decrypted.yaml': twin },
        file: 'tmp/decrypted.yaml',
        line: at(twin, world.name),
      };
    },
  },
  'the same Secret twice': {
    rules: ['secret-duplicate'],
    apply: (any, sops) => {
      const world = { ...any, file: 'k8s/prod/secret.enc.yaml' };
      const again = manifest({ ...world, file: 'z.yaml' }, sops, { namespace: NAMESPACE });
      return {
        files: { ...repo(world, manifest(world, sops)), 'z/again.yaml': again },
        file: 'z/again.yaml',
        line: at(again, `name: ${world.name}`),
      };
    },
  },
  'a key twice': {
    rules: ['yaml-duplicate-key'],
    apply: (world, sops) => {
      const yaml = { ...world, file: 'k8s/secret.yaml' };
      const text = manifest(yaml, sops).replace(`\n  ${world.key}: `, (match) => `\n  ${world.key}: ''${match}`);
      return changed(yaml, text, keyLine(yaml));
    },
  },
  'Flux does not decrypt': {
    rules: ['flux-no-decryption'],
    builds: true,
    apply: (any, sops) => {
      const { files } = applied(any, sops, undefined, { decryption: null });
      return { files, file: 'clusters/prod/shop.yaml', line: 1 };
    },
  },
  'Flux is told to wait': {
    rules: ['flux-suspended'],
    builds: true,
    apply: (any, sops) => {
      const { files } = applied(any, sops, undefined, { suspend: true });
      return { files, file: 'clusters/prod/shop.yaml', line: 1 };
    },
  },
  'the file is not listed': {
    rules: ['secret-not-listed'],
    apply: (any, sops) => {
      const { world, files } = applied(any, sops, () => ({ resources: [] }));
      return { files, file: world.file, line: at(files[world.file]!, world.name) };
    },
  },
  'no Kustomization of Flux leads to the file': {
    rules: ['secret-not-applied'],
    apply: (any, sops) => {
      const { world, files, folder } = applied(any, sops);
      const others = without(files, `${folder}/kustomization.yaml`, 'clusters/prod/shop.yaml');
      return { files: others, file: world.file, line: at(files[world.file]!, world.name) };
    },
  },
  'a prefix changes the name': {
    rules: ['secret-renamed'],
    builds: true,
    apply: (any, sops) => {
      const { world, files } = applied(any, sops, (base) => ({ namePrefix: 'my-', resources: [base] }));
      return { files, file: world.file, line: at(files[world.file]!, world.name) };
    },
  },
  'a variable of the name has no value': {
    rules: ['secret-missing'],
    builds: true,
    apply: (any, sops) => {
      const { world, files } = applied(any, sops, undefined, { postBuild: { substitute: { other: 'x' } } });
      const text = manifest(world, sops, { name: '${name}' });
      return withFile(files, world.file, text, at(text, '${name}'));
    },
  },
  'a secretGenerator of a plain file, beside the encrypted Secret': {
    rules: ['plain-text-twin'],
    apply: (any, sops) => {
      const source = { files: [`${any.key}=key.txt`] };
      const { files, folder } = applied(any, sops, () => generator(any, source));
      return withFile(files, `${folder}/key.txt`, 'hunter2', 1);
    },
  },
  'a secretGenerator of a plain env file': {
    rules: ['value-plain-text'],
    builds: true,
    apply: (any, sops) => {
      const { world, files, folder } = applied(any, sops, () => generator(any, { envs: ['x.env'] }));
      return withFile(without(files, world.file), `${folder}/x.env`, `# x\n${any.key}=hunter2\n`, 2);
    },
  },
  'a patch brings another data key': {
    rules: ['sops-mixed'],
    builds: true,
    apply: (any, sops, other) => {
      const yaml = { ...any, file: any.file.replace(/json$/, 'yaml') };
      const patches = [{ path: 'patch.yaml' }];
      const { world, files, folder } = applied(yaml, sops, (base) => ({ resources: [base], patches }));
      const patch = manifest(world, other, { key: 'another' });
      return {
        ...withFile(files, `${folder}/patch.yaml`, patch, 0),
        file: world.file,
        line: at(files[world.file]!, world.name),
      };
    },
  },
  'two groups of keys are needed': {
    rules: ['sops-shamir'],
    apply: (any, sops) => {
      const yaml = { ...any, file: 'k8s/secret.yaml' };
      const text = manifest(yaml, sops);
      const [, age] = /\n( {2}age:\n[\s\S]*?)\n {2}lastmodified/.exec(text)!;
      const group = age!.replace(/^/gm, '    ').replace('      age', '    - age');
      const foreign = group.replaceAll(/recipient: age1\w+/g, `recipient: age1${'q'.repeat(58)}`);
      const groups = `  shamir_threshold: 2\n  key_groups:\n${group}\n${foreign}`;
      return changed(yaml, text.replaceAll(age!, groups), 'shamir_threshold');
    },
  },
  'a creation rule is for others': {
    rules: ['sops-rule-recipients'],
    apply: (world, sops) => {
      const rule = 'creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: age1other\n';
      return withFile(repo(world, manifest(world, sops)), '.sops.yaml', rule, 3);
    },
  },
  'a creation rule encrypts too little': {
    rules: ['sops-rule-selector'],
    apply: (world, sops) =>
      withFile(repo(world, manifest(world, sops)), '.sops.yaml', 'creation_rules:\n  - encrypted_regex: ^data$\n', 2),
  },
  'no creation rule is for the file': {
    rules: ['sops-no-rule'],
    apply: (world, sops) =>
      withFile(repo(world, manifest(world, sops)), '.sops.yaml', 'creation_rules:\n  - path_regex: \\.txt$\n', 1),
  },
  'an ExternalSecret lacks the key': {
    rules: ['secret-promised', 'key-missing'],
    apply: (any, sops) => {
      const { world, files } = applied(any, sops);
      const text = stringify({
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name: 'any', namespace: NAMESPACE },
        spec: { target: { name: any.name }, data: [{ secretKey: 'another' }] },
      });
      return withFile(without(files, world.file), 'clusters/prod/external.yaml', text, 1);
    },
  },
  'a base comes from elsewhere': {
    rules: ['kustomize-remote'],
    builds: true,
    apply: (any, sops) => {
      const { files, folder } = applied(any, sops, (base) => ({ resources: [base, 'https://example.org/x?ref=v1'] }));
      const file = `${folder}/kustomization.yaml`;
      return { files, file, line: at(files[file]!, 'example.org') };
    },
  },
  'kustomize cannot build it': {
    rules: ['kustomize-failed'],
    builds: true,
    apply: (any, sops) => {
      const { files, folder } = applied(any, sops, (base) => ({ resources: [base, 'nothing.yaml'] }));
      return { files, file: `${folder}/kustomization.yaml`, line: 1 };
    },
  },
};
