import { at, number, text, type Manifest } from './manifest';
import { claimOf, componentLabel, environmentOf, folderOf, secretVariablesOf } from './workload';

/** The facts of copies, read back from the CronJob that an `OffsiteCopy` made. */
export interface CopyWorkload {
  readonly manifest: Manifest;
  readonly schedule: string;
  readonly timeZone: string;
  readonly isSuspended: boolean;
  /** Seconds. */
  readonly startingDeadline: number | undefined;
  readonly claim: string;
  /** The folder on the claim. */
  readonly folder: string;
  readonly place: CopyPlace;
  /** The number of copies that each rule keeps, by its variable; empty if copies are not removed. */
  readonly retention: ReadonlyMap<string, number>;
  /** The variables that come from secrets, with the secret and the key. */
  readonly secretVariables: ReadonlyMap<string, string>;
}

/** The place of copies. */
export interface CopyPlace {
  readonly endpoint: string;
  /** The bucket and the folder. */
  readonly path: string;
  readonly isEncrypted: boolean;
}

/** The facts of copies from their manifest; undefined for every other object. */
export function copyWorkload(manifest: Manifest): CopyWorkload | undefined {
  if (manifest.kind !== 'CronJob' || componentLabel(manifest) !== 'offsite') return undefined;
  const env = environmentOf(manifest);
  const place = placeOf(env);
  if (place === undefined) return undefined;
  const { object } = manifest;
  return {
    manifest,
    schedule: text(object, 'spec', 'schedule') ?? '',
    timeZone: text(object, 'spec', 'timeZone') ?? 'Etc/UTC',
    isSuspended: at(object, 'spec', 'suspend') === true,
    startingDeadline: number(object, 'spec', 'startingDeadlineSeconds'),
    claim: claimOf(manifest),
    folder: folderOf(env),
    place,
    retention: new Map(
      [...env].flatMap(([name, value]): [string, number][] =>
        name.startsWith('KEEP_') ? [[name.replace('KEEP_', ''), Number(value) || 0]] : [],
      ),
    ),
    secretVariables: secretVariablesOf(manifest),
  };
}

/** The place of the copies of a copy, a restore or a drill; undefined if it has none. */
export function copyPlace(manifest: Manifest): CopyPlace | undefined {
  return placeOf(environmentOf(manifest));
}

function placeOf(env: ReadonlyMap<string, string>): CopyPlace | undefined {
  const [endpoint, path] = [env.get('OFFSITE_ENDPOINT'), env.get('OFFSITE_PATH')];
  return endpoint === undefined || path === undefined
    ? undefined
    : { endpoint, path, isEncrypted: env.get('OFFSITE_ENCRYPTION') !== 'none' };
}

export function isSamePlace(one: CopyPlace | undefined, other: CopyPlace | undefined): boolean {
  return one?.endpoint === other?.endpoint && one?.path === other?.path;
}
