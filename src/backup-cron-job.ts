import { Cron, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { IBackupStorage } from './backup-pvc';
import { Compression } from './compression';
import { env, PodOptions } from './hardened-pod';
import { InvalidPropError } from './invalid';
import { PostgresDatabase } from './postgres';
import { Retention } from './retention';
import { shortestInterval } from './schedule';
import { checkFolder, ScriptCronJob } from './script-cron-job';

/** Where the dumps of a database are. A `BackupCronJob` is one. */
export interface IBackup {
  /** The database that was dumped. */
  readonly database: PostgresDatabase;
  /** The claim that holds the dumps. */
  readonly storage: IBackupStorage;
  /**
   * Folder of the dumps on the claim, and the first part of their names.
   * @default - the database's name, percent-encoded where it has characters that need quoting in a shell
   */
  readonly folder?: string;
}

export interface BackupCronJobProps extends IBackup, PodOptions {
  /** Name of the CronJob, up to 52 characters. */
  readonly name: string;
  /** When a dump begins. */
  readonly schedule: Cron;
  /** Which dumps stay. */
  readonly retention: Retention;
  /**
   * Time zone of the schedule, a name of the tz database.
   * @default 'Etc/UTC'
   */
  readonly timeZone?: string;
  /**
   * Whether the schedule is stopped. Backups on demand still run. Suspend here and not with kubectl, which Flux reverts.
   * @default false
   */
  readonly suspend?: boolean;
  /**
   * Time after which a run is ended, its retries included. At most the shortest interval of the schedule.
   * @default - 6 hours, or the shortest interval of the schedule if that is less
   */
  readonly deadline?: Duration;
  /**
   * How late a run may begin when the cluster could not begin it in time. At least 10 seconds.
   * @default - 1 hour, or the shortest interval of the schedule if that is less
   */
  readonly startingDeadline?: Duration;
  /**
   * How many successful Jobs, with their logs, stay.
   * @default 7
   */
  readonly successfulJobsHistoryLimit?: number;
  /**
   * How many failed Jobs, with their logs, stay.
   * @default 7
   */
  readonly failedJobsHistoryLimit?: number;
  /**
   * How dumps are compressed.
   * @default - zstd level 1 where the image has it (PostgreSQL 16), gzip level 6 elsewhere
   */
  readonly compression?: Compression;
}

/** Dumps a database on a schedule, proves each dump, and removes those that the retention does not want. */
export class BackupCronJob extends Construct implements IBackup {
  public readonly database: PostgresDatabase;
  public readonly storage: IBackupStorage;
  public readonly folder: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupCronJobProps) {
    super(scope, id);
    const { database, retention, schedule } = props;
    this.database = database;
    this.storage = props.storage;
    this.folder = checkFolder('backupCronJob', database, props.folder);
    const compression = props.compression ?? database.image.bestCompression;
    compression.checkSupportedBy(database.image.majorVersion);
    new ScriptCronJob(this, 'workload', {
      ...props,
      noun: 'backupCronJob',
      component: 'backup',
      script: 'backup.sh',
      folder: this.folder,
      timeZone: props.timeZone ?? 'Etc/UTC',
      suspend: props.suspend ?? false,
      deadline: withinInterval('deadline', schedule, props.deadline, Duration.hours(6), 60),
      startingDeadline: withinInterval('startingDeadline', schedule, props.startingDeadline, Duration.hours(1), 10),
      successfulJobsHistoryLimit: props.successfulJobsHistoryLimit ?? 7,
      failedJobsHistoryLimit: props.failedJobsHistoryLimit ?? 7,
      backoffLimit: 2,
      env: [
        env('COMPRESSION', compression.optionFor(database.image.majorVersion)),
        env('KEEP_LAST', retention.last),
        env('KEEP_DAILY', retention.daily),
        env('KEEP_WEEKLY', retention.weekly),
        env('KEEP_MONTHLY', retention.monthly),
        env('KEEP_YEARLY', retention.yearly),
      ],
    });
  }
}

/** A run that may last longer than the interval would make the next one wait, or be left out. */
function withinInterval(
  property: string, schedule: Cron, chosen: Duration | undefined, usual: Duration, leastSeconds: number,
): Duration {
  const interval = shortestInterval('backupCronJob.schedule', schedule);
  if (chosen === undefined) {
    return usual.toSeconds() < interval.toSeconds() ? usual : interval;
  }
  const seconds = chosen.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < leastSeconds) {
    throw new InvalidPropError(`backupCronJob.${property}`, `${seconds} seconds`,
      `must be a whole number of seconds, at least ${leastSeconds}`, `Leave it out for ${usual.toHumanString()}`);
  }
  if (seconds > interval.toSeconds()) {
    throw new InvalidPropError(`backupCronJob.${property}`, chosen.toHumanString(),
      `is longer than the shortest interval of the schedule "${schedule.expressionString}", ${interval.toHumanString()}`,
      'Shorten it, or run less often: a late run makes Kubernetes leave out the next one');
  }
  return chosen;
}
