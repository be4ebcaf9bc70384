import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Rule } from '../../src/reports/findings';
import { type Files, NAMESPACE } from '../support/secrets/flux-repo';
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
  byKustomization: fc.boolean(),
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
  readonly apply: (world: World, sops: Sops, other: Sops) => { files: Files; file: string; line: number };
}

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
};
