import { posix } from 'node:path';
import type { Document } from 'yaml';
import type { Place } from '../reports/findings';
import { child, childText, items, text, type YamlFile } from '../manifests/yaml-file';

const KUSTOMIZATION = /(^|\/)kustomization\.ya?ml$/i;

interface Kustomization {
  readonly folder: string;
  readonly namespace: string | undefined;
  readonly resources: ReadonlySet<string>;
}

/** A Secret that kustomize makes from literals, which are plain text. */
export interface LiteralSecret {
  readonly name: string;
  readonly place: Place;
}

/** What the kustomizations of a repo do to namespaces, and the Secrets that they spell out. */
export class Kustomizations {
  readonly literals: LiteralSecret[] = [];
  private readonly kustomize: Kustomization[] = [];
  private readonly flux: { path: string; namespace: string }[] = [];

  static isOne(path: string): boolean {
    return KUSTOMIZATION.test(path);
  }

  constructor(files: readonly YamlFile[]) {
    for (const file of files) {
      for (const document of file.documents) {
        if (Kustomizations.isOne(file.path)) {
          this.kustomize.push(kustomization(file.path, document));
          for (const literal of literalSecrets(file, document)) this.literals.push(literal);
        }
        if (childText(document, document.contents, 'apiVersion')?.startsWith('kustomize.toolkit.fluxcd.io/')) {
          const spec = child(document, document.contents, 'spec');
          const namespace = childText(document, spec, 'targetNamespace');
          const path = posix.join('.', childText(document, spec, 'path') ?? '.').replace(/\/$/, '');
          if (namespace !== undefined) this.flux.push({ path, namespace });
        }
      }
    }
  }

  /**
   * The namespaces in which an object ends up: the outermost kustomization with a namespace overrides all inner ones
   * and the object's own; none is undefined. Several, where several kustomizations list the file.
   */
  namespacesOf(path: string, own: string | undefined): Set<string | undefined> {
    const found = new Set<string | undefined>();
    const seen = new Set<string>();
    const ways: { path: string; namespace: string | undefined }[] = [{ path, namespace: own }];
    for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
      const { path, namespace } = way;
      const key = JSON.stringify(way);
      if (seen.has(key)) continue;
      seen.add(key);
      const parents = this.kustomize.filter((one) => one.resources.has(path));
      for (const one of parents) ways.push({ path: one.folder, namespace: one.namespace ?? namespace });
      if (parents.length === 0) for (const target of this.targets(path, namespace)) found.add(target);
    }
    return found.size > 0 ? found : new Set([own]); // kustomizations in a circle lead nowhere
  }

  private targets(path: string, namespace: string | undefined): (string | undefined)[] {
    const targets = this.flux.filter((one) => one.path === '.' || path === one.path || path.startsWith(`${one.path}/`));
    return targets.length > 0 ? targets.map((one) => one.namespace) : [namespace];
  }
}

function kustomization(path: string, document: Document): Kustomization {
  const folder = posix.dirname(path);
  const listed = ['resources', 'bases', 'components'].flatMap((field) =>
    items(document, child(document, document.contents, field)),
  );
  const resources = listed
    .map(text)
    .filter((entry) => entry !== undefined)
    .map((entry) => posix.join(folder, entry).replace(/\/$/, ''));
  return { folder, namespace: childText(document, document.contents, 'namespace'), resources: new Set(resources) };
}

function literalSecrets(file: YamlFile, document: Document): LiteralSecret[] {
  return items(document, child(document, document.contents, 'secretGenerator'))
    .map((generator) => ({
      name: childText(document, generator, 'name') ?? '',
      literals: child(document, generator, 'literals'),
    }))
    .filter(({ literals }) => items(document, literals).length > 0)
    .map(({ name, literals }) => ({ name, place: file.place(literals) }));
}
