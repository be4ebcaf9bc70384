import { posix } from 'node:path';
import { at, list, text, type Manifest, type Value } from '../manifests/manifest';
import type { Place } from '../reports/findings';

/** A Kustomization of Flux, or what else has Flux apply a folder of this repo. */
export interface FluxKustomization {
  /** `Kustomization flux-system/apps`. */
  readonly name: string;
  readonly namespace: string;
  /** Its place in the repo. */
  readonly place: Place;
  /** What it applies, from the root of the repo. */
  readonly path: string;
  readonly decrypts: boolean;
  readonly spec: Value;
}

/** What Flux adds to the kustomization.yaml of the folder. */
export interface Additions {
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly patches: readonly Value[];
  readonly components: readonly Value[];
}

/** @returns undefined for any other object */
export function fluxKustomization(manifest: Manifest, place: Place): FluxKustomization | undefined {
  const { apiVersion, kind, namespace, name, object } = manifest;
  const known = { name: `${kind} ${namespace}/${name}`, namespace, place };
  if (kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) {
    const spec = at(object, 'spec');
    return {
      ...known,
      path: folder(text(spec, 'path')),
      decrypts: text(spec, 'decryption', 'provider') === 'sops',
      spec,
    };
  }
  const sync = kind === 'FluxInstance' ? at(object, 'spec', 'sync') : undefined;
  if (typeof sync !== 'object' || sync === null) return undefined;
  // Its operator makes a Kustomization that nothing but patches of its own can let decrypt.
  const patched = JSON.stringify(at(object, 'spec', 'kustomize') ?? null).includes('decryption');
  return { ...known, path: folder(text(sync, 'path')), decrypts: patched, spec: {} };
}

function folder(path = '.'): string {
  return posix.join('.', path.replace(/^\/+/, '')).replace(/\/$/, '');
}

export function additionsOf({ spec }: FluxKustomization): Additions {
  return {
    namespace: text(spec, 'targetNamespace'),
    namePrefix: text(spec, 'namePrefix'),
    nameSuffix: text(spec, 'nameSuffix'),
    patches: list(spec, 'patches'),
    components: list(spec, 'components'),
  };
}

export function addsNothing({ namespace, namePrefix, nameSuffix, patches, components }: Additions): boolean {
  return [namespace, namePrefix, nameSuffix].every((one) => !one) && patches.length + components.length === 0;
}

const VARIABLE = /\$\{([_a-zA-Z][_a-zA-Z0-9]*)(?::?([-=])([^}]*))?\}/g;

/**
 * A name with the variables that Flux replaces after the build; the others stay.
 * @param configMap the data of a ConfigMap in the repo, by namespace and name
 */
export function substituted(
  name: string,
  { spec, namespace }: FluxKustomization,
  configMap: (namespace: string, name: string) => Value,
): string {
  const postBuild = at(spec, 'postBuild');
  if (!name.includes('${') || postBuild === undefined || postBuild === null) return name;
  const sources = list(postBuild, 'substituteFrom').map((source) =>
    text(source, 'kind') === 'ConfigMap' ? configMap(namespace, text(source, 'name') ?? '') : undefined,
  );
  // What is spelled out counts more than any source, and the last source more than those before.
  const known = [at(postBuild, 'substitute'), ...sources.reverse()];
  const isComplete = known.every((values) => values !== undefined) || sources.length === 0;
  return name.replace(VARIABLE, (whole, variable: string, _, byDefault: string | undefined) => {
    const value = known.map((values) => at(values, variable)).find((one) => one !== undefined && one !== null);
    if (value !== undefined) return String(value as string);
    return isComplete && byDefault !== undefined ? byDefault : whole;
  });
}
