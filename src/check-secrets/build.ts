/** What a build of a folder yields. */
import type { FluxKustomization } from './flux-objects';
import type { PlacedManifest } from './placed-manifest';
import type { Secret, SecretManifest } from './secret-manifest';
import type { Place } from '../reports/findings';

/** Whether anything applies a folder, as far as the repo tells. */
export type Reach =
  | 'applied'
  /** The repo holds all that Flux applies, and it leads nowhere near. */
  | 'not-applied'
  /** There are Kustomizations of Flux, and none leads there; others may be elsewhere. */
  | 'unknown'
  /** A kustomization.yaml above the file does not list it. */
  | 'not-listed';

/** A Secret as a cluster gets it. */
export interface AppliedSecret extends Secret {
  /** Its name in Git; that of the generator, for one that is generated. */
  readonly nameInGit: string;
  /** The Secret in Git that it comes from; undefined for one that is generated. */
  readonly source: SecretManifest | undefined;
  /** Whether its namespace could not be told. */
  readonly isAnywhere: boolean;
  /** Whether a patch brings the metadata of another encrypted file. */
  readonly isMixed: boolean;
  /** The annotation that keeps Flux from it, e.g. `kustomize.toolkit.fluxcd.io/reconcile: disabled`. */
  readonly exclusion?: string;
  readonly build: Build;
}

/** What a folder of the repo becomes in a cluster. */
export interface Build {
  readonly folder: string;
  /** What has it applied; undefined where the repo does not tell. */
  readonly flux: FluxKustomization | undefined;
  /** The kustomization.yaml that is built; undefined where the files are applied as they are. */
  readonly kustomization: string | undefined;
  /** All files that belong to it. */
  readonly files: ReadonlySet<string>;
  readonly secrets: readonly AppliedSecret[];
  readonly manifests: readonly PlacedManifest[];
  /** Why it was not built, and the files were taken as they are. */
  readonly failure: 'broken' | 'no kustomize' | undefined;
  readonly remote: readonly { readonly entry: string; readonly place: Place }[];
  /** Whether any object but a Secret has this text as a value. */
  mentions(text: string): boolean;
  reach: Reach;
  /** The folder of the cluster that it is for; undefined where the repo does not tell. */
  cluster: string | undefined;
}
