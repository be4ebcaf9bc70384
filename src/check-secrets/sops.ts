import { isMap, isScalar, type Document, type Node } from 'yaml';
import { encryptedValue } from './encrypted-value';
import { finding, type Finding, type FindingOptions } from '../reports/findings';
import { child, childText, items, text, type YamlFile } from '../manifests/yaml-file';

export const OTHER_KEYS = ['pgp', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault'];
/** The kinds of keys that Flux uses with the rights of its own pod. */
const CLOUD_KEYS = ['kms', 'gcp_kms', 'azure_kv'];
export const SELECTORS = [
  'encrypted_regex',
  'unencrypted_regex',
  'encrypted_suffix',
  'unencrypted_suffix',
  'encrypted_comment_regex',
];
const RECOMMENDED = 'Set encrypted_regex: ^(data|stringData)$ in .sops.yaml and encrypt the file anew';

/** The metadata that SOPS leaves in a document, as far as it can be checked without a key. */
export class Sops {
  /** @returns undefined if the document has none */
  static of(file: YamlFile, document: Document): Sops | undefined {
    const node = child(document, document.contents, 'sops');
    return node === undefined || (isScalar(node) && node.value === null) ? undefined : new Sops(file, document, node);
  }

  private constructor(
    private readonly file: YamlFile,
    private readonly document: Document,
    private readonly node: Node,
  ) {}

  /**
   * Findings about the metadata.
   * @param allowed the recipients that may decrypt; any if the list is empty
   * @param paths the paths that must be encrypted: the keys on the way to each value
   */
  problems(allowed: readonly string[], paths: readonly (readonly string[])[], options: FindingOptions): Finding[] {
    return [
      ...this.completeness(options),
      ...this.recipients(allowed, options),
      ...this.threshold(allowed, options),
      ...this.selection(paths, options),
    ];
  }

  /** The age recipients that the file is encrypted for, in the order of the file. */
  get ageRecipients(): string[] {
    return this.ageEntries()
      .map((entry) => childText(this.document, entry, 'recipient') ?? '')
      .filter((name) => name !== '');
  }

  /** True if Flux needs a key to decrypt it: no service in the cloud, which asks for no key, can do so. */
  get needsKeyFile(): boolean {
    return !this.groups().some((group) => CLOUD_KEYS.some((kind) => this.has(group, kind)));
  }

  /** The file of the metadata. */
  get path(): string {
    return this.file.path;
  }

  /** The MAC, which no two files share. */
  get mac(): string | undefined {
    return text(this.get('mac'));
  }

  private completeness(options: FindingOptions): Finding[] {
    const problems: Finding[] = [];
    const report = (node: Node | undefined, what: string): void => {
      problems.push(
        finding(
          'sops-incomplete',
          this.file.place(node ?? this.node),
          `sops.${what}: no key can decrypt the file`,
          'Restore the file from Git, or encrypt it anew with sops',
          options,
        ),
      );
    };
    if (!isMap(this.node)) {
      report(this.node, 'is not a mapping');
      return problems;
    }
    const mac = this.get('mac');
    const value = encryptedValue(text(mac) ?? '');
    if (value === undefined || value === 'broken') report(mac, 'mac is missing or damaged');
    const modified = this.get('lastmodified');
    if (Number.isNaN(Date.parse(String(isScalar(modified) ? modified.value : ''))))
      report(modified, 'lastmodified is missing or is not a time');
    for (const entry of this.ageEntries()) {
      const enc = childText(this.document, entry, 'enc') ?? '';
      if (!/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]+\n-----END AGE ENCRYPTED FILE-----\s*$/.test(enc)) {
        report(entry, 'age has an entry without its encrypted data key');
      }
    }
    return problems;
  }

  private recipients(allowed: readonly string[], options: FindingOptions): Finding[] {
    const entries = this.ageEntries();
    const names = entries.map((entry) => childText(this.document, entry, 'recipient') ?? '');
    const problems: Finding[] = [];
    if (names.every((name) => !name.startsWith('age1'))) {
      problems.push(
        finding(
          'sops-no-recipient',
          this.file.place(this.get('age') ?? this.node),
          'sops.age has no recipient: Flux cannot decrypt the file with an age key',
          "Add the cluster's recipient to .sops.yaml and run sops updatekeys",
          options,
        ),
      );
    }
    if (allowed.length === 0) return problems;
    const foreign = (node: Node, who: string): Finding =>
      finding(
        'sops-recipient-not-allowed',
        this.file.place(node),
        `sops is encrypted for ${who}, which is not among the allowed recipients`,
        'Correct .sops.yaml, run sops updatekeys and sops rotate; then change the secret, which another recipient ' +
          'could read',
        options,
      );
    entries.forEach((entry, index) => {
      if (names[index] !== '' && !allowed.includes(names[index]!))
        problems.push(foreign(child(this.document, entry, 'recipient')!, names[index]!));
    });
    for (const group of this.groups()) {
      for (const kind of OTHER_KEYS) {
        if (this.has(group, kind))
          problems.push(foreign(child(this.document, group, kind)!, `a key of the kind ${kind}`));
      }
    }
    for (const recipient of allowed.filter((name) => !names.includes(name))) {
      problems.push(
        finding(
          'sops-recipient-missing',
          this.file.place(this.get('age') ?? this.node),
          `sops is not encrypted for ${recipient}, which would be allowed to read it`,
          'If it should, add it to .sops.yaml and run sops updatekeys',
          options,
        ),
      );
    }
    return problems;
  }

  /** Shamir's secret sharing: each group of keys has a piece of the data key, and a number of pieces make it whole. */
  private threshold(allowed: readonly string[], options: FindingOptions): Finding[] {
    const groups = items(this.document, this.get('key_groups'));
    if (groups.length < 2) return [];
    const node = this.get('shamir_threshold');
    const asked = isScalar(node) ? Number(node.value) : 0;
    const needed = asked > 0 ? asked : groups.length;
    const openedBy = (names: readonly string[]): number =>
      groups.filter((group) => this.isOpened(group, names, allowed.length === 0)).length;
    const opened = Math.max(
      ...(allowed.length > 0 ? [allowed] : this.ageRecipients.map((one) => [one])).map(openedBy),
      0,
    );
    if (opened >= needed) return [];
    const who = allowed.length > 0 ? 'the allowed recipients open' : 'no recipient opens more than';
    return [
      finding(
        'sops-shamir',
        this.file.place(node ?? this.get('key_groups')),
        `sops.shamir_threshold (${needed} of ${groups.length} groups of keys) is more than ${who} (${opened}): Flux ` +
          'cannot decrypt the file',
        'Set shamir_threshold: 1 in .sops.yaml and run sops updatekeys' +
          (allowed.length > 0 ? '' : ', or name every recipient whose key the cluster has with --recipient'),
        options,
      ),
    ];
  }

  private isOpened(group: Node, names: readonly string[], isAnyKeyAllowed: boolean): boolean {
    const age = items(this.document, child(this.document, group, 'age'));
    return (
      age.some((entry) => names.includes(childText(this.document, entry, 'recipient') ?? '')) ||
      (isAnyKeyAllowed && OTHER_KEYS.some((kind) => this.has(group, kind)))
    );
  }

  private has(group: Node, kind: string): boolean {
    return items(this.document, child(this.document, group, kind)).length > 0;
  }

  /** SOPS takes one selector per file at most, and applies it to each part of the path of a value. */
  private selection(paths: readonly (readonly string[])[], options: FindingOptions): Finding[] {
    const used = SELECTORS.find((selector) => this.selector(selector) !== undefined);
    const at = this.file.place(used === undefined ? this.node : this.get(used));
    const what =
      used === undefined
        ? 'sops.unencrypted_suffix (_unencrypted, by default)'
        : `sops.${used} (${this.selector(used)})`;
    try {
      const selector = (name: string): string | undefined => this.selector(name);
      const left = paths.find((path) => !isSelected(path, selector));
      return left === undefined
        ? []
        : [finding('sops-selector', at, `${what} leaves ${left.join('.')} in plain text`, RECOMMENDED, options)];
    } catch {
      return [
        finding(
          'sops-selector',
          at,
          `${what} is not a regular expression: SOPS takes it for one that never matches`,
          RECOMMENDED,
          options,
        ),
      ];
    }
  }

  private selector(name: string): string | undefined {
    return text(this.get(name)) || undefined;
  }

  private ageEntries(): Node[] {
    return this.groups().flatMap((group) => items(this.document, child(this.document, group, 'age')));
  }

  /** The groups of keys. Keys are in the metadata itself, or in groups. */
  private groups(): Node[] {
    return [this.node, ...items(this.document, this.get('key_groups'))];
  }

  private get(key: string): Node | undefined {
    return child(this.document, this.node, key);
  }
}

/**
 * True if SOPS encrypts the value at a path, with the selectors of a file or of a creation rule.
 * @throws SyntaxError for a selector that is not a regular expression
 */
export function isSelected(path: readonly string[], selector: (name: string) => string | undefined): boolean {
  const [encrypted, unencrypted, suffix, noSuffix, comment] = SELECTORS.map(selector);
  if (comment !== undefined) return false; // it depends on comments that come and go
  if (encrypted !== undefined) return path.some((part) => expression(encrypted).test(part));
  if (unencrypted !== undefined) return !path.some((part) => expression(unencrypted).test(part));
  if (suffix !== undefined) return path.some((part) => part.endsWith(suffix));
  return !path.some((part) => part.endsWith(noSuffix ?? '_unencrypted'));
}

/** A regular expression of Go. Here, it commonly differs from ours only by the flags at its beginning. */
export function expression(source: string): RegExp {
  const [, flags = '', rest = source] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(source) ?? [];
  return new RegExp(rest, flags);
}
