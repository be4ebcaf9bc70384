import { number, text, at, type Manifest } from './manifest';
import { claimOf, componentOf, containersOf, environmentOf, folderOf } from './workload';
import { RECOVERY_WINDOW, SERVER_VERSION } from '../kubernetes/annotations';
import type { RetentionCounts } from '../backup/kept-dumps';

/** What a CronJob that a `BackupCronJob` made says of its backups, read back from its manifest. */
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
  /** For how long each dump is held, e.g. `P30D`, whatever the retention says; empty for no hold. */
  readonly hold: string;
  /** Days, where a recovery window is declared. */
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

/** The backup that a manifest is of; undefined for every other object. */
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
