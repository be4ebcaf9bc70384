import type { Manifest } from '../manifests/manifest';
import { keyOf } from './resources';
import type { Tree } from './tree';

/** The manifests of one cluster, in both trees. */
export interface Cluster {
  /** The folder that only this cluster has; empty for manifests outside of such folders. */
  readonly folder: string;
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
}

/**
 * Objects of one name in two folders belong to two clusters, as in `clusters/prod` and `clusters/staging`. Each of such
 * folders is compared by itself.
 */
export function clusters(base: Tree, head: Tree): Cluster[] {
  const folders = outermost([...twins(base.manifests), ...twins(head.manifests)]);
  if (folders.length === 0) return [{ folder: '', before: base.manifests, after: head.manifests }];
  const parts = new Map<string, { before: Manifest[]; after: Manifest[] }>(
    ['', ...folders].map((folder) => [folder, { before: [], after: [] }]),
  );
  const known = new Set(folders);
  const partOf = ({ file }: Manifest): { before: Manifest[]; after: Manifest[] } =>
    parts.get(parents(file).find((parent) => known.has(parent)) ?? '')!;
  for (const manifest of base.manifests) partOf(manifest).before.push(manifest);
  for (const manifest of head.manifests) partOf(manifest).after.push(manifest);
  return [...parts].map(([folder, part]) => ({ folder, ...part }));
}

/** Folders that the change turns into those of several clusters. Perhaps they were meant for one cluster. */
export function newlyApart(base: Tree, head: Tree): string[] {
  const known = new Set(outermost([...twins(base.manifests)]));
  const folders = outermost([...twins(head.manifests)]);
  return folders.some((folder) => !known.has(folder)) ? folders : [];
}

/** The folder at which the paths of two objects of one name part. */
function twins(manifests: readonly Manifest[]): Set<string> {
  const first = new Map<string, string>();
  const found = new Set<string>();
  for (const manifest of manifests) {
    const key = keyOf(manifest);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, manifest.file);
      continue;
    }
    const [one, two] = [other.split('/'), manifest.file.split('/')];
    const fork = one.findIndex((segment, index) => segment !== two[index]);
    // A file beside a folder, or two files of a folder, are applied together.
    if (fork < 0 || fork >= one.length - 1 || fork >= two.length - 1) continue;
    for (const path of [one, two]) found.add(path.slice(0, fork + 1).join('/'));
  }
  return found;
}

function outermost(folders: readonly string[]): string[] {
  const all = new Set(folders);
  return [...all]
    .filter((folder) => parents(folder).every((parent) => !all.has(parent)))
    .sort((a, b) => (a < b ? -1 : 1));
}

function parents(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
