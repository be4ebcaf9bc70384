/** The facts of a Kustomization of Flux, or of an object that stands for one, about the folder that it applies. */
import { posix } from 'node:path';
import type { PlacedManifest } from './placed-manifest';
import { at, list, text, type Value } from '../manifests/manifest';
import type { Place } from '../reports/findings';

/** Text in a file that may have Flux apply a folder. */
export const FLUX = /kustomize\.toolkit\.fluxcd\.io|FluxInstance/;

/** A Kustomization of Flux, or another object that has Flux apply a folder of this repo. */
export interface FluxKustomization {
  /** `Kustomization flux-system/apps`. */
  readonly name: string;
  readonly namespace: string;
  /** Its place in the repo. */
  readonly place: Place;
  /** The folder that it applies, from the root of the repo. */
  readonly path: string;
  readonly decrypts: boolean;
  /** Whether the decryption names the Secret with the key; true if the repo does not tell. */
  readonly hasKey: boolean;
  readonly isSuspended: boolean;
  readonly spec: Value;
}

/** The fields that Flux adds to the kustomization.yaml of the folder. */
export interface Additions {
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly patches: readonly Value[];
  readonly components: readonly Value[];
}

/** @returns undefined for any other object */
export function fluxKustomization(manifest: PlacedManifest): FluxKustomization | undefined {
  const { apiVersion, kind, namespace, name, object, place } = manifest;
  const known = { name: `${kind} ${namespace}/${name}`, namespace, place };
  if (kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) {
    const spec = at(object, 'spec');
    return {
      ...known,
      path: folder(text(spec, 'path')),
      decrypts: text(spec, 'decryption', 'provider') === 'sops',
      hasKey: Boolean(text(spec, 'decryption', 'secretRef', 'name')),
      isSuspended: at(spec, 'suspend') === true,
      spec,
    };
  }
  const sync = kind === 'FluxInstance' ? at(object, 'spec', 'sync') : undefined;
  if (typeof sync !== 'object' || sync === null) return undefined;
  // Its operator makes a Kustomization, which decrypts only by patches of the FluxInstance.
  const patched = JSON.stringify(at(object, 'spec', 'kustomize') ?? null).includes('decryption');
  const path = folder(text(sync, 'path'));
  return { ...known, path, decrypts: patched, hasKey: true, isSuspended: false, spec: {} };
}

/** True if an object has Flux apply its own folder. */
export function leadsToItself(manifest: PlacedManifest): boolean {
  const path = fluxKustomization(manifest)?.path;
  return path === '.' || (path !== undefined && manifest.file.startsWith(`${path}/`));
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
