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

/** The options of a plan, beside the two trees. */
export interface PlanOptions {
  /** The moment that the answers are for, in milliseconds since 1970. */
  readonly now: number;
  /** The dumps on the storage by folder. */
  readonly dumps?: ReadonlyMap<string, readonly StoredDump[]>;
  /** The size of a dump, in bytes, if the listing has none. */
  readonly dumpSize?: number;
  /** The duration of the last run, in seconds. */
  readonly lastRun?: number;
}

/** The facts of one of the two trees. */
export interface Side {
  readonly manifests: readonly Manifest[];
  readonly backups: readonly BackupWorkload[];
  readonly workloads: readonly Workload[];
  /** By namespace and name, see `claimKey`. */
  readonly claims: ReadonlyMap<string, Manifest>;
  readonly guards: readonly Guard[];
}

/** A workload before and after the change; one of the two is missing if it is new or gone. */
export interface Pair<T> {
  readonly before?: T;
  readonly after?: T;
}

/** The forecast of a backup's restore points, as far as its dumps are known. */
export interface BackupForecast extends Forecast {
  /** Whether a listing does not count, since it may be that of another backup's folder. */
  readonly isAmbiguous: boolean;
}

export interface BackupPair extends Pair<BackupWorkload> {
  /** The forecast of the restore points; undefined if the backup is new or gone. */
  readonly forecast?: BackupForecast;
}

/** The two trees side by side, from which the answers are made. */
export interface Comparison {
  /** The folder of the cluster, if there are several. */
  readonly cluster: string;
  readonly before: Side;
  readonly after: Side;
  /** The resources that differ. */
  readonly resources: readonly ResourceChange[];
  /** The backups that differ. */
  readonly backups: readonly BackupPair[];
  /** The workloads of this library that differ, backups included. */
  readonly workloads: readonly Pair<Workload>[];
  /** The options, without the dumps of ambiguous folders. */
  readonly options: PlanOptions;
  /** The folders of the listing that several claims have. */
  readonly ambiguous: ReadonlySet<string>;
  /** The guards in force when the merge is applied: a guard that is gone from Git stays until it is removed by hand. */
  readonly guards: readonly Guard[];
  /** The namespace to which the workloads of a namespace have moved. */
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

/** The forecast of the restore points of a backup, which may be the same before and after. */
export function forecastOf(before: BackupWorkload, after: BackupWorkload, { now, dumps }: PlanOptions): Forecast {
  return forecast(before, after, now, dumps?.get(before.folder), isOrphaned(before, after));
}

/** True if the dumps of a workload are in a place where it no longer looks. A claim belongs to one namespace. */
export function isOrphaned(before: Dumps, after: Dumps): boolean {
  return (
    before.claim !== after.claim ||
    before.folder !== after.folder ||
    before.manifest.namespace !== after.manifest.namespace
  );
}

/** The place of the dumps of a backup. */
type Dumps = Pick<BackupWorkload, 'manifest' | 'claim' | 'folder'>;

/** A folder of dumps, in words. */
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
