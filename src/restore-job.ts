import { Cron, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { IBackup } from './backup-cron-job';
import { env, PodOptions } from './hardened-pod';
import { checkDuration } from './invalid';
import { checkFolder, ScriptCronJob } from './script-cron-job';

export interface RestoreJobProps extends PodOptions {
  /** Name of the template, up to 52 characters. */
  readonly name: string;
  /** What to restore: a `BackupCronJob`, or a database and a storage. */
  readonly backup: IBackup;
  /**
   * Time after which a restore is ended. The live database stays as it was.
   * @default Duration.hours(6)
   */
  readonly deadline?: Duration;
}

/**
 * A template for restores on demand. It is a suspended CronJob, since `kubectl create job --from` takes Jobs from
 * CronJobs only and does not mind the suspension. Its schedule never comes.
 */
export class RestoreJob extends Construct {
  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: RestoreJobProps) {
    super(scope, id);
    const { database, storage } = props.backup;
    new ScriptCronJob(this, 'workload', {
      ...props,
      noun: 'restoreJob',
      component: 'restore',
      script: 'restore.sh',
      database,
      storage,
      folder: checkFolder('restoreJob', database, props.backup.folder),
      schedule: Cron.annually(),
      timeZone: 'Etc/UTC',
      suspend: true,
      deadline: checkDuration('restoreJob.deadline', props.deadline ?? Duration.hours(6), 60),
      successfulJobsHistoryLimit: 7,
      failedJobsHistoryLimit: 7,
      // A person decides whether to try again, with the log of this try in hand.
      backoffLimit: 0,
      env: [
        { name: 'REQUEST_ID', valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
        env('RESTORE_DUMP', ''),
        env('RESTORE_BEFORE', ''),
      ],
    });
  }
}
