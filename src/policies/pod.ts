import type { Level } from '../reports/level';
import { at, type Manifest, type Value } from '../manifests/manifest';
import { containersOf, podSpecPath, type Container } from '../manifests/workload';
import type { Policy, Violation } from './policy';

type Path = readonly (string | number)[];

/** The pods of an object of any kind. */
export interface Pod {
  readonly manifest: Manifest;
  /** The path to the spec. */
  readonly path: Path;
  readonly spec: Value;
  /** The path to the metadata of the pods. */
  readonly metadataPath: Path;
  /** The init, main and ephemeral containers. */
  readonly containers: readonly Container[];
}

/** The pods of each object, remembered, since every policy asks for them. */
const pods = new WeakMap<Manifest, { readonly pod: Pod | undefined }>();

export function podOf(manifest: Manifest): Pod | undefined {
  let known = pods.get(manifest);
  if (known === undefined) {
    known = { pod: readPod(manifest) };
    pods.set(manifest, known);
  }
  return known.pod;
}

function readPod(manifest: Manifest): Pod | undefined {
  const path = podSpecPath(manifest);
  if (path === undefined) return undefined;
  return {
    manifest,
    path,
    spec: at(manifest.object, ...path),
    metadataPath: [...path.slice(0, -1), 'metadata'],
    containers: containersOf(manifest),
  };
}

/** A policy for every pod, from any source. */
export function podPolicy(
  policy: Omit<Policy, 'check' | 'level'> & { readonly level?: Level },
  check: (pod: Pod) => readonly Violation[],
): Policy {
  return {
    level: 'error',
    ...policy,
    check: (manifest) => {
      const pod = podOf(manifest);
      return pod === undefined ? [] : check(pod);
    },
  };
}

/** A value with the path to it. */
export interface Field {
  readonly path: Path;
  readonly value: Value;
}

/** A field of the pod itself. */
export function podField({ path, spec }: Pod, ...keys: Path): Field {
  return { path: [...path, ...keys], value: at(spec, ...keys) };
}

/** A field of every container. */
export function containerFields({ containers }: Pod, ...keys: Path): Field[] {
  return containers.map(({ path, value }) => ({ path: [...path, ...keys], value: at(value, ...keys) }));
}

/** A field of the security contexts of the pod and of every container. */
export function contextFields(pod: Pod, ...keys: Path): Field[] {
  return [podField(pod, 'securityContext', ...keys), ...containerFields(pod, 'securityContext', ...keys)];
}

/** The entries of a list in the pod or a container, if there are any. */
export function entries({ path, value }: Field): Field[] {
  return Array.isArray(value) ? value.map((entry: Value, index) => ({ path: [...path, index], value: entry })) : [];
}

/** True if a field is missing, which YAML can also write as null. */
export function isAbsent(value: Value): value is null | undefined {
  return value === undefined || value === null;
}

/** The findings on a field that a container may leave to its pod. */
export interface Inherited {
  /** Values that are set and not allowed. */
  readonly refused: readonly Field[];
  /** Fields of containers that neither they nor the pod set. */
  readonly missing: readonly Field[];
}

/** Examines a field of the pod's security context, which counts for each container that does not set it. */
export function inherited(pod: Pod, keys: Path, isAllowed: (value: Value) => boolean): Inherited {
  const [ofPod, ...ofContainers] = contextFields(pod, ...keys) as [Field, ...Field[]];
  return {
    refused: [ofPod, ...ofContainers].filter(({ value }) => !isAbsent(value) && !isAllowed(value)),
    missing: isAbsent(ofPod.value) ? ofContainers.filter(({ value }) => isAbsent(value)) : [],
  };
}
