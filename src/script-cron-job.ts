import { Chart, Cron, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { IBackupStorage } from './backup-pvc';
import { VERBATIM } from './flux';
import { env, secretEnv, hardenedPod, PodOptions, STORAGE_PATH } from './hardened-pod';
import { InvalidPropError } from './invalid';
import { checkLabels, checkName, CRON_JOB_NAME_LENGTH, fileName } from './names';
import { PostgresDatabase } from './postgres';
import { checkSchedule, checkTimeZone } from './schedule';
import { ScriptConfigMap } from './script-config-map';
import { SecretKey } from './secret-expectations';

export interface ScriptCronJobProps extends PodOptions {
  /** How the construct is called in error messages. */
  readonly noun: string;
  readonly name: string;
  /** Name of the container and value of the label `app.kubernetes.io/component`. */
  readonly component: string;
  readonly script: string;
  readonly database: PostgresDatabase;
  readonly storage: IBackupStorage;
  readonly folder: string;
  readonly env: k8s.EnvVar[];
  /** Secrets that are read beside the database's password. */
  readonly secrets?: SecretKey[];
  readonly schedule: Cron;
  readonly timeZone: string;
  readonly suspend: boolean;
  readonly deadline: Duration;
  readonly startingDeadline?: Duration;
  readonly successfulJobsHistoryLimit: number;
  readonly failedJobsHistoryLimit: number;
  /** How often a failed pod is replaced. */
  readonly backoffLimit: number;
}

/** A CronJob that runs one of the scripts against one database and one folder of the storage. */
export class ScriptCronJob extends Construct {
  constructor(scope: Construct, id: string, props: ScriptCronJobProps) {
    super(scope, id);
    check(props);
    this.checkNamespaces(props);
    const labels = {
      ...props.labels,
      'app.kubernetes.io/name': 'postgres-backup',
      'app.kubernetes.io/instance': props.name,
      'app.kubernetes.io/component': props.component,
    };
    new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: props.name, labels, annotations: { ...props.annotations, ...VERBATIM } },
      spec: {
        schedule: props.schedule.expressionString,
        timeZone: props.timeZone,
        suspend: props.suspend,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: props.startingDeadline?.toSeconds(),
        successfulJobsHistoryLimit: props.successfulJobsHistoryLimit,
        failedJobsHistoryLimit: props.failedJobsHistoryLimit,
        jobTemplate: {
          metadata: { labels },
          spec: {
            backoffLimit: props.backoffLimit,
            activeDeadlineSeconds: props.deadline.toSeconds(),
            template: hardenedPod({
              ...props,
              labels,
              containerName: props.component,
              scripts: ScriptConfigMap.of(this),
              image: props.database.image,
              env: [...connection(props.database), env('BACKUP_DIR', `${STORAGE_PATH}/${props.folder}`), ...props.env],
            }),
          },
        },
      },
    });
  }

  /** A pod sees the claims and secrets of its own namespace only. */
  private checkNamespaces({ noun, storage, database, secrets = [] }: ScriptCronJobProps): void {
    const { namespace } = Chart.of(this);
    if (storage.namespace !== undefined && storage.namespace !== namespace) {
      throw new InvalidPropError(`${noun}.storage`, `${storage.namespace}/${storage.claimName}`,
        `is not in the namespace of the chart, ${namespace}`, 'Use a claim of the same namespace');
    }
    for (const key of [database.password, ...secrets]) {
      if (key.namespace !== namespace) {
        throw new InvalidPropError(`${noun}.secrets`, `secret ${key.namespace}/${key.secretName}, key ${key.key}`,
          `is not in the namespace of the chart, ${namespace}, and no pod of it can read it`,
          'Put a copy of the secret into this namespace, and expect that one');
      }
    }
  }
}

/** The folder of a database's dumps, and the first part of their names. */
export function checkFolder(noun: string, database: PostgresDatabase, folder = fileName(database.name)): string {
  if (!/^[A-Za-z0-9%_][A-Za-z0-9%_.-]{0,199}$/.test(folder)) {
    throw new InvalidPropError(`${noun}.folder`, folder, 'is not a plain name for a folder',
      'Use up to 200 letters, digits, ".", "-", "_" and "%", without slashes');
  }
  return folder;
}

function check(props: ScriptCronJobProps): void {
  const { noun } = props;
  checkName(`${noun}.name`, props.name, CRON_JOB_NAME_LENGTH);
  checkSchedule(`${noun}.schedule`, props.schedule);
  checkTimeZone(`${noun}.timeZone`, props.timeZone);
  checkLabels(`${noun}.labels`, props.labels);
  checkLabels(`${noun}.nodeSelector`, props.nodeSelector);
  for (const property of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const) {
    if (!Number.isInteger(props[property]) || props[property] < 0) {
      throw new InvalidPropError(`${noun}.${property}`, props[property], 'must be a whole number from 0 on',
        'Say how many finished Jobs stay readable with kubectl logs, e.g. 7');
    }
  }
}

/** How the client tools find the server. */
function connection(database: PostgresDatabase): k8s.EnvVar[] {
  const { password } = database;
  return [
    // Whoever looks at the server's sessions and locks sees which pod it is.
    { name: 'PGAPPNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    env('PGHOST', database.host),
    env('PGPORT', database.port),
    env('PGUSER', database.user),
    secretEnv('PGPASSWORD', password),
    env('PASSWORD_SOURCE', password.toString()),
    env('PGDATABASE', database.name),
    env('MAINTENANCE_DATABASE', database.maintenanceDatabase),
    env('SERVER_TIMEOUT', database.serverTimeout.toSeconds()),
  ];
}
