/** The files that a kustomization.yaml leads to, as far as they must be known before kustomize builds it. */
import { posix } from 'node:path';
import { isScalar, visit, type Document, type Node } from 'yaml';
import { dotenv } from './dotenv';
import { FLUX } from './flux-objects';
import type { Repo } from './repo';
import type { Place } from '../reports/findings';
import { child, childText, items, text, type YamlFile } from '../manifests/yaml-file';

/** The names that kustomize looks for in a folder. It refuses a folder with two of them. */
export const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** The fields that list files and folders. */
export const LISTS = ['resources', 'bases', 'components'];

/** A value that a secretGenerator takes from a file or from the kustomization.yaml itself. */
export interface GeneratorValue {
  readonly key: string;
  /** The place of the value. */
  readonly place: Place;
  /** The file of the value; undefined for a literal. */
  readonly source: string | undefined;
  readonly isEnv: boolean;
  readonly text: string;
}

/** An entry of `secretGenerator`. */
export interface SecretGenerator {
  readonly name: string;
  readonly place: Place;
  readonly values: readonly GeneratorValue[];
}

/**
 * A kustomization.yaml: the files that it leads to, and the Secrets that it generates from files. Only kustomize knows
 * the result.
 */
export class KustomizationFile {
  readonly path: string;
  readonly folder: string;
  /** Whether it is a component, which is built by its lister and never by itself. */
  readonly isComponent: boolean;
  /** Whether a file of this name is an object of Flux, which kustomize refuses to build. */
  readonly isOfFlux: boolean;
  /** The files of the repo that its fields name. */
  readonly files: ReadonlySet<string>;
  /** The folders in the repo that it lists. */
  readonly folders: readonly string[];
  /** Entries of its lists that kustomize would fetch. */
  readonly remote: readonly { readonly entry: string; readonly place: Place }[];

  static isOne(path: string): boolean {
    return KUSTOMIZATION_NAMES.includes(posix.basename(path));
  }

  constructor(
    private readonly file: YamlFile,
    private readonly document: Document,
    private readonly repo: Repo,
  ) {
    this.path = file.path;
    this.folder = posix.dirname(file.path);
    this.isComponent = childText(document, document.contents, 'kind') === 'Component';
    this.isOfFlux = FLUX.test(childText(document, document.contents, 'apiVersion') ?? '');
    const files = new Set<string>();
    visit(document, {
      Scalar: (_, node) => {
        for (const path of this.paths(text(node))) if (repo.has(path) && !repo.isFolder(path)) files.add(path);
      },
    });
    this.files = files;
    const listed = LISTS.flatMap((field) => items(document, child(document, document.contents, field)));
    this.folders = listed.flatMap((node) => this.paths(text(node))).filter((path) => repo.isFolder(path));
    this.remote = listed
      .map((node) => ({ entry: text(node) ?? '', place: file.place(node) }))
      .filter(({ entry }) => isRemote(entry) && !repo.has(posix.join(this.folder, entry)));
  }

  /** The entries of its secretGenerator, with the places of their values. */
  get generators(): SecretGenerator[] {
    return items(this.document, child(this.document, this.document.contents, 'secretGenerator')).map((node) => ({
      name: childText(this.document, node, 'name') ?? '',
      place: this.file.place(node),
      values: [...this.literals(node), ...this.envs(node), ...this.fileValues(node)],
    }));
  }

  private list(node: Node, field: string): { entry: string; place: Place }[] {
    const listed = items(this.document, child(this.document, node, field));
    return listed.map((item) => ({
      entry: isScalar(item) ? String(item.value) : '',
      place: this.file.place(item),
    }));
  }

  private literals(node: Node): GeneratorValue[] {
    return this.list(node, 'literals').map(({ entry, place }) => {
      const [key, value] = split(entry);
      return { key, place, source: undefined, isEnv: false, text: value.replace(/^(["'])([^]*)\1$/, '$2') };
    });
  }

  private envs(node: Node): GeneratorValue[] {
    const single = child(this.document, node, 'env');
    const listed = [
      ...this.list(node, 'envs'),
      ...(single === undefined ? [] : [{ entry: text(single) ?? '', place: this.file.place(single) }]),
    ];
    return listed.flatMap(({ entry }) => {
      const source = posix.join(this.folder, entry);
      const content = this.repo.read(source)?.toString();
      return dotenv(content ?? '').map(({ key, value, line }) => ({
        key,
        place: { file: source, line, column: 1 },
        source,
        isEnv: true,
        text: value,
      }));
    });
  }

  private fileValues(node: Node): GeneratorValue[] {
    return this.list(node, 'files').flatMap(({ entry }) => {
      const [key, path] = entry.includes('=') ? split(entry) : [posix.basename(entry), entry];
      const source = posix.join(this.folder, path);
      const content = this.repo.read(source)?.toString();
      const place = { file: source, line: 1, column: 1 };
      return content === undefined ? [] : [{ key, place, source, isEnv: false, text: content }];
    });
  }

  /** The paths that a scalar may name: it is a path, or a key and a path. */
  private paths(scalar: string | undefined): string[] {
    if (scalar === undefined || scalar === '' || /[\r\n]/.test(scalar) || scalar.startsWith('/')) return [];
    return [scalar, ...(scalar.includes('=') ? [split(scalar)[1]] : [])]
      .map((path) => posix.join(this.folder, path).replace(/\/$/, ''))
      .filter((path) => path !== '..' && !path.startsWith('../'));
  }
}

function isRemote(entry: string): boolean {
  return (
    /^[\w+.-]+:\/\/|^git::|^[\w.-]+@[\w.-]+:|[?&](ref|version)=|\.git(\/|$)/.test(entry) ||
    /^[\w-]+(\.[\w-]+)+\/[^/]+\/[^/]+/.test(entry)
  );
}

function split(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
