/** An object of the repo, and its place in it. */
import type { Manifest } from '../manifests/manifest';
import type { Place } from '../reports/findings';

export interface PlacedManifest extends Manifest {
  readonly place: Place;
}
