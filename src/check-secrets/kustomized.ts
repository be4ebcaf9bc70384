/** The copy of a folder's files that kustomize builds, and the objects of its output. */
import { posix } from 'node:path';
import { dump, load } from 'js-yaml';
import type { Closure } from './closure';
import { additionsOf, type FluxKustomization } from './flux-objects';
import type { GitContent } from './git-content';
import type { PlacedManifest } from './placed-manifest';
import { LISTS } from './kustomization-file';
import type { Kustomize } from './kustomize';
import { text, type Manifest } from '../manifests/manifest';
import { readManifests } from '../manifests/read';
import { childText } from '../manifests/yaml-file';
import type { Place } from '../reports/findings';

const ORIGIN = 'config.kubernetes.io/origin';

type Fields = { [field: string]: unknown };

/**
 * The output of kustomize, each object with its file in Git.
 * @param path the kustomization.yaml of the folder, which Flux makes if there is none
 * @returns undefined if the folder cannot be built
 */
export function kustomized(
  git: GitContent,
  kustomize: Kustomize,
  folder: string,
  flux: FluxKustomization | undefined,
  closure: Closure,
  path: string,
): PlacedManifest[] | undefined {
  try {
    const output = kustomize.build(copyOf(git, flux, closure, path), folder);
    if (output === undefined) return undefined;
    return readManifests(path, output).map((manifest) => ({ ...manifest, ...originOf(git, folder, manifest) }));
  } catch {
    return undefined; // a kustomization.yaml that is not YAML
  }
}

/** The files, without the entries that kustomize would fetch, and with the fields that Flux adds. */
function copyOf(
  { repo }: GitContent,
  flux: FluxKustomization | undefined,
  { files, resources, kustomizations }: Closure,
  path: string,
): Map<string, string | Buffer> {
  const copy = new Map<string, string | Buffer>([...files].map((file) => [file, repo.read(file) ?? '']));
  const fieldsOf = (file: string): Fields => load(String(copy.get(file))) as Fields;
  for (const { path: one, remote } of kustomizations) {
    const fetched = new Set(remote.map(({ entry }) => entry));
    if (fetched.size > 0) copy.set(one, dump(without(fieldsOf(one), fetched)));
  }
  const own = resources === undefined ? fieldsOf(path) : { resources };
  return copy.set(path, dump({ ...own, ...added(own, flux), buildMetadata: ['originAnnotations'] }));
}

/** The lists without the entries that kustomize would fetch. */
function without(kustomization: Fields, fetched: ReadonlySet<string>): Fields {
  const kept = LISTS.filter((field) => Array.isArray(kustomization[field])).map((field) => [
    field,
    (kustomization[field] as unknown[]).filter((entry) => !fetched.has(String(entry))),
  ]);
  return { ...kustomization, ...(Object.fromEntries(kept) as Fields) };
}

/** The fields that Flux writes into the kustomization.yaml. */
function added(own: Fields, flux: FluxKustomization | undefined): Fields {
  if (flux === undefined) return {};
  const { namespace, namePrefix, nameSuffix, patches, components } = additionsOf(flux);
  const list = (field: string): unknown[] => (Array.isArray(own[field]) ? (own[field] as unknown[]) : []);
  return {
    ...(namespace && { namespace }),
    ...(namePrefix && { namePrefix }),
    ...(nameSuffix && { nameSuffix }),
    ...(patches.length > 0 && { patches: [...list('patches'), ...patches] }),
    ...(components.length > 0 && { components: [...list('components'), ...components] }),
  };
}

/** The origin of an object, from the annotation of kustomize. */
function originOf(git: GitContent, folder: string, { kind, name, object }: Manifest): { file: string; place: Place } {
  const origin = text(object, 'metadata', 'annotations', ORIGIN) ?? '';
  const path = /^(?:path|configuredIn): (.*)$/m.exec(origin)?.[1] ?? 'kustomization.yaml';
  const file = posix.join(folder, path);
  return { file, place: placeOf(git, file, kind, name) };
}

function placeOf({ parsed }: GitContent, path: string, kind: string, name: string): Place {
  const file = parsed.get(path);
  const documents = file?.documents.filter((one) => childText(one, one.contents, 'kind') === kind) ?? [];
  const named = documents.find((one) => one.getIn(['metadata', 'name']) === name) ?? documents[0];
  return named === undefined ? { file: path, line: 1, column: 1 } : file!.place(named.contents);
}
