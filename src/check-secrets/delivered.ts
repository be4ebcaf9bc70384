/** The Secrets that the builds of a repo deliver into its clusters, and objects that make Secrets there. */
import type { AppliedSecret, Build } from './build';
import type { GitContent } from './git-content';
import { promisesOf, type PromisedSecret } from './secret-makers';
import { unbuilt, type NotBuilt } from './unbuilt';
import { substituted } from './substitution';
import type { Place } from '../reports/findings';

/** A Secret that an object of the repo promises. */
export interface Promise {
  readonly promised: PromisedSecret;
  readonly maker: string;
  readonly namespace: string | undefined;
  readonly place: Place;
  readonly build: Build;
}

/** The facts with which the expected Secrets are compared. */
export interface Delivered {
  readonly git: GitContent;
  readonly builds: readonly Build[];
  readonly secrets: readonly AppliedSecret[];
  readonly promises: readonly Promise[];
  readonly notBuilt: readonly NotBuilt[];
  /** The names of all expected Secrets. */
  readonly names: readonly string[];
}

export function deliveredBy(git: GitContent, builds: readonly Build[], names: readonly string[]): Delivered {
  return {
    ...{ git, builds, names },
    secrets: builds.flatMap((build) => build.secrets),
    promises: builds.flatMap((build) => promisesIn(git, build)),
    notBuilt: builds.flatMap((build) => unbuilt(git, build, names)),
  };
}

function promisesIn(git: GitContent, build: Build): Promise[] {
  return build.manifests.flatMap((manifest) =>
    promisesOf(manifest).map((promised) => ({
      promised: { ...promised, name: substituted(git, promised.name, build.flux) },
      maker: `${manifest.kind} ${manifest.name}`,
      namespace: manifest.namespace === '' ? undefined : substituted(git, manifest.namespace, build.flux),
      place: manifest.place,
      build,
    })),
  );
}
