import { Cron, Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { RECOVERY_WINDOW } from '../kubernetes/annotations';
import { IBackup } from './backup';
import { BackupFormat } from './backup-format';
import { IBackupStorage } from './backup-pvc';
import { bestCompression, Compression, compressionOption } from './compression';
import { env, secretEnv } from '../workload/environment';
import { SecretKey } from '../secrets/secret-key';
import { PodOptions, podOptions } from '../workload/pod-options';
import { checkDays, checkDuration, InvalidPropError } from '../errors';
import { PostgresDatabase } from '../database/postgres-database';
import { RestoreCheck } from '../restore/restore-check';
import { Retention } from './retention';
import { retentionEnv } from './retention-env';
import { takenBy } from '../kubernetes/resource';
import { withinInterval } from '../schedule/schedule-checks';
import { ScriptCronJob } from '../workload/script-cron-job';
import { checkFolder } from '../workload/script-job';
import { pattern, TableName } from '../database/table-name';

/** The database to back up, the schedule, and the place of the dumps. */
export interface BackupCronJobProps extends BackupOptions {
  /** Name of the CronJob, up to 52 characters. */
  readonly name: string;
  /** The database to dump. */
  readonly database: PostgresDatabase;
  /** The claim for the dumps. */
  readonly storage: IBackupStorage;
  /**
   * Folder of the dumps on the claim, and the first part of their names.
   * @default - the database's name, in which characters that need quoting in a shell are percent-encoded; if it is
   * longer than 80 characters, its beginning and a hash
   */
  readonly folder?: string;
  /**
   * Queries that must hold in every dump and after every restore.
   * @default - nothing beyond the rows and objects that the dump lists
   */
  readonly checks?: RestoreCheck[];
  /** Schedule of the dumps. */
  readonly schedule: Cron;
}

/** Options that the backups of several databases may share. */
export interface BackupOptions extends PodOptions {
  /** The rule for the dumps that stay. */
  readonly retention: Retention;
  /**
   * Period, today included, within which a restore must be possible, in whole days. The policy `recovery-window`
   * refuses a schedule and a retention that keep less.
   * @default - not stated, and not checked
   */
  readonly recoveryWindow?: Duration;
  /**
   * Time zone of the schedule, a name of the tz database.
   * @default 'Etc/UTC'
   */
  readonly timeZone?: string;
  /**
   * Whether the schedule is suspended. Backups on demand still run. Suspend here and not with kubectl: Flux reverts
   * that.
   * @default false
   */
  readonly suspend?: boolean;
  /**
   * Time after which a run is ended, its retries included, in whole seconds. At least 1 minute, at most the shortest
   * interval of the schedule.
   * @default - 6 hours, or the shortest interval of the schedule if that is less
   */
  readonly activeDeadline?: Duration;
  /**
   * Most time by which a run may begin late, when the cluster could not begin it on time. At least 10 seconds.
   * @default - 1 hour, or the shortest interval of the schedule if that is less
   */
  readonly startingDeadline?: Duration;
  /**
   * Number of successful Jobs that stay, with their logs. 0 or more.
   * @default 7
   */
  readonly successfulJobsRetained?: number;
  /**
   * Number of failed Jobs that stay, with their logs. 0 or more.
   * @default 7
   */
  readonly failedJobsRetained?: number;
  /**
   * The compression of the dumps.
   * @default - zstd level 1 if the image has it (PostgreSQL 16), otherwise gzip level 6
   */
  readonly compression?: Compression;
  /**
   * The format of the dumps.
   * @default BackupFormat.custom()
   */
  readonly format?: BackupFormat;
  /**
   * Tables whose rows are left out, with those of their partitions. Their definitions are dumped. For data that the
   * application can rebuild: after a restore these tables are empty.
   * @default - none
   */
  readonly excludeTableData?: TableName[];
  /**
   * Whether the rows of each table are counted, in the dump's own snapshot. A restore is compared with these counts.
   * @default true
   */
  readonly rowCounts?: boolean;
  /**
   * Size of the database up to which the rows of each table are hashed, too, in the same pass over the snapshot. A
   * drill then compares contents and not only counts. It needs `rowCounts` and PostgreSQL 14 or later.
   * `Size.gibibytes(0)` takes no hashes.
   * @default Size.gibibytes(20)
   */
  readonly contentHashUpTo?: Size;
  /**
   * Time that `pg_dump` waits for a table that another session has locked, before the run fails. At least 1 second.
   * @default Duration.minutes(1)
   */
  readonly lockTimeout?: Duration;
  /**
   * The receiver of reports on success and failure.
   * @default - nowhere
   */
  readonly heartbeat?: Heartbeat;
}

/** Returns the options among some props, each by its name. */
export function backupOptions(props: BackupOptions): {
  readonly [Option in keyof Required<BackupOptions>]: BackupOptions[Option];
} {
  return {
    ...podOptions(props),
    retention: props.retention,
    recoveryWindow: props.recoveryWindow,
    timeZone: props.timeZone,
    suspend: props.suspend,
    activeDeadline: props.activeDeadline,
    startingDeadline: props.startingDeadline,
    successfulJobsRetained: props.successfulJobsRetained,
    failedJobsRetained: props.failedJobsRetained,
    compression: props.compression,
    format: props.format,
    excludeTableData: props.excludeTableData,
    rowCounts: props.rowCounts,
    contentHashUpTo: props.contentHashUpTo,
    lockTimeout: props.lockTimeout,
    heartbeat: props.heartbeat,
  };
}

/**
 * URLs that get a POST request at the end of a run, by the image's `wget`, which the Debian images lack.
 * A request that fails is a warning in the log and never fails a backup. While it is sent, the URL is an argument of
 * `wget`, and visible to every account that can list the processes of the pod.
 */
export interface Heartbeat {
  /** Key of a secret that holds the URL for success; the summary of the run is posted to it. */
  readonly success: SecretKey;
  /**
   * Key of a secret that holds the URL for failure.
   * @default - failures are not posted, and the monitor has to notice that no success came
   */
  readonly failure?: SecretKey;
}

/**
 * Dumps a database on a schedule, proves each dump, and removes those that the retention does not want. A run on demand
 * can hold its dump and give it a label, by the variables `BACKUP_HOLD` (`P30D`, `P4W` or `PT12H`) and `BACKUP_LABEL`
 * of its Job.
 */
export class BackupCronJob extends Construct implements IBackup {
  /** Name of the CronJob. */
  public readonly name: string;
  public readonly database: PostgresDatabase;
  public readonly storage: IBackupStorage;
  public readonly folder?: string;
  public readonly checks?: RestoreCheck[];
  /** Schedule of the dumps. */
  public readonly schedule: Cron;
  /** Time zone of the schedule, a name of the tz database. */
  public readonly timeZone: string;
  /** Whether the schedule is suspended. */
  public readonly suspend: boolean;
  /** Time after which a run is ended, its retries included. */
  public readonly activeDeadline: Duration;
  /** Most time by which a run may begin late. */
  public readonly startingDeadline: Duration;
  /** The rule for the dumps that stay. */
  public readonly retention: Retention;
  /** Period within which a restore must be possible; undefined if that is not stated. */
  public readonly recoveryWindow?: Duration;
  /** Tables whose rows are left out. */
  public readonly excludeTableData: TableName[];

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupCronJobProps) {
    super(scope, id);
    const { database, retention, schedule } = props;
    this.name = props.name;
    this.database = database;
    this.storage = props.storage;
    const folder = checkFolder('backupCronJob', database, props.folder);
    this.folder = folder;
    this.checks = props.checks;
    this.schedule = schedule;
    this.timeZone = props.timeZone ?? 'Etc/UTC';
    this.suspend = props.suspend ?? false;
    this.activeDeadline = withinInterval(
      'backupCronJob.activeDeadline',
      schedule,
      props.activeDeadline,
      Duration.hours(6),
      60,
    );
    this.startingDeadline = withinInterval(
      'backupCronJob.startingDeadline',
      schedule,
      props.startingDeadline,
      Duration.hours(1),
      10,
    );
    this.retention = retention;
    this.recoveryWindow = props.recoveryWindow;
    this.excludeTableData = props.excludeTableData ?? [];
    props.heartbeat?.success._useFor('success is reported there');
    props.heartbeat?.failure?._useFor('failure is reported there');
    this.claimFolder(folder);
    const format = props.format ?? BackupFormat.custom();
    const { majorVersion } = database.image;
    const compression = props.compression ?? bestCompression(majorVersion);
    const lockTimeout = checkDuration('backupCronJob.lockTimeout', props.lockTimeout ?? Duration.minutes(1), 1);
    this.node.defaultChild = new ScriptCronJob(this, 'workload', {
      ...podOptions(props),
      name: props.name,
      database,
      storage: props.storage,
      schedule,
      declares: recoveryWindow(props.recoveryWindow),
      noun: 'backupCronJob',
      component: 'backup',
      description:
        `Dumps ${database}, reads each dump back to its end, and keeps ${retention} on the claim ` +
        `${this.storage.claimName}.`,
      script: 'backup.sh',
      folder,
      timeZone: this.timeZone,
      suspend: this.suspend,
      activeDeadline: this.activeDeadline,
      startingDeadline: this.startingDeadline,
      successfulJobsRetained: props.successfulJobsRetained ?? 7,
      failedJobsRetained: props.failedJobsRetained ?? 7,
      backoffLimit: 2,
      finalStatuses: [RESTORE_WOULD_FAIL],
      settings: [
        env('RESTORE_ROLE', database.restoreAs.user),
        env('DUMP_FORMAT', format.name),
        env('DUMP_JOBS', format.parallelJobs),
        env('COMPRESSION', compressionOption(compression, majorVersion)),
        env('EXCLUDE_TABLE_DATA', this.excludeTableData.map(pattern).join('\n')),
        env('ROW_COUNTS', String(props.rowCounts ?? true)),
        env('CONTENT_HASH_BYTES', (props.contentHashUpTo ?? Size.gibibytes(20)).toKibibytes() * 1024),
        env('LOCK_TIMEOUT', lockTimeout.toMilliseconds()),
        ...heartbeat(props.heartbeat),
        env('BACKUP_HOLD', ''),
        env('BACKUP_LABEL', ''),
        ...retentionEnv(retention),
      ],
      checks: props.checks,
      reaches: props.heartbeat === undefined ? [] : ['heartbeat'],
      secrets: [props.heartbeat?.success, props.heartbeat?.failure].filter((key) => key !== undefined),
    });
  }

  /**
   * The locks are in the server: backups of two servers in one folder would clear each other's dumps. Some shares do
   * not tell capitals from small letters.
   */
  private claimFolder(name: string): void {
    const other = takenBy(this, 'folder', `${this.storage.claimName}/${name.toLowerCase()}`);
    if (other !== undefined) {
      throw new InvalidPropError(
        'backupCronJob.folder',
        name,
        `is used by ${other} on the same claim`,
        'Give each backup a folder of its own',
      );
    }
  }
}

/**
 * The dump is stored and verified, but a restore of it would fail. A retry would end in the same way.
 */
const RESTORE_WOULD_FAIL = 3;

function heartbeat(urls: Heartbeat | undefined): k8s.EnvVar[] {
  return [
    ...(urls === undefined ? [] : [secretEnv('HEARTBEAT_URL', urls.success)]),
    ...(urls?.failure === undefined ? [] : [secretEnv('HEARTBEAT_FAILURE_URL', urls.failure)]),
  ];
}

function recoveryWindow(window: Duration | undefined): { [name: string]: string } {
  if (window === undefined) {
    return {};
  }
  return { [RECOVERY_WINDOW]: `P${checkDays('backupCronJob.recoveryWindow', window).toDays()}D` };
}
