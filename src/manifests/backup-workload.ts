import { number, text, at, type Manifest } from './manifest';
import { claimOf, componentOf, containersOf, environmentOf, folderOf } from './workload';
import { RECOVERY_WINDOW, SERVER_VERSION } from '../kubernetes/annotations';
import type { RetentionCounts } from '../backup/kept-dumps';

/** The facts of a backup, read back from the CronJob that a `BackupCronJob` made. */
export interface BackupWorkload {
  readonly manifest: Manifest;
  readonly schedule: string;
  readonly timeZone: string;
  readonly isSuspended: boolean;
  /** Seconds. */
  readonly deadline: number | undefined;
  /** Seconds. */
  readonly startingDeadline: number | undefined;
  readonly retention: RetentionCounts;
  /** The time for which each dump is held in spite of the retention, e.g. `P30D`; empty for no hold. */
  readonly hold: string;
  /** The declared recovery window, in days. */
  readonly recoveryWindow: number | undefined;
  /** The declared major version of the server. */
  readonly serverVersion: number | undefined;
  readonly image: string;
  readonly server: string;
  readonly database: string;
  readonly claim: string;
  /** The folder on the claim. */
  readonly folder: string;
}

/** The facts of a backup from its manifest; undefined for every other object. */
export function backupWorkload(manifest: Manifest): BackupWorkload | undefined {
  if (manifest.kind !== 'CronJob' || componentOf(manifest) !== 'backup') return undefined;
  const { object } = manifest;
  const env = environmentOf(manifest);
  const keep = (rule: string): number => Number(env.get(`KEEP_${rule}`) ?? 0) || 0;
  const annotation = (name: string): string | undefined => text(object, 'metadata', 'annotations', name);
  const days = /^P(\d+)D$/.exec(annotation(RECOVERY_WINDOW) ?? '')?.[1];
  const version = annotation(SERVER_VERSION);
  return {
    manifest,
    schedule: text(object, 'spec', 'schedule') ?? '',
    timeZone: text(object, 'spec', 'timeZone') ?? 'Etc/UTC',
    isSuspended: at(object, 'spec', 'suspend') === true,
    deadline: number(object, 'spec', 'jobTemplate', 'spec', 'activeDeadlineSeconds'),
    startingDeadline: number(object, 'spec', 'startingDeadlineSeconds'),
    retention: {
      last: keep('LAST'),
      daily: keep('DAILY'),
      weekly: keep('WEEKLY'),
      monthly: keep('MONTHLY'),
      yearly: keep('YEARLY'),
      within: keep('WITHIN_DAYS'),
    },
    hold: env.get('BACKUP_HOLD') ?? '',
    recoveryWindow: days === undefined ? undefined : Number(days),
    serverVersion: version === undefined ? undefined : Number(version),
    image:
      containersOf(manifest)
        .map(({ value }) => text(value, 'image'))
        .at(-1) ?? '',
    server: `${env.get('PGHOST') ?? ''}:${env.get('PGPORT') ?? ''}`,
    database: env.get('PGDATABASE') ?? '',
    claim: claimOf(manifest),
    folder: folderOf(env),
  };
}
