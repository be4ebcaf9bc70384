/** Which Kustomizations of Flux apply this repo, and which another one: both may have the same paths. */
import { fluxKustomization, leadsToItself, type FluxKustomization } from './flux-objects';
import type { GitContent } from './git-content';
import type { PlacedManifest } from './placed-manifest';
import { at, text, type Value } from '../manifests/manifest';

/** As `flux bootstrap` calls its Kustomization. */
const BOOTSTRAP = 'flux-system';

/**
 * Tells a Kustomization whose GitRepository has another URL than this repo's. The URL of this repo is that of a
 * Kustomization that leads to itself. Whatever is not certain counts as this repo.
 */
export function readsOtherRepo(git: GitContent): (flux: FluxKustomization) => boolean {
  const manifests = [...git.manifests.values()].flat();
  const urls = new Map<string, Set<string>>();
  for (const { kind, namespace, name, object } of manifests) {
    const url = kind === 'GitRepository' ? text(object, 'spec', 'url') : undefined;
    if (url === undefined) continue;
    const id = `${namespace}/${name}`;
    urls.set(id, (urls.get(id) ?? new Set()).add(url.includes('${') ? url : repository(url)));
  }
  const own = new Set(manifests.filter(isBeginning).flatMap((one) => ownUrls(one, urls)));
  return ({ spec, namespace }) => {
    const known = [...(urls.get(sourceOf(spec, namespace)) ?? [])];
    return own.size > 0 && known.length > 0 && known.every((url) => !own.has(url) && !url.includes('${'));
  };
}

/** A path that is the root may be that of any repo, and so counts only for the Kustomization of the bootstrap. */
function isBeginning(manifest: PlacedManifest): boolean {
  const isRoot = fluxKustomization(manifest)?.path === '.';
  return leadsToItself(manifest) && (!isRoot || manifest.name === BOOTSTRAP);
}

function ownUrls({ object, namespace, kind }: PlacedManifest, urls: ReadonlyMap<string, Set<string>>): string[] {
  const sync = kind === 'FluxInstance' ? text(object, 'spec', 'sync', 'url') : undefined;
  return sync === undefined ? [...(urls.get(sourceOf(at(object, 'spec'), namespace)) ?? [])] : [repository(sync)];
}

/** The GitRepository of a Kustomization; empty where it has none. */
function sourceOf(spec: Value, namespace: string): string {
  if (text(spec, 'sourceRef', 'kind') !== 'GitRepository') return '';
  return `${text(spec, 'sourceRef', 'namespace') ?? namespace}/${text(spec, 'sourceRef', 'name')}`;
}

/** Host and path, which the ways to ask for a repository share: `https://host/a/b.git`, `git@host:a/b`. */
function repository(url: string): string {
  return url
    .toLowerCase()
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/^[^@/]*@/, '')
    .replace(/^([^/:]+):(\d+(?=\/))?\/?/, '$1/')
    .replace(/(\.git)?\/*$/, '');
}
