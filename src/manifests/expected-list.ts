import { isScalar, isSeq, type Document, type Node } from 'yaml';
import type { Place } from '../reports/findings';
import { MisuseError } from '../errors';
import { readRepo } from './repo-files';
import { child, childText, items, text, YamlFile } from './yaml-file';

const LIST = 'secrets.yaml';
const ESCROW = 'escrow.yaml';
const ANEW = 'Run cdk8s synth anew';

/** A key that must exist, or, without a key, a whole Secret. */
export interface Expectation {
  readonly key?: string;
  readonly bytes?: number;
  readonly minBytes?: number;
  /** The file in the repo in which it must live. */
  readonly gitFile?: string;
  /** The tool that brings it into the cluster, if that is not the repo. */
  readonly provider?: string;
  /** The event that makes it, if it need not be in the repo. */
  readonly optionalUntil?: string;
  readonly because: string;
  readonly place: Place;
}

/** A Secret, and its expectations. */
export interface ExpectedSecret {
  /** Undefined if the list itself names none: any will do. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** True if it is in another namespace than the list: such a Secret need not be in the same repo. */
  readonly isElsewhere: boolean;
  readonly expectations: Expectation[];
}

/** An attestation of a fact that neither a repo nor a cluster can show. */
export interface Escrow {
  readonly what: string;
  readonly where: string;
  readonly attestedOn: string;
  readonly validUntil: string;
  readonly place: Place;
}

/** The lists of expected secrets among the synthesized manifests. */
export class ExpectedList {
  readonly secrets: ExpectedSecret[] = [];
  readonly escrow: Escrow[] = [];
  /** The files with the lists. */
  readonly files: string[] = [];

  /**
   * @param dist the folder that synth wrote
   * @param shown returns a path below that folder as it is shown to a person
   * @throws MisuseError when there is no list, or none that synth wrote
   */
  static read(dist: string, shown: (path: string) => string): ExpectedList {
    const list = new ExpectedList();
    const { files, findings } = readRepo(dist);
    const unread = findings.find(({ rule }) => rule === 'file-unreadable' || rule === 'file-not-text');
    if (unread !== undefined)
      throw new MisuseError(`${shown(unread.file)} cannot be read, and may have a list. ${ANEW}`);
    for (const { path, text } of files.filter((file) => file.text.includes(LIST))) {
      const file = new YamlFile(shown(path), text);
      if (file.problem !== undefined) throw new MisuseError(`${file.path}:${file.problem.line}: not YAML. ${ANEW}`);
      for (const document of file.documents) {
        if (childText(document, document.contents, 'kind') === 'ConfigMap') list.add(file, document);
      }
    }
    if (list.files.length === 0) {
      throw new MisuseError(
        `--dist (${dist}) has no ConfigMap with the key ${LIST}. Run cdk8s synth, and let the chart have ` +
          'SecretExpectations',
      );
    }
    return list;
  }

  private add(file: YamlFile, document: Document): void {
    const data = child(document, document.contents, 'data');
    const home = childText(document, child(document, document.contents, 'metadata'), 'namespace');
    const list = nested(file, document, data, LIST);
    if (list === undefined) return;
    this.files.push(file.path);
    for (const entry of list.entries) this.expect(home, entry);
    for (const entry of nested(file, document, data, ESCROW)?.entries ?? []) {
      this.escrow.push({
        what: entry.string('what'),
        where: entry.string('where'),
        attestedOn: entry.string('attestedOn'),
        validUntil: entry.string('validUntil'),
        place: entry.place,
      });
    }
  }

  private expect(home: string | undefined, entry: Entry): void {
    const namespace = entry.optional('namespace') ?? home;
    const name = entry.string('secret');
    let secret = this.secrets.find((one) => one.name === name && one.namespace === namespace);
    if (secret === undefined)
      this.secrets.push((secret = { namespace, name, isElsewhere: namespace !== home, expectations: [] }));
    secret.expectations.push({
      key: entry.optional('key'),
      bytes: entry.number('bytes'),
      minBytes: entry.number('minBytes'),
      gitFile: entry.optional('gitFile'),
      provider: entry.optional('provider'),
      optionalUntil: entry.optional('optionalUntil'),
      because: entry.string('because'),
      place: entry.place,
    });
  }
}

/** An entry of a list, read strictly: a misread entry would be checked wrongly. */
class Entry {
  readonly place: Place;

  constructor(
    file: YamlFile,
    private readonly document: Document,
    private readonly node: Node,
  ) {
    this.place = file.place(node);
  }

  string(name: string): string {
    return this.optional(name) ?? this.refuse(name, undefined);
  }

  optional(name: string): string | undefined {
    const value = this.value(name);
    return value === undefined || typeof value === 'string' ? value : this.refuse(name, value);
  }

  number(name: string): number | undefined {
    const value = this.value(name);
    return value === undefined || (typeof value === 'number' && Number.isInteger(value))
      ? value
      : this.refuse(name, value);
  }

  private value(name: string): unknown {
    const node = child(this.document, this.node, name);
    return isScalar(node) ? node.value : node;
  }

  private refuse(name: string, value: unknown): never {
    throw new MisuseError(
      `${this.place.file}:${this.place.line}: ${name} (${JSON.stringify(value) ?? 'missing'}) is not what synth ` +
        `writes. ${ANEW}`,
    );
  }
}

/** A list in a key of a ConfigMap, with the places of its entries in the file. */
function nested(
  file: YamlFile,
  document: Document,
  data: Node | undefined,
  key: string,
): { entries: Entry[] } | undefined {
  const node = child(document, data, key);
  if (node === undefined) return undefined;
  const source = text(node) ?? '';
  const header = file.place(node);
  // The lines of a block scalar follow its header, two columns to the right of its key.
  const base = { file: file.path, line: header.line + 1, column: file.place(data).column + 2 };
  const list = new YamlFile(file.path, source, base);
  if (list.problem !== undefined)
    throw new MisuseError(`${list.problem.file}:${list.problem.line}: ${key} is not YAML. ${ANEW}`);
  if (!list.documents.every(({ contents }) => isSeq(contents)) || list.documents.length === 0)
    throw new MisuseError(`${header.file}:${header.line}: ${key} is not a list. ${ANEW}`);
  return {
    entries: list.documents.flatMap((inner) =>
      items(inner, inner.contents).map((entry) => new Entry(list, inner, entry)),
    ),
  };
}
