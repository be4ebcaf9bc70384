/** Distinguishes Kustomizations of Flux for this repo from those for another repo: both may have the same paths. */
import { fluxKustomization, leadsToItself, type FluxKustomization } from './flux-objects';
import type { GitContent } from './git-content';
import type { PlacedManifest } from './placed-manifest';
import { at, text, type Value } from '../manifests/manifest';

/** The Kustomization of `flux bootstrap`. */
const BOOTSTRAP = 'flux-system';

/**
 * Returns a function that is true for a Kustomization whose GitRepository has another URL than this repo. The URL of
 * this repo is that of a Kustomization that leads to itself. In doubt, a Kustomization counts as one for this repo.
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

/** The root may be a path of any repo, so it counts only for the Kustomization of the bootstrap. */
function isBeginning(manifest: PlacedManifest): boolean {
  const isRoot = fluxKustomization(manifest)?.path === '.';
  return leadsToItself(manifest) && (!isRoot || manifest.name === BOOTSTRAP);
}

function ownUrls({ object, namespace, kind }: PlacedManifest, urls: ReadonlyMap<string, Set<string>>): string[] {
  const sync = kind === 'FluxInstance' ? text(object, 'spec', 'sync', 'url') : undefined;
  return sync === undefined ? [...(urls.get(sourceOf(at(object, 'spec'), namespace)) ?? [])] : [repository(sync)];
}

/** The GitRepository of a Kustomization; empty if it has none. */
function sourceOf(spec: Value, namespace: string): string {
  if (text(spec, 'sourceRef', 'kind') !== 'GitRepository') return '';
  return `${text(spec, 'sourceRef', 'namespace') ?? namespace}/${text(spec, 'sourceRef', 'name')}`;
}

/** The host and the path of a URL, which all its forms share: `https://host/a/b.git`, `git@host:a/b`. */
function repository(url: string): string {
  return url
    .toLowerCase()
    .replace(/^[a-z+]+:\/\//, '')
    .replace(/^[^@/]*@/, '')
    .replace(/^([^/:]+):(\d+(?=\/))?\/?/, '$1/')
    .replace(/(\.git)?\/*$/, '');
}
