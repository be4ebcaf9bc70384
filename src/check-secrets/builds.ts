/**
 * The folders that Flux applies: the walk from its Kustomizations to the folders that they name, and on from there. In
 * a repo without Kustomizations of Flux, the kustomization.yaml files and the plain manifests count by themselves.
 */
import { posix } from 'node:path';
import type { Build } from './build';
import { closureOf } from './closure';
import { FLUX, fluxKustomization, leadsToItself } from './flux-objects';
import { readsOtherRepo } from './flux-sources';
import { buildFolder, plainBuild, type Builder } from './folder-build';
import { mentions, type GitContent } from './git-content';
import type { PlacedManifest } from './placed-manifest';

/** The builds of all folders of a repo. */
export function buildsOf(builder: Builder): Build[] {
  const { git } = builder;
  const all: Build[] = [];
  const seen = new Set<string>();
  const isElsewhere = readsOtherRepo(git);
  const add = (build: Build): void => {
    all.push(build);
    for (const one of build.manifests) follow(one);
  };
  const follow = (manifest: PlacedManifest): void => {
    const flux = fluxKustomization(manifest);
    if (flux === undefined || !git.repo.isFolder(flux.path) || isElsewhere(flux)) return;
    const id = canonical([flux.name, flux.path, flux.spec, flux.place.file]);
    if (seen.has(id)) return;
    seen.add(id);
    add(buildFolder(builder, flux.path, flux));
  };
  for (const one of plainlyThere(git)) if (!all.some((build) => isOfFlux(build, one.file))) follow(one);
  for (const folder of rootsOf(git)) {
    const { path } = git.kustomizations.get(folder)!;
    if (!all.some(({ files }) => files.has(path))) add(buildFolder(builder, folder, undefined));
  }
  const once = all.filter(({ flux, kustomization }) => flux !== undefined || !isApplied(all, kustomization!));
  for (const build of once) if (build.flux !== undefined) build.cluster = clusterOf(build, once);
  const reach = reachOfOthers(once);
  for (const build of once) if (build.flux === undefined) build.reach = reach;
  return [...once, ...loose(git, once, reach)];
}

function isOfFlux({ flux, files }: Build, path: string): boolean {
  return flux !== undefined && files.has(path);
}

function isApplied(builds: readonly Build[], path: string): boolean {
  return builds.some((build) => isOfFlux(build, path));
}

/**
 * The objects that no kustomization.yaml lists. The first Kustomization of a cluster leads to itself, and comes first:
 * it patches the others, as in the cluster.
 */
function plainlyThere(git: GitContent): PlacedManifest[] {
  const listed = new Set([...git.kustomizations.values()].flatMap(({ files }) => [...files]));
  const plain = [...git.manifests].flatMap(([path, manifests]) => (listed.has(path) ? [] : manifests));
  return [...plain.filter(leadsToItself), ...plain.filter((one) => !leadsToItself(one))];
}

/** The folders that no kustomization.yaml lists, and those of a circle. Folders that lead to others come first. */
function rootsOf(git: GitContent): string[] {
  const every = [...git.kustomizations.values()];
  const inner = new Set(every.flatMap(({ folders }) => folders));
  const all = every.filter(({ isComponent, isOfFlux }) => !isComponent && !isOfFlux);
  const outer = all.filter(({ folder }) => !inner.has(folder));
  const reached = new Set(outer.flatMap(({ folder }) => [...closureOf(git, folder).files]));
  const circles = all.filter((one) => !outer.includes(one) && !reached.has(one.path));
  const roots = [...outer, ...circles].map(({ folder }) => folder);
  const leadOn = roots.filter((folder) => mentions(git, closureOf(git, folder).files, FLUX));
  return [...new Set([...leadOn, ...roots])];
}

/** The cluster of a build: the folder from which Flux applies it, directly or by way of other folders. */
function clusterOf(build: Build, builds: readonly Build[], way: readonly Build[] = []): string {
  const { file } = build.flux!.place;
  const above = builds.find((one) => isOfFlux(one, file));
  if (above === undefined) return posix.dirname(file);
  return above === build || way.includes(above) ? build.folder : clusterOf(above, builds, [...way, build]);
}

/** The reach of folders to which no Kustomization leads. The repo tells it if it has the first Kustomization of all. */
function reachOfOthers(builds: readonly Build[]): Build['reach'] {
  if (builds.some((build) => build.flux !== undefined && isOfFlux(build, build.flux.place.file))) return 'not-applied';
  return builds.some(({ flux }) => flux !== undefined) ? 'unknown' : 'applied';
}

/** The files to which no build leads, by the kustomization.yaml above them. */
function loose(git: GitContent, builds: readonly Build[], reach: Build['reach']): Build[] {
  const reached = new Set(builds.flatMap(({ files }) => [...files]));
  const groups = new Map<string | undefined, string[]>();
  for (const path of git.parsed.keys()) {
    if (reached.has(path)) continue;
    const above = kustomizationAbove(git, path);
    groups.set(above, [...(groups.get(above) ?? []), path]);
  }
  return [...groups].map(([kustomization, paths]) =>
    plainBuild(git, {
      ...{ folder: '.', flux: undefined, files: new Set(paths), kustomization },
      // An unlisted object may have any namespace: the kustomization.yaml would give it one.
      isAnywhere: kustomization !== undefined,
      reach: kustomization === undefined ? reach : 'not-listed',
    }),
  );
}

function kustomizationAbove({ kustomizations }: GitContent, path: string): string | undefined {
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
    const found = kustomizations.get(folder);
    if (found !== undefined && !found.isOfFlux) return found.path;
    if (folder === '.' || folder === '/') return undefined;
  }
}

/** A text for a value that does not depend on the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
