import { Cron, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import { BackupCronJob } from '../backup/backup-cron-job';
import { Retention } from '../backup/retention';
import { retentionEnv } from '../backup/retention-env';
import { checkDuration, InvalidPropError } from '../errors';
import { env } from '../workload/environment';
import { quantity, SECRETS_REPORT, STORAGE_PATH } from '../workload/hardened-pod';
import { PodOptions, podOptions } from '../workload/pod-options';
import { ScriptCronJob } from '../workload/script-cron-job';
import { checkFolder, POD_NAME } from '../workload/script-job';
import { bucketAccess, OFFSITE_DIR } from './bucket-access';
import { OffsiteTarget } from './offsite-target';

/** The dumps to copy, the bucket, and the schedule. */
export interface OffsiteCopyProps extends PodOptions {
  /** Name of the CronJob, up to 52 characters. */
  readonly name: string;
  /** The backup whose dumps are copied. */
  readonly backup: BackupCronJob;
  /** The bucket. */
  readonly target: OffsiteTarget;
  /** Schedule of the copies: late enough for a backup to be done, e.g. two hours after it began. */
  readonly schedule: Cron;
  /**
   * Time zone of the schedule, a name of the tz database.
   * @default - that of the backup
   */
  readonly timeZone?: string;
  /**
   * Whether the schedule is suspended. Copies on demand still run.
   * @default false
   */
  readonly suspend?: boolean;
  /**
   * Time after which a run is ended, its retries included, in whole seconds. At least 1 minute. After three quarters of
   * this time, a run begins no other dump: the next run continues.
   * @default Duration.hours(6)
   */
  readonly activeDeadline?: Duration;
  /**
   * Most time by which a run may begin late, when the cluster could not begin it on time, in whole seconds, at least
   * 10.
   * @default Duration.hours(12)
   */
  readonly startingDeadline?: Duration;
  /**
   * Most bytes that are sent, or read back, per second.
   * @default - as much as the network takes
   */
  readonly bandwidth?: Size;
  /**
   * Whether each copy is read back, decrypted and compared with the checksum of the dump. Some providers charge for
   * reads. Without it, only the sizes are compared.
   * @default true
   */
  readonly readBack?: boolean;
  /**
   * The rule for the copies that stay, like the retention of a backup. The other copies are removed, and dumps that no
   * rule wants are not copied. The key must be able to delete. An object lock keeps the versions of removed copies in
   * any case.
   * @default - all copies stay, until a rule of the bucket removes them
   */
  readonly retention?: Retention;
}

/** The exit status of a run that has copied although the expected secrets are wrong: a retry does not help. */
const SECRETS_STATUS = 3;

/**
 * Copies the verified dumps of a backup into a bucket, on a schedule: the newest first, each file once, and never over
 * an existing file. Each copy is read back and compared with the checksum of the dump. The evidence is in
 * `offsite/<dump>.json` beside the dumps. Without `retention`, nothing is removed from the bucket, and the key need not
 * be able to delete: a rule of the bucket decides how long copies stay.
 *
 * The container that has the keys of the bucket can only read the claim, and the container that writes the evidence has
 * no keys.
 */
export class OffsiteCopy extends Construct {
  /** Name of the CronJob. */
  public readonly name: string;
  /** The backup whose dumps are copied. */
  public readonly backup: BackupCronJob;
  /** The bucket. */
  public readonly target: OffsiteTarget;
  /** Schedule of the copies. */
  public readonly schedule: Cron;
  /** Time zone of the schedule, a name of the tz database. */
  public readonly timeZone: string;
  /** Whether the schedule is suspended. */
  public readonly suspend: boolean;
  /** Time after which a run is ended. */
  public readonly activeDeadline: Duration;
  /** Most time by which a run may begin late. */
  public readonly startingDeadline: Duration;
  /** The rule for the copies that stay; undefined if the rules of the bucket decide. */
  public readonly retention?: Retention;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: OffsiteCopyProps) {
    super(scope, id);
    const { backup, target } = props;
    const { database, storage } = backup;
    const folder = checkFolder('offsiteCopy', database, backup.folder);
    this.name = props.name;
    this.backup = backup;
    this.target = target;
    this.schedule = props.schedule;
    this.timeZone = props.timeZone ?? backup.timeZone;
    this.suspend = props.suspend ?? false;
    this.activeDeadline = checkDuration('offsiteCopy.activeDeadline', props.activeDeadline ?? Duration.hours(6), 60);
    this.startingDeadline = checkDuration(
      'offsiteCopy.startingDeadline',
      props.startingDeadline ?? Duration.hours(12),
      10,
    );
    this.retention = props.retention;
    const access = bucketAccess(target, folder);
    const dumps = env('BACKUP_DIR', `${STORAGE_PATH}/${folder}`);
    this.node.defaultChild = new ScriptCronJob(this, 'workload', {
      ...podOptions(props),
      name: props.name,
      noun: 'offsiteCopy',
      component: 'offsite',
      description: `Copies the verified dumps of the database ${database.name} to ${target}.`,
      script: 'offsite.sh',
      database,
      storage,
      folder,
      offline: true,
      reaches: ['dns', 'bucket'],
      bucketSecrets: target._secrets,
      schedule: this.schedule,
      timeZone: this.timeZone,
      suspend: this.suspend,
      activeDeadline: this.activeDeadline,
      startingDeadline: this.startingDeadline,
      successfulJobsRetained: 3,
      failedJobsRetained: 3,
      backoffLimit: 1,
      finalStatuses: [SECRETS_STATUS],
      settings: [OFFSITE_DIR, ...access.place],
      extras: {
        initContainers: [
          access.lending,
          {
            name: 'copy',
            script: 'offsite-copy.sh',
            env: [
              POD_NAME,
              dumps,
              SECRETS_REPORT,
              ...access.env,
              env('OFFSITE_BANDWIDTH', checkBandwidth(props.bandwidth)),
              env('OFFSITE_READ_BACK', String(props.readBack ?? true)),
              env('OFFSITE_SECONDS', Math.floor(this.activeDeadline.toSeconds() * 0.75)),
              ...(this.retention === undefined ? [] : retentionEnv(this.retention)),
            ],
            volumeMounts: [
              { name: 'storage', mountPath: STORAGE_PATH, readOnly: true },
              { name: 'copy-scratch', mountPath: '/tmp' },
              ...access.volumeMounts,
            ],
          },
        ],
        volumes: [...access.volumes, { name: 'copy-scratch', emptyDir: { sizeLimit: quantity(Size.mebibytes(64)) } }],
        volumeMounts: [access.report],
      },
    });
  }
}

/** Returns the bandwidth in rclone's notation; 0 for no limit. */
function checkBandwidth(size: Size | undefined): string {
  if (size === undefined) {
    return '0';
  }
  if (size.toKibibytes() < 64) {
    throw new InvalidPropError(
      'offsiteCopy.bandwidth',
      size.asString(),
      'is so little that a dump would take days',
      'Write at least Size.kibibytes(64), which is per second',
    );
  }
  return `${size.toKibibytes()}Ki`;
}
