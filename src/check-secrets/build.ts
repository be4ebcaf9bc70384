/** The result of a build of a folder. */
import type { FluxKustomization } from './flux-objects';
import type { PlacedManifest } from './placed-manifest';
import type { Secret, SecretManifest } from './secret-manifest';
import type { Place } from '../reports/findings';

/** The way in which a folder is applied, as far as the repo tells. */
export type Reach =
  | 'applied'
  /** The repo has the first Kustomization of Flux, and none leads there. */
  | 'not-applied'
  /** The repo has Kustomizations of Flux, and none leads there. Others may be elsewhere. */
  | 'unknown'
  /** A kustomization.yaml above the file does not list it. */
  | 'not-listed';

/** A Secret, as a cluster gets it. */
export interface AppliedSecret extends Secret {
  /** Its name in Git; for a generated Secret, that of the generator. */
  readonly nameInGit: string;
  /** The Secret in Git that it comes from; undefined for a generated Secret. */
  readonly source: SecretManifest | undefined;
  /** Whether its namespace is unknown. */
  readonly isAnywhere: boolean;
  /** Whether a patch brings the metadata of another encrypted file. */
  readonly isMixed: boolean;
  /** The annotation that keeps Flux from it, e.g. `kustomize.toolkit.fluxcd.io/reconcile: disabled`. */
  readonly exclusion?: string;
  readonly build: Build;
}

/** A folder of the repo, with the objects that a cluster gets from it. */
export interface Build {
  readonly folder: string;
  /** The Kustomization of Flux that applies it; undefined if the repo does not tell. */
  readonly flux: FluxKustomization | undefined;
  /** The kustomization.yaml that is built; undefined if the files are applied as they are. */
  readonly kustomization: string | undefined;
  /** All files that belong to it. */
  readonly files: ReadonlySet<string>;
  readonly secrets: readonly AppliedSecret[];
  readonly manifests: readonly PlacedManifest[];
  /** The reason why it was not built, and its files were taken as they are. */
  readonly failure: 'broken' | 'no kustomize' | undefined;
  readonly remote: readonly { readonly entry: string; readonly place: Place }[];
  /** Returns true if any object but a Secret has this text as a value. */
  mentions(text: string): boolean;
  reach: Reach;
  /** The folder of its cluster; undefined if the repo does not tell. */
  cluster: string | undefined;
}
