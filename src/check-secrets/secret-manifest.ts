import { isMap, isScalar, type Document, type Node } from 'yaml';
import { encryptedValue } from './encrypted-value';
import { finding, type Finding, type Place } from '../reports/findings';
import { Sops } from './sops';
import { child, childText, duplicateKeys, items, keyOf, resolved, text, type YamlFile } from '../manifests/yaml-file';

export type Field = 'data' | 'stringData';

/** One value of a Secret as it stands in Git. */
export interface SecretValue {
  readonly field: Field;
  readonly key: string;
  /** The text; undefined for what is no scalar. */
  readonly text: string | undefined;
  readonly place: Place;
}

/** A Secret among the manifests of a repo. */
export class SecretManifest {
  readonly name: string;
  /** The namespace in the manifest itself. */
  readonly namespace: string | undefined;
  readonly file: string;
  readonly place: Place;
  readonly namespacePlace: Place;
  readonly values: readonly SecretValue[];
  readonly sops: Sops | undefined;

  /** The Secrets of a document: itself, or the items of a list. */
  static in(file: YamlFile, document: Document): SecretManifest[] {
    const kind = childText(document, document.contents, 'kind');
    if (kind === 'Secret') return [new SecretManifest(file, document, document.contents as Node, [])];
    if (kind !== 'List' && kind !== 'SecretList') return [];
    return items(document, child(document, document.contents, 'items'))
      .filter((item) => kind === 'SecretList' || childText(document, item, 'kind') === 'Secret')
      .map((item) => new SecretManifest(file, document, item, ['items']));
  }

  private constructor(
    file: YamlFile,
    document: Document,
    root: Node,
    /** The fields above the Secret in its document. */
    readonly above: readonly string[],
  ) {
    const metadata = child(document, root, 'metadata');
    const name = child(document, metadata, 'name');
    this.file = file.path;
    this.name = text(name) ?? '';
    this.namespace = childText(document, metadata, 'namespace');
    this.place = file.place(name ?? root);
    this.namespacePlace = file.place(child(document, metadata, 'namespace') ?? name ?? root);
    this.values = (['data', 'stringData'] as const).flatMap((field) => valuesOf(file, document, root, field));
    this.sops = Sops.of(file, document);
  }

  get keys(): string[] {
    return [...new Set(this.values.map((value) => value.key))];
  }

  get isEncrypted(): boolean {
    return this.values.some(({ text = '' }) => encryptedValue(text) !== undefined);
  }

  get hasPlainText(): boolean {
    return this.values.some(({ text }) => text !== '' && encryptedValue(text ?? '') === undefined);
  }
}

/** More of them in one document are told by the first ones. */
const MOST_REPEATED = 20;

/** What makes a document of Secrets unreadable for others, or ambiguous. */
export function documentProblems(file: YamlFile, document: Document): Finding[] {
  const repeated = duplicateKeys(document.contents)
    .slice(0, MOST_REPEATED)
    .map((key) =>
      finding(
        'yaml-duplicate-key',
        file.place(key),
        `The key ${keyOf(key)} stands twice in one mapping: which of them counts depends on the reader`,
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
        'The kind, name or namespace of this object is encrypted: nobody can tell which one it is',
        'Encrypt only its values: set encrypted_regex: ^(data|stringData)$ in .sops.yaml and encrypt the file anew',
      ),
    );
  return [...repeated, ...hidden.slice(0, 1)];
}

function valuesOf(file: YamlFile, document: Document, root: Node, field: Field): SecretValue[] {
  const node = child(document, root, field);
  if (node === undefined || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) return [{ field, key: '', text: undefined, place: file.place(node) }];
  return node.items.map(({ key, value }) => {
    const target = resolved(document, value);
    return { field, key: keyOf(key), text: scalarText(target), place: file.place((value ?? key) as Node) };
  });
}

function scalarText(node: Node | undefined): string | undefined {
  if (node === undefined) return '';
  if (!isScalar(node)) return undefined;
  return node.value === null ? '' : String(node.value);
}
