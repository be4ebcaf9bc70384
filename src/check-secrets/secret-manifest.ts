/** Secrets as they are in Git, with the place of each value. */
import { isMap, isScalar, type Document, type Node } from 'yaml';
import { encryptedValue, type EncryptedValue } from './encrypted-value';
import { finding, type Finding, type Place } from '../reports/findings';
import { Sops } from './sops';
import { child, childText, duplicateKeys, items, keyOf, resolved, text, type YamlFile } from '../manifests/yaml-file';

const FIELDS = ['data', 'stringData'] as const;

export type Field = 'data' | 'stringData';

/** One value of a Secret. */
export interface SecretValue {
  readonly key: string;
  /** The path of the value, e.g. `stringData.password`. */
  readonly path: string;
  /** The text as it is in Git; undefined for anything but a scalar. */
  readonly text: string | undefined;
  /** Whether the plain text is base64, as Kubernetes wants it in `data`. */
  readonly isBase64: boolean;
  /** Its facts without any key; undefined for plain text. */
  readonly encrypted: EncryptedValue | 'broken' | undefined;
  readonly place: Place;
}

/** The metadata of SOPS that belongs to values of a Secret, and the paths of these values in the encrypted file. */
export interface SopsUse {
  readonly sops: Sops;
  readonly paths: readonly (readonly string[])[];
  /** The place of the metadata, if its own places are not in Git. */
  readonly place?: Place;
}

/** A Secret: as it is in Git, or as a cluster gets it. */
export interface Secret {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly file: string;
  readonly place: Place;
  readonly namespacePlace: Place;
  readonly values: readonly SecretValue[];
  readonly sops: readonly SopsUse[];
}

/** A Secret among the manifests of a repo. */
export interface SecretManifest extends Secret {
  /** The fields above the Secret in its document. */
  readonly above: readonly string[];
}

/** The Secrets of a document: itself, or the items of a list. */
export function secretsIn(file: YamlFile, document: Document): SecretManifest[] {
  const kind = childText(document, document.contents, 'kind');
  if (kind === 'Secret') return [secretManifest(file, document, document.contents as Node, [])];
  if (kind !== 'List' && kind !== 'SecretList') return [];
  return items(document, child(document, document.contents, 'items'))
    .filter((item) => kind === 'SecretList' || childText(document, item, 'kind') === 'Secret')
    .map((item) => secretManifest(file, document, item, ['items']));
}

function secretManifest(file: YamlFile, document: Document, root: Node, above: readonly string[]): SecretManifest {
  const metadata = child(document, root, 'metadata');
  const name = child(document, metadata, 'name');
  const values = FIELDS.flatMap((field) => valuesOf(file, document, root, field));
  const sops = Sops.of(file, document);
  return {
    name: text(name) ?? '',
    namespace: childText(document, metadata, 'namespace'),
    file: file.path,
    place: file.place(name ?? root),
    namespacePlace: file.place(child(document, metadata, 'namespace') ?? name ?? root),
    values,
    sops: sops === undefined ? [] : [{ sops, paths: pathsOf(values, above) }],
    above,
  };
}

/** The paths that SOPS must encrypt: the two fields, and each existing key in them. */
export function pathsOf(values: readonly SecretValue[], above: readonly string[]): string[][] {
  const keys = [...new Set(values.map(({ key }) => key))];
  return FIELDS.flatMap((field) => [[...above, field], ...keys.map((key) => [...above, field, key])]);
}

export function keysOf({ values }: Secret): string[] {
  return [...new Set(values.map(({ key }) => key))];
}

export function isEncrypted({ values }: Secret): boolean {
  return values.some(({ encrypted }) => encrypted !== undefined);
}

export function hasPlainText({ values }: Secret): boolean {
  return values.some(({ text, encrypted }) => text !== '' && encrypted === undefined);
}

export function secretValue(field: Field, key: string, text: string | undefined, place: Place): SecretValue {
  return {
    key,
    path: key === '' ? field : `${field}.${key}`,
    text,
    isBase64: field === 'data',
    encrypted: encryptedValue(text ?? ''),
    place,
  };
}

/** The most findings of this kind in one document. */
const MOST_REPEATED = 20;

/** Findings about a document of Secrets that is unreadable for other tools, or ambiguous. */
export function documentProblems(file: YamlFile, document: Document): Finding[] {
  const repeated = duplicateKeys(document.contents)
    .slice(0, MOST_REPEATED)
    .map((key) =>
      finding(
        'yaml-duplicate-key',
        file.place(key),
        `The key ${keyOf(key)} is twice in one mapping: the reader decides which of them counts`,
        'Remove one of them',
      ),
    );
  const metadata = child(document, document.contents, 'metadata');
  const hidden = [
    child(document, document.contents, 'kind'),
    child(document, metadata, 'name'),
    child(document, metadata, 'namespace'),
  ]
    .filter((node) => encryptedValue(text(node) ?? '') !== undefined)
    .map((node) =>
      finding(
        'sops-names-encrypted',
        file.place(node),
        'The kind, name or namespace of this object is encrypted: no tool can tell which object it is',
        'Encrypt only its values: set encrypted_regex: ^(data|stringData)$ in .sops.yaml and encrypt the file anew',
      ),
    );
  return [...repeated, ...hidden.slice(0, 1)];
}

function valuesOf(file: YamlFile, document: Document, root: Node, field: Field): SecretValue[] {
  const node = child(document, root, field);
  if (node === undefined || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) return [secretValue(field, '', undefined, file.place(node))];
  return node.items.map(({ key, value }) => {
    const target = resolved(document, value);
    return secretValue(field, keyOf(key), scalarText(target), file.place((value ?? key) as Node));
  });
}

function scalarText(node: Node | undefined): string | undefined {
  if (node === undefined) return '';
  if (!isScalar(node)) return undefined;
  return node.value === null ? '' : String(node.value);
}
