import type { Manifest } from '../manifests/manifest';
import { componentLabel } from '../manifests/workload';
import { workloadOf, type Workload } from './planned-workload';

/** Objects that are never moved: with another name, they are other objects. Their contents are lost with them. */
const NEVER_MOVED = new Set(['Namespace', 'PersistentVolume', 'Job']);

/** The hash that kustomize appends to the names of generated objects. */
const HASH = /-[2456789bcdfghkmt]{10}$/;

type Key = (manifest: Manifest) => string | undefined;

/**
 * Pairs objects that are gone with new objects of the same purpose: the same database, the claim of the same backup,
 * the same name in the namespace that a backup has moved to, or the same content.
 * @returns the old object of each new object
 */
export function moves(gone: readonly Manifest[], added: readonly Manifest[]): ReadonlyMap<Manifest, Manifest> {
  const found = new Map<Manifest, Manifest>();
  if (gone.length === 0 || added.length === 0) return found;
  const left = {
    gone: new Set(gone.filter(({ kind }) => !NEVER_MOVED.has(kind))),
    added: new Set(added.filter(({ kind }) => !NEVER_MOVED.has(kind))),
  };
  const pair = (old: Manifest, current: Manifest): void => {
    found.set(current, old);
    left.gone.delete(old);
    left.added.delete(current);
  };
  /** Pairs objects whose key only one object of each side has. */
  const match = (keyOfOld: Key, keyOfNew: Key = keyOfOld): void => {
    const [old, current] = [single(left.gone, keyOfOld), single(left.added, keyOfNew)];
    for (const [key, manifest] of current) {
      const was = old.get(key);
      if (was !== undefined) pair(was, manifest);
    }
  };

  for (const purpose of PURPOSES) match(ofWorkload(purpose));
  // The targets of moved workloads: their namespace, and their claims.
  const namespaces = new Map<string, Set<string>>();
  const claims = new Map<string, string>();
  for (const [current, old] of found) {
    namespaces.set(old.namespace, (namespaces.get(old.namespace) ?? new Set()).add(current.namespace));
    const [was, is] = [workloadOf(old), workloadOf(current)];
    if (was && is) claims.set(place(old.namespace, was.claim), place(current.namespace, is.claim));
  }
  const namespaceOf = ({ namespace }: Manifest): string => {
    const [only, another] = [...(namespaces.get(namespace) ?? [])];
    return only === undefined || another !== undefined ? namespace : only;
  };
  const byKind =
    (name: (manifest: Manifest) => string | undefined, isOld: boolean): Key =>
    (manifest) => {
      const named = name(manifest);
      return named === undefined
        ? undefined
        : JSON.stringify([manifest.kind, isOld ? namespaceOf(manifest) : manifest.namespace, named]);
    };
  const both = (name: (manifest: Manifest) => string | undefined): void =>
    match(byKind(name, true), byKind(name, false));
  both(({ name }) => name || undefined);
  match(
    ({ kind, namespace, name }) => (kind === 'PersistentVolumeClaim' ? claims.get(place(namespace, name)) : undefined),
    ({ kind, namespace, name }) => (kind === 'PersistentVolumeClaim' ? place(namespace, name) : undefined),
  );
  both(({ name }) => (HASH.test(name) ? name.replace(HASH, '') : undefined));
  both((manifest) => (manifest.kind === 'Secret' || manifest.name === '' ? undefined : content(manifest)));
  both((manifest) => (isWorkload(manifest) ? undefined : componentLabel(manifest)));
  match(({ kind, name }) =>
    name === '' || kind === 'PersistentVolumeClaim' ? undefined : JSON.stringify([kind, name]),
  );
  return found;
}

function single(manifests: Iterable<Manifest>, keyOf: Key): Map<string, Manifest> {
  const found = new Map<string, Manifest | undefined>();
  for (const manifest of manifests) {
    const key = keyOf(manifest);
    if (key !== undefined) found.set(key, found.has(key) ? undefined : manifest);
  }
  return new Map([...found].filter((entry): entry is [string, Manifest] => entry[1] !== undefined));
}

function place(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function isWorkload(manifest: Manifest): boolean {
  return workloadOf(manifest) !== undefined;
}

/** The keys by which two workloads are the same, the surest first: they dump, restore or prove the same database. */
const PURPOSES: readonly ((one: Workload) => readonly string[])[] = [
  ({ manifest, server, database, folder }) => [manifest.namespace, server, database, folder],
  ({ manifest, server, database }) => [manifest.namespace, server, database],
  ({ manifest, claim, folder }) => [manifest.namespace, claim, folder],
  ({ manifest, server, database }) => [manifest.name, server, database],
  ({ server, database, folder }) => [server, database, folder],
];

function ofWorkload(purpose: (one: Workload) => readonly string[]): Key {
  return (manifest) => {
    const one = workloadOf(manifest);
    return one === undefined ? undefined : JSON.stringify([manifest.kind, one.component, ...purpose(one)]);
  };
}

/** The content of an object, without its name and namespace. */
function content({ object }: Manifest): string {
  return JSON.stringify({ ...object, metadata: undefined });
}
