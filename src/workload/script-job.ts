import { createHash } from 'node:crypto';
import { Chart, Duration, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { IBackupStorage } from '../backup/backup-pvc';
import { env, secretEnv } from './environment';
import { ExpectedSecret, SecretKey } from '../secrets/secret-key';
import { hardenedPod, PodExtras, STORAGE_PATH } from './hardened-pod';
import { InvalidPropError } from '../errors';
import { Destination } from '../network/isolation';
import { isolate } from './network-policy';
import { labelsOf } from '../kubernetes/labels';
import { fileName } from '../kubernetes/names';
import { PostgresDatabase } from '../database/postgres-database';
import { PostgresRole } from '../database/postgres-role';
import { namespaceOf, takeName } from '../kubernetes/resource';
import { checkPodOptions, PodOptions, secretsIn } from './pod-options';
import { ScriptConfigMap } from './script-config-map';
import { secretsCheck } from './secrets-check';
import { mountedChecks } from './checks-config-map';
import { mountedTls, NO_TLS, tlsSecrets } from './mounted-tls';
import { RestoreCheck } from '../restore/restore-check';

export interface ScriptJobProps extends PodOptions {
  /** Name of the construct in error messages. */
  readonly noun: string;
  readonly name: string;
  /** Name of the container and value of the label `app.kubernetes.io/component`. */
  readonly component: string;
  /** Its purpose, for the readers of its manifest. */
  readonly description: string;
  readonly script: string;
  readonly database: PostgresDatabase;
  /**
   * Role that logs in.
   * @default - the role that dumps
   */
  readonly role?: PostgresRole;
  readonly storage: IBackupStorage;
  readonly folder: string;
  /** The settings of the script. */
  readonly settings: k8s.EnvVar[];
  /** The checks, if the script itself evaluates them. */
  readonly checks?: RestoreCheck[];
  /** Secrets that are read beside the database's password. */
  readonly secrets?: SecretKey[];
  /** Secrets of a bucket. Copies check them beforehand; a restore from the NAS does not need them. */
  readonly bucketSecrets?: SecretKey[];
  readonly activeDeadline: Duration;
  /** Number of times that a failed pod is replaced. An evicted pod is replaced in any case. */
  readonly backoffLimit: number;
  /** Exit statuses after which a retry would end in the same way. */
  readonly finalStatuses?: number[];
  /** Whether the pod never connects to the database's server. */
  readonly offline?: boolean;
  /** Peers of the pod beside the database and DNS; all peers of an offline pod. */
  readonly reaches?: Destination[];
  /** The additions to the usual pod. */
  readonly extras?: PodExtras;
}

/**
 * A Job that runs one of the scripts against one database and one folder of the storage.
 * @returns a function that makes the Job at synth, when all expected secrets are known
 * @throws InvalidPropError
 */
export function scriptJob(scope: Construct, props: ScriptJobProps): () => k8s.JobSpec {
  checkNamespaces(scope, props);
  takeName(scope, 'workload', `${props.noun}.name`, props.name);
  const { database, component, offline = false } = props;
  const role = props.role ?? database;
  isolate(scope, props, [...(offline ? [] : (['dns', 'database'] as const)), ...(props.reaches ?? [])]);
  const used = [
    ...(offline ? [] : loginSecrets(database, role)),
    ...(props.secrets ?? []),
    ...(props.imagePullSecrets ?? []),
  ];
  used.forEach((key) => key._addUser(props.name, props.folder, component));
  props.bucketSecrets?.forEach((key) => key._addBucketUser(props.name, props.folder));
  props.imagePullSecrets?.forEach((key) => key._useFor('the images are pulled with it'));
  const lists = [...new Set([database.password, ...used, ...(props.bucketSecrets ?? [])].map(({ _list }) => _list))];
  const checks = mountedChecks(scope, props.name, props.checks ?? []);
  const scripts = ScriptConfigMap.of(scope);
  const tls = offline ? NO_TLS : mountedTls(database, role);
  const connected = offline ? [POD_NAME] : [...connection(database, role), ...tls.env];
  const expected = (): ExpectedSecret[] => lists.flatMap((list) => list._localFor(props.folder, component));
  const template = (options: PodOptions): k8s.PodTemplateSpec =>
    hardenedPod({
      ...props,
      ...options,
      labels: labelsOf(props),
      containerName: props.component,
      scripts,
      image: database.image,
      secrets: secretsCheck(lists, props.folder, component, { env: connected, volumeMounts: tls.volumeMounts }),
      settings: [...connected, env('BACKUP_DIR', `${STORAGE_PATH}/${props.folder}`), ...props.settings, ...checks.env],
      extras: withFiles([checks, tls], props.extras),
    });
  checkPodOptions(props.noun, props, template({ env: {}, volumes: [] }).spec!);
  scope.node.addValidation({ validate: () => unexpectedSecrets(props, expected()) });
  return () => ({
    backoffLimit: props.backoffLimit,
    podFailurePolicy: failurePolicy(props),
    activeDeadlineSeconds: props.activeDeadline.toSeconds(),
    ttlSecondsAfterFinished: props.ttlAfterFinished?.toSeconds(),
    template: template({}),
  });
}

/** The usual files come before the additions of the pod. */
function withFiles(
  usual: readonly Pick<PodExtras, 'volumes' | 'volumeMounts'>[],
  extras: PodExtras = { initContainers: [], volumes: [], volumeMounts: [] },
): PodExtras {
  const all = [...usual, extras];
  return {
    ...extras,
    volumes: all.flatMap(({ volumes }) => volumes),
    volumeMounts: all.flatMap(({ volumeMounts }) => volumeMounts),
  };
}

/** Errors for secrets in volumes that are not expected: a restore needs them, too. */
function unexpectedSecrets({ noun, volumes = [] }: ScriptJobProps, expected: readonly ExpectedSecret[]): string[] {
  const names = new Set(expected.map(({ secretName }) => secretName));
  return secretsIn(volumes)
    .filter((name) => !names.has(name))
    .map(
      (name) =>
        new InvalidPropError(
          `${noun}.volumes.volume`,
          `secret ${name}`,
          'is not expected, and a restore into a fresh cluster would miss it',
          "Call expectSecret or expectKey on the SecretExpectations that the database's password is from",
        ).message,
    );
}

/**
 * The failures of pods that do not count, and those that end the Job. A pod that is disrupted, e.g. because its node is
 * drained, is replaced and does not count. A pod that the kubelet evicts for exceeding its own limits has failed.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
function failurePolicy({ component, finalStatuses }: ScriptJobProps): k8s.PodFailurePolicy {
  const rules: k8s.PodFailurePolicyRule[] = [
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  ];
  if (finalStatuses !== undefined) {
    rules.push({
      action: 'FailJob',
      onExitCodes: { containerName: component, operator: 'In', values: finalStatuses },
      onPodConditions: [],
    });
  }
  return { rules };
}

/**
 * The spec of an object, made when it is synthesized: secrets may be expected after a workload is declared.
 * @param manifest returns the whole object, typed
 */
export function specAtSynth(manifest: () => { spec: unknown }): unknown {
  return Lazy.any({ produce: () => manifest().spec });
}

/**
 * The longest name of a folder. An encrypted share of a Synology NAS has names of up to 143 bytes. Our longest name is
 * that of a hold: the folder, the time of the dump, 40 characters of a pod's name, and the ending.
 */
const FOLDER_LENGTH = 80;

/** The folder of a database's dumps, and the first part of their names. */
export function checkFolder(
  noun: string,
  database: PostgresDatabase,
  folder = shortened(fileName(database.name)),
): string {
  if (!/^[A-Za-z0-9%_][A-Za-z0-9%_.-]*$/.test(folder) || folder.length > FOLDER_LENGTH) {
    throw new InvalidPropError(
      `${noun}.folder`,
      folder,
      'is not a plain name for a folder',
      `Use up to ${FOLDER_LENGTH} letters, digits, ".", "-", "_" and "%", without slashes`,
    );
  }
  return folder;
}

/** Shortens a name that is too long: it then ends in a hash of all of it. */
function shortened(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return name.length <= FOLDER_LENGTH ? name : `${name.slice(0, FOLDER_LENGTH - 17)}-${hash}`;
}

/** A pod can use the claims and secrets of its own namespace only. */
function checkNamespaces(
  scope: Construct,
  {
    noun,
    storage,
    database,
    role = database,
    serviceAccount,
    secrets = [],
    bucketSecrets = [],
    imagePullSecrets = [],
  }: ScriptJobProps,
): void {
  const { namespace } = Chart.of(scope);
  if (storage.namespace !== undefined && storage.namespace !== namespace) {
    throw new InvalidPropError(
      `${noun}.storage`,
      `${storage.namespace}/${storage.claimName}`,
      `is not in the namespace of the chart, ${namespace}`,
      'Use a claim of the same namespace',
    );
  }
  const accountNamespace = serviceAccount === undefined ? undefined : namespaceOf(serviceAccount);
  if (accountNamespace !== undefined && accountNamespace !== namespace) {
    throw new InvalidPropError(
      `${noun}.serviceAccount`,
      `${accountNamespace}/${serviceAccount!.name}`,
      `is not in the namespace of the chart, ${namespace}`,
      'Use an account of the same namespace',
    );
  }
  for (const key of [...loginSecrets(database, role), ...secrets, ...bucketSecrets, ...imagePullSecrets]) {
    if (key.namespace !== namespace) {
      throw new InvalidPropError(
        `${noun}.${imagePullSecrets.includes(key) ? 'imagePullSecrets' : 'secrets'}`,
        `secret ${key.namespace}/${key.secretName}, key ${key.key}`,
        `is not in the namespace of the chart, ${namespace}, and no pod of it can read it`,
        'Put a copy of the secret into this namespace, and expect that one',
      );
    }
  }
}

/** The server's sessions and locks, and the holds, show the name of the pod. */
export const POD_NAME: k8s.EnvVar = { name: 'PGAPPNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

/** The secrets that a pod reads to connect. */
function loginSecrets(database: PostgresDatabase, role: PostgresRole): SecretKey[] {
  return [role.password, ...tlsSecrets(database, role)];
}

/** The variables by which the client tools find the server. */
function connection(database: PostgresDatabase, { user, password }: PostgresRole): k8s.EnvVar[] {
  return [
    POD_NAME,
    env('PGHOST', database.host),
    env('PGPORT', database.port),
    env('PGUSER', user),
    secretEnv('PGPASSWORD', password),
    env('PASSWORD_SOURCE', password.toString()),
    env('PGDATABASE', database.name),
    env('MAINTENANCE_DATABASE', database.maintenanceDatabase),
    env('SERVER_TIMEOUT', database.serverTimeout.toSeconds()),
  ];
}
