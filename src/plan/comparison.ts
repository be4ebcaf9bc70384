import { backupWorkload, type BackupWorkload } from '../manifests/backup-workload';
import type { Manifest } from '../manifests/manifest';
import type { Level } from '../reports/level';
import type { Change, ChangeId } from './change';
import type { StoredDump } from './listing';
import { guardsOf, type Guard } from './guarded';
import { resourceName, type ResourceChange } from './resources';
import { forecast, type Forecast } from './restore-points';
import { workloadOf, type Workload } from './planned-workload';
import { name } from './words';

/** What a plan is told beside the two trees. */
export interface PlanOptions {
  /** The moment that the answers are for, in milliseconds since 1970. */
  readonly now: number;
  /** The dumps on the storage by folder. */
  readonly dumps?: ReadonlyMap<string, readonly StoredDump[]>;
  /** The size of a dump, in bytes, where the listing has none. */
  readonly dumpSize?: number;
  /** How long the last run took, in seconds. */
  readonly lastRun?: number;
}

/** What one of the two trees has. */
export interface Side {
  readonly manifests: readonly Manifest[];
  readonly backups: readonly BackupWorkload[];
  readonly workloads: readonly Workload[];
  /** By namespace and name, see `claimKey`. */
  readonly claims: ReadonlyMap<string, Manifest>;
  readonly guards: readonly Guard[];
}

/** A workload before and after; one of them is missing where it is new or gone. */
export interface Pair<T> {
  readonly before?: T;
  readonly after?: T;
}

/** What becomes of the restore points of a backup, as far as its dumps are known. */
export interface BackupForecast extends Forecast {
  /** Whether there is a listing that may be of another backup's folder, and so does not count. */
  readonly isAmbiguous: boolean;
}

export interface BackupPair extends Pair<BackupWorkload> {
  /** What becomes of the restore points; undefined where a backup is new or gone. */
  readonly forecast?: BackupForecast;
}

/** The two trees side by side: what the answers are made from. */
export interface Comparison {
  /** The folder of the cluster, where there are several. */
  readonly cluster: string;
  readonly before: Side;
  readonly after: Side;
  /** What differs. */
  readonly resources: readonly ResourceChange[];
  /** The backups that differ. */
  readonly backups: readonly BackupPair[];
  /** The workloads of this library that differ, backups included. */
  readonly workloads: readonly Pair<Workload>[];
  /** The dumps without those of folders of which there are several. */
  readonly options: PlanOptions;
  /** The folders of the listing that several claims have. */
  readonly ambiguous: ReadonlySet<string>;
  /** The guards that hold when the merge is applied: one that is gone from Git holds until it is removed by hand. */
  readonly guards: readonly Guard[];
  /** By a namespace, the one that its workloads have moved to. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** @param ambiguous the folders of the listing that several claims have, see `ambiguousFolders` */
export function comparison(
  cluster: string,
  before: readonly Manifest[],
  after: readonly Manifest[],
  resources: readonly ResourceChange[],
  given: PlanOptions,
  ambiguous: ReadonlySet<string>,
): Comparison {
  const options = {
    ...given,
    ...(given.dumps && { dumps: new Map([...given.dumps].filter(([folder]) => !ambiguous.has(folder))) }),
  };
  const pairs = <T>(read: (manifest: Manifest) => T | undefined): Pair<T>[] =>
    resources
      .map((resource) => ({
        before: resource.before && read(resource.before),
        after: resource.after && read(resource.after),
      }))
      .filter((pair) => pair.before !== undefined || pair.after !== undefined);
  const [old, current] = [side(before), side(after)];
  const workloads = pairs(workloadOf);
  return {
    cluster,
    before: old,
    after: current,
    guards: [
      ...current.guards,
      ...old.guards.filter(({ manifest }) => !current.guards.some((guard) => guard.manifest.name === manifest.name)),
    ],
    namespaces: new Map(
      workloads.flatMap(({ before: was, after: is }) =>
        was && is && was.manifest.namespace !== is.manifest.namespace
          ? [[was.manifest.namespace, is.manifest.namespace] as const]
          : [],
      ),
    ),
    resources,
    options,
    ambiguous,
    backups: pairs(backupWorkload).map((pair) => ({
      ...pair,
      ...(pair.before &&
        pair.after && {
          forecast: { ...forecastOf(pair.before, pair.after, options), isAmbiguous: ambiguous.has(pair.before.folder) },
        }),
    })),
    workloads,
  };
}

/**
 * The folders of a listing that several claims have: a listing names its dumps by the folder alone.
 * @param trees the manifests of each cluster, of one tree after the other
 */
export function ambiguousFolders(
  dumps: PlanOptions['dumps'],
  trees: readonly (readonly (readonly Manifest[])[])[],
): ReadonlySet<string> {
  if (dumps === undefined) return new Set();
  const several = trees.flatMap((tree) => {
    const claims = new Map<string, Set<string>>();
    for (const [cluster, manifests] of tree.entries())
      for (const manifest of manifests) {
        const backup = backupWorkload(manifest);
        if (backup === undefined) continue;
        const known = claims.get(backup.folder) ?? new Set();
        claims.set(backup.folder, known.add(`${cluster} ${claimKey(manifest.namespace, backup.claim)}`));
      }
    return [...claims].filter(([, known]) => known.size > 1).map(([folder]) => folder);
  });
  return new Set(several.filter((folder) => dumps.has(folder)));
}

/** What becomes of the restore points of a backup that may be the same before and after. */
export function forecastOf(before: BackupWorkload, after: BackupWorkload, { now, dumps }: PlanOptions): Forecast {
  return forecast(before, after, now, dumps?.get(before.folder), isOrphaned(before, after));
}

/** Whether the dumps of a workload are where it does not look for them any more. A claim is of one namespace. */
export function isOrphaned(before: Dumps, after: Dumps): boolean {
  return (
    before.claim !== after.claim ||
    before.folder !== after.folder ||
    before.manifest.namespace !== after.manifest.namespace
  );
}

/** The place of the dumps of a backup. */
type Dumps = Pick<BackupWorkload, 'manifest' | 'claim' | 'folder'>;

/** A folder of dumps, for people. */
export function dumpsOf({ manifest, claim, folder }: Dumps): string {
  return `${name(folder)} on the claim ${manifest.namespace === '' ? '' : `${name(manifest.namespace)}/`}${name(claim)}`;
}

export function claimKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function change(
  id: ChangeId,
  level: Level,
  resource: Manifest,
  title: string,
  details: readonly string[] = [],
  items?: readonly string[],
): Change {
  return { id, level, resources: [resourceName(resource)], title, details, ...(items !== undefined && { items }) };
}

function side(manifests: readonly Manifest[]): Side {
  const found = <T>(read: (manifest: Manifest) => T | undefined): T[] =>
    manifests.map(read).filter((value) => value !== undefined) as T[];
  return {
    manifests,
    guards: guardsOf(manifests),
    backups: found(backupWorkload),
    workloads: found(workloadOf),
    claims: new Map(
      manifests
        .filter(({ kind }) => kind === 'PersistentVolumeClaim')
        .map((claim) => [claimKey(claim.namespace, claim.name), claim]),
    ),
  };
}
