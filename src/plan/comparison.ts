import { backupWorkload, type BackupWorkload } from '../manifests/backup-workload';
import type { Manifest } from '../manifests/manifest';
import type { Level } from '../reports/level';
import type { Change, ChangeId } from './change';
import type { StoredDump } from './listing';
import { resourceName, type ResourceChange } from './resources';
import { forecast, type Forecast } from './restore-points';
import { workloadOf, type Workload } from './planned-workload';

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
}

export function comparison(
  before: readonly Manifest[],
  after: readonly Manifest[],
  resources: readonly ResourceChange[],
  given: PlanOptions,
): Comparison {
  const [old, current] = [side(before), side(after)];
  const ambiguous = new Set(
    [...(given.dumps?.keys() ?? [])].filter((folder) => isOfSeveral(folder, old) || isOfSeveral(folder, current)),
  );
  const options = {
    ...given,
    ...(given.dumps && { dumps: new Map([...given.dumps].filter(([folder]) => !ambiguous.has(folder))) }),
  };
  const backups = renamedTogether(
    resources
      .map((change) => ({
        before: change.before && backupWorkload(change.before),
        after: change.after && backupWorkload(change.after),
      }))
      .filter((pair) => pair.before !== undefined || pair.after !== undefined),
  );
  return {
    before: old,
    after: current,
    resources,
    options,
    ambiguous,
    backups: backups.map((pair) => ({
      ...pair,
      ...(pair.before &&
        pair.after && {
          forecast: { ...forecastOf(pair.before, pair.after, options), isAmbiguous: ambiguous.has(pair.before.folder) },
        }),
    })),
    workloads: resources
      .map((change) => ({
        before: change.before && workloadOf(change.before),
        after: change.after && workloadOf(change.after),
      }))
      .filter((pair) => pair.before !== undefined || pair.after !== undefined),
  };
}

/** A listing names its dumps by the folder alone. */
function isOfSeveral(folder: string, { backups }: Side): boolean {
  return (
    new Set(
      backups
        .filter((backup) => backup.folder === folder)
        .map(({ manifest, claim }) => claimKey(manifest.namespace, claim)),
    ).size > 1
  );
}

/** What becomes of the restore points of a backup that may be the same before and after. */
export function forecastOf(before: BackupWorkload, after: BackupWorkload, { now, dumps }: PlanOptions): Forecast {
  return forecast(before, after, now, dumps?.get(before.folder), isOrphaned(before, after));
}

/** Whether the dumps of a backup are where it does not look for them any more. Both are of one namespace. */
export function isOrphaned(before: BackupWorkload, after: BackupWorkload): boolean {
  return before.claim !== after.claim || before.folder !== after.folder;
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
    backups: found(backupWorkload),
    workloads: found(workloadOf),
    claims: new Map(
      manifests
        .filter(({ kind }) => kind === 'PersistentVolumeClaim')
        .map((claim) => [claimKey(claim.namespace, claim.name), claim]),
    ),
  };
}

/** A backup that is gone and one that is new are the same one under another name when they are of the same database. */
function renamedTogether(pairs: readonly Pair<BackupWorkload>[]): Pair<BackupWorkload>[] {
  const target = ({ manifest, server, database }: BackupWorkload): string =>
    JSON.stringify([manifest.namespace, server, database]);
  const gone = new Map(
    pairs.filter(({ after }) => after === undefined).map(({ before }) => [target(before!), before!]),
  );
  const renamed = new Set<BackupWorkload>();
  const joined = pairs.map((pair) => {
    const before = pair.before === undefined && pair.after !== undefined ? gone.get(target(pair.after)) : undefined;
    if (before === undefined || renamed.has(before)) return pair;
    renamed.add(before);
    return { before, after: pair.after };
  });
  return joined.filter(({ before, after }) => after !== undefined || !renamed.has(before!));
}
