import { ApiObject, Chart, Cron, Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { IBackup } from '../backup/backup';
import { keepAnnotations } from '../delivery/delivery';
import { NEVER_RECREATE, VERBATIM } from '../delivery/gitops-annotations';
import { env } from '../workload/environment';
import { PodOptions, podOptions } from '../workload/pod-options';
import { checkCount, checkDuration, InvalidPropError } from '../errors';
import { described, labelsOf } from '../kubernetes/labels';
import { checkName, JOB_NAME_LENGTH } from '../kubernetes/names';
import { fromOffsite } from '../offsite/offsite-source';
import { OffsiteTarget } from '../offsite/offsite-target';
import { Quiesce, withQuiesce } from './quiesce';
import { RestoreTrigger, triggerEnv } from './restore-trigger';
import { ScriptCronJob } from '../workload/script-cron-job';
import { checkFolder, scriptJob, ScriptJobProps, specAtSynth } from '../workload/script-job';

/** The backup to restore, and the treatment of the service meanwhile. */
export interface RestoreJobProps extends RestoreOptions {
  /**
   * Name of the template, up to 52 characters. The name of a merge's Job continues with `-` and the id of the request,
   * together up to 63 characters.
   */
  readonly name: string;
  /** The backup to restore: a `BackupCronJob`, or a database and a storage. */
  readonly backup: IBackup;
  /**
   * Restores from the copies in this bucket. The claim is not mounted, so this works without the NAS. The copy is
   * fetched into a volume of the pod, as large as the claim. Make a second template for it: the template for the claim
   * needs neither the bucket nor rclone. The record of the restore is lost with the pod. So is the replica count of
   * `quiesce` if the pod is killed during the cutover.
   * @default - from the dumps on the claim
   */
  readonly offsite?: OffsiteTarget;
  /**
   * The trigger of the restore: a person or a merge.
   * @default RestoreTrigger.onDemand()
   */
  readonly trigger?: RestoreTrigger;
  /**
   * Stops the service for the cutover, and starts it again.
   * @default - the service is left alone, and `sessions` says what happens
   */
  readonly quiesce?: Quiesce;
  /**
   * The command that stops the service, e.g. a `kubectl scale`. The log shows it to a person who waits.
   * @default - the log says to scale the service to 0 replicas; with `quiesce` it has the `kubectl scale` command
   */
  readonly stopCommand?: string;
}

/** Options that the restores of several databases may share. */
export interface RestoreOptions extends PodOptions {
  /**
   * Time after which a restore is ended, in whole seconds, at least 1 minute. The live database stays as it was.
   * @default Duration.hours(6)
   */
  readonly activeDeadline?: Duration;
  /**
   * The treatment of sessions on the live database right before the cutover.
   * @default RestoreSessions.WAIT
   */
  readonly sessions?: RestoreSessions;
  /**
   * Time to wait for the sessions to end. Then the restore fails, and the database that it has proven stays for a
   * cutover.
   * @default Duration.minutes(10)
   */
  readonly sessionsTimeout?: Duration;
  /**
   * Number of former databases that stay after a restore, the newest first. From 1, the way back, to 100.
   * @default 1
   */
  readonly keepPrevious?: number;
  /**
   * Tables and indexes that are restored at the same time, from 1 to 64.
   * @default 2
   */
  readonly parallelJobs?: number;
  /**
   * Memory that each of `parallelJobs` may take on the live server to build an index, at least 1 MiB and less than
   * 2 GiB. More memory builds large indexes faster. It must fit into the server's memory limit, beside the memory for
   * the service: a server that exceeds its limit is killed, with every session of the service.
   * @default - the server's own `maintenance_work_mem`
   */
  readonly maintenanceWorkMem?: Size;
}

/** Returns the options among some props, each by its name. */
export function restoreJobOptions(props: RestoreOptions): {
  readonly [Option in keyof Required<RestoreOptions>]: RestoreOptions[Option];
} {
  return {
    ...podOptions(props),
    activeDeadline: props.activeDeadline,
    sessions: props.sessions,
    sessionsTimeout: props.sessionsTimeout,
    keepPrevious: props.keepPrevious,
    parallelJobs: props.parallelJobs,
    maintenanceWorkMem: props.maintenanceWorkMem,
  };
}

/** The treatment of sessions on the live database. */
export enum RestoreSessions {
  /** Wait until the sessions have ended; the log names them. */
  WAIT = 'wait',
  /** End the sessions. A service that reconnects goes on in the restored database. */
  DISCONNECT = 'disconnect',
  /** Fail if there are any sessions. */
  REFUSE = 'refuse',
}

/**
 * Settings of the sessions that load. A load that a crash of the server interrupts begins again, so a commit need not
 * wait for the disk. The memory is that of the server's own settings. An index is built without parallel workers, since
 * `parallelJobs` builds several at a time.
 */
export function restoreOptions(maintenanceWorkMem?: Size): string {
  const memory =
    maintenanceWorkMem === undefined ? '' : ` -c maintenance_work_mem=${maintenanceWorkMem.toKibibytes()}kB`;
  return `-c synchronous_commit=off -c max_parallel_maintenance_workers=0${memory}`;
}

/**
 * A restore, on demand or by a merge. A failed restore is not retried. If the pod is evicted, e.g. because its node is
 * drained, another pod takes its place and restores from the beginning.
 *
 * On demand it is a template: a suspended CronJob. `kubectl create job --from` makes Jobs from CronJobs only, and
 * ignores the suspension. Applying the template starts nothing. If a person resumes it, the starting deadline keeps it
 * from catching up with a missed run. It would then run at the beginning of the next year.
 *
 * By a merge it is a Job, which is created once and then left alone. It restores one dump, by its checksum, and only
 * once, however often it is applied or re-created.
 */
export class RestoreJob extends Construct {
  /** Name of the template, or of the Job that a merge starts. */
  public readonly name: string;
  /** The trigger of the restore. */
  public readonly trigger: RestoreTrigger;
  /** The treatment of sessions on the live database right before the cutover. */
  public readonly sessions: RestoreSessions;
  /** Time that it waits for the sessions to end. */
  public readonly sessionsTimeout: Duration;
  /** The service that it stops for the cutover; undefined for none. */
  public readonly quiesce?: Quiesce;
  /** The bucket whose copies it restores; undefined for the dumps on the claim. */
  public readonly offsite?: OffsiteTarget;
  /** Number of former databases that stay after a restore. */
  public readonly keepPrevious: number;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: RestoreJobProps) {
    super(scope, id);
    const { database, storage } = props.backup;
    const activeDeadline = checkDuration('restoreJob.activeDeadline', props.activeDeadline ?? Duration.hours(6), 60);
    const sessionsTimeout = checkDuration(
      'restoreJob.sessionsTimeout',
      props.sessionsTimeout ?? Duration.minutes(10),
      0,
    );
    const trigger = props.trigger ?? RestoreTrigger.onDemand();
    const sessions = props.sessions ?? RestoreSessions.WAIT;
    if (props.quiesce !== undefined && sessions === RestoreSessions.REFUSE) {
      throw new InvalidPropError(
        'restoreJob.sessions',
        sessions,
        'leaves a service alone that is in use, and quiesce would stop it',
        'Use WAIT or DISCONNECT, or leave out quiesce',
      );
    }
    const name = trigger.requestId === undefined ? props.name : `${props.name}-${trigger.requestId}`;
    this.name = name;
    this.trigger = trigger;
    this.sessions = sessions;
    this.sessionsTimeout = sessionsTimeout;
    this.quiesce = props.quiesce;
    this.offsite = props.offsite;
    this.keepPrevious = checkCount('restoreJob.keepPrevious', props.keepPrevious ?? 1, 1, 100);
    const plain: ScriptJobProps = {
      ...podOptions(props),
      name,
      noun: 'restoreJob',
      component: 'restore',
      description:
        trigger.requestId === undefined ? this.usage(props) : `Restores the dump ${trigger.dump} of ${database}, once.`,
      script: 'restore.sh',
      database,
      role: database.restoreAs,
      storage,
      folder: checkFolder('restoreJob', database, props.backup.folder),
      activeDeadline,
      // A person decides whether to try again, with the log of this try in hand. A drained pod does not count as a try.
      backoffLimit: 0,
      settings: [
        ...triggerEnv(trigger),
        { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        env('RESTORE_TEMPLATE', trigger.requestId === undefined ? props.name : ''),
        env('RESTORE_ACTION', 'restore'),
        env('RESTORE_BEFORE', ''),
        env('RESTORE_IGNORE', ''),
        env('RESTORE_SESSIONS', sessions),
        env('SESSIONS_TIMEOUT', sessionsTimeout.toSeconds()),
        env('STOP_COMMAND', props.stopCommand ?? ''),
        env('KEEP_PREVIOUS', this.keepPrevious),
        env('RESTORE_JOBS', checkCount('restoreJob.parallelJobs', props.parallelJobs ?? 2, 1, 64)),
        env('RESTORE_OPTIONS', restoreOptions(checkMemory(props.maintenanceWorkMem))),
        env('HOLD_SECONDS', activeDeadline.toSeconds()),
      ],
      checks: props.backup.checks,
    };
    const quiesced = props.quiesce === undefined ? plain : withQuiesce(this, plain, props.quiesce);
    const job = props.offsite === undefined ? quiesced : fromOffsite(quiesced, props.offsite);
    if (trigger.requestId === undefined) {
      this.template(job);
    } else {
      this.once(job);
    }
  }

  private usage({ name, backup }: RestoreJobProps): string {
    const { namespace } = Chart.of(this);
    const inNamespace = namespace === undefined ? '' : ` -n ${namespace}`;
    return (
      `Template for restores of ${backup.database}; it is suspended and never runs by itself. ` +
      `Start one with: kubectl${inNamespace} create job --from=cronjob/${name} <name>`
    );
  }

  private template(job: ScriptJobProps): void {
    this.node.defaultChild = new ScriptCronJob(this, 'workload', {
      ...job,
      schedule: Cron.annually(),
      timeZone: 'Etc/UTC',
      suspend: true,
      startingDeadline: Duration.seconds(10),
      successfulJobsRetained: 7,
      failedJobsRetained: 7,
    });
  }

  /**
   * The Job has no TTL: Flux would create it again. It is never changed or pruned: both would end a restore in its
   * middle.
   */
  private once(job: ScriptJobProps): void {
    checkName('restoreJob.name', job.name, JOB_NAME_LENGTH);
    if (job.ttlAfterFinished !== undefined) {
      throw new InvalidPropError(
        'restoreJob.ttlAfterFinished',
        job.ttlAfterFinished.toHumanString(),
        'would remove the Job of a merge while it is in Git, and Flux would make it again',
        'Leave it out, and remove the Job from Git when it is done',
      );
    }
    const spec = scriptJob(this, job);
    this.node.defaultChild = new ApiObject(this, 'workload', {
      ...k8s.KubeJob.GVK,
      metadata: {
        name: job.name,
        labels: labelsOf(job),
        annotations: {
          ...described(job.description),
          ...job.annotations,
          ...VERBATIM,
          ...keepAnnotations(this.trigger.delivery),
          ...NEVER_RECREATE,
        },
      },
      spec: specAtSynth(() => k8s.KubeJob.manifest({ spec: spec() })),
    });
  }
}

/** PostgreSQL takes less than 2 GiB on every platform, in kibibytes. */
function checkMemory(size: Size | undefined): Size | undefined {
  const kibibytes = size?.toKibibytes() ?? 1024;
  if (kibibytes < 1024 || kibibytes >= 2 * 1024 * 1024) {
    throw new InvalidPropError(
      'restoreJob.maintenanceWorkMem',
      size!.asString(),
      'must be at least 1Mi and less than 2Gi',
      'Write it like Size.mebibytes(128)',
    );
  }
  return size;
}
