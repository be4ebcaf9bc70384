import { Duration } from 'cdk8s';
import { ContainerResources, ImagePullPolicy, IServiceAccount, k8s } from 'cdk8s-plus-28';
import { checkDuration, InvalidPropError } from '../errors';
import { checkLabels, checkName } from '../kubernetes/names';
import { VOLUME_TYPES } from '../kubernetes/volume-types';
import { Isolation } from '../network/isolation';
import { SecretKey } from '../secrets/secret-key';
import { RESERVED } from './secrets-check';
import { VARIABLES } from './variables';

/** Options of the pods of every workload. */
export interface PodOptions {
  /**
   * CPU and memory of the container. Private memory peaks at 8 MiB in a backup. A CPU limit of 200m makes a backup 2.6
   * times slower (`npm run bench:backup`), and a backup holds its locks and its snapshot for as long as it runs.
   * @default - requests of 25m and 64Mi, a memory limit of 256Mi, no CPU limit
   */
  readonly resources?: ContainerResources;
  /**
   * Labels that a node must have.
   * @default - any node
   */
  readonly nodeSelector?: { [label: string]: string };
  /**
   * Taints that the pods tolerate.
   * @default - none
   */
  readonly tolerations?: k8s.Toleration[];
  /**
   * Rules for choosing a node.
   * @default - none
   */
  readonly affinity?: k8s.Affinity;
  /**
   * Account of the pods. Its token is not mounted. With `quiesce`, this account may set the scale.
   * @default - the namespace's own; with `quiesce`, a new account
   */
  readonly serviceAccount?: IServiceAccount;
  /**
   * Isolation of the pods from the network, but for the peers that they need.
   * @default - none beyond that of the namespace
   */
  readonly isolation?: Isolation;
  /**
   * Environment variables of every container, by name, e.g. `{ TZ: 'Europe/Zurich' }`. Values arrive unchanged. Names
   * that the library sets itself are refused. Values are in the manifest: a secret belongs in `volumes`.
   * @default - none
   */
  readonly env?: { [name: string]: string };
  /**
   * Volumes, mounted into every container, e.g. a ConfigMap of your own.
   * @default - none
   */
  readonly volumes?: PodVolume[];
  /**
   * Name of the PriorityClass of the pods, up to 253 characters.
   * @default - that of the cluster
   */
  readonly priorityClassName?: string;
  /**
   * Secrets that the images are pulled with, e.g. `secrets.expectKey('registry', '.dockerconfigjson')`. They are on the
   * list of expected secrets: without them no pod of a restore begins.
   * @default - those of the service account
   */
  readonly imagePullSecrets?: SecretKey[];
  /**
   * Pull policy of the images of the containers.
   * @default - that of Kubernetes: IfNotPresent, since no image has the tag `latest`
   */
  readonly imagePullPolicy?: ImagePullPolicy;
  /**
   * Constraints that spread the pods over the zones and nodes.
   * @default - those of the cluster
   */
  readonly topologySpreadConstraints?: k8s.TopologySpreadConstraint[];
  /**
   * Name of the RuntimeClass of the pods, up to 253 characters, e.g. of a sandbox such as gVisor.
   * @default - that of the node
   */
  readonly runtimeClassName?: string;
  /**
   * Time that a finished Job stays, with its pods and their logs, in whole seconds, at least 1 minute. The counts of
   * retained Jobs apply, too. A `RestoreJob` that a merge starts refuses it: Flux would create the Job again.
   * @default - until the counts of retained Jobs remove it
   */
  readonly ttlAfterFinished?: Duration;
  /**
   * Labels of the workload and its pods, beside the recommended ones.
   * @default - none
   */
  readonly labels?: { [name: string]: string };
  /**
   * Annotations of the workload and its pods.
   * @default - none
   */
  readonly annotations?: { [name: string]: string };
}

/** A volume, and its folder in the containers. */
export interface PodVolume {
  /**
   * The volume, of a type that the restricted Pod Security Standard allows. Its name must not be a name of the
   * library's volumes. A Secret in it must be expected by the `SecretExpectations` of the workload.
   */
  readonly volume: k8s.Volume;
  /** Absolute path of the folder, outside of those that the library mounts. */
  readonly mountPath: string;
  /**
   * Whether the containers can only read it.
   * @default true
   */
  readonly readOnly?: boolean;
}

/**
 * Returns the options for pods among the props of a workload. JavaScript may give others, which must not reach the pod.
 */
export function podOptions(props: PodOptions): { readonly [Option in keyof Required<PodOptions>]: PodOptions[Option] } {
  return {
    resources: props.resources,
    nodeSelector: props.nodeSelector,
    tolerations: props.tolerations,
    affinity: props.affinity,
    serviceAccount: props.serviceAccount,
    isolation: props.isolation,
    env: props.env,
    volumes: props.volumes,
    priorityClassName: props.priorityClassName,
    imagePullSecrets: props.imagePullSecrets,
    imagePullPolicy: props.imagePullPolicy,
    topologySpreadConstraints: props.topologySpreadConstraints,
    runtimeClassName: props.runtimeClassName,
    ttlAfterFinished: props.ttlAfterFinished,
    labels: props.labels,
    annotations: props.annotations,
  };
}

/**
 * @param noun name of the construct in error messages
 * @param own the pod without the variables and volumes of the options
 * @throws InvalidPropError
 */
export function checkPodOptions(noun: string, options: PodOptions, own: k8s.PodSpec): void {
  checkLabels(`${noun}.labels`, options.labels);
  checkLabels(`${noun}.nodeSelector`, options.nodeSelector);
  for (const property of ['priorityClassName', 'runtimeClassName'] as const) {
    const name = options[property];
    if (name !== undefined) {
      checkName(`${noun}.${property}`, name);
    }
  }
  if (options.ttlAfterFinished !== undefined) {
    checkDuration(`${noun}.ttlAfterFinished`, options.ttlAfterFinished, 60);
  }
  const containers = [...(own.initContainers ?? []), ...own.containers];
  checkEnv(`${noun}.env`, options.env ?? {});
  const paths = containers.flatMap(({ volumeMounts = [] }) => volumeMounts).map(({ mountPath }) => mountPath);
  checkVolumes(`${noun}.volumes`, options.volumes ?? [], own.volumes ?? [], [...paths, RESERVED.path]);
}

function checkEnv(property: string, env: { [name: string]: string }): void {
  for (const name of Object.keys(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new InvalidPropError(
        property,
        name,
        'is not the name of a variable',
        'Use letters, digits and "_", and no digit at the beginning',
      );
    }
    if (name in VARIABLES || SET_BY_SCRIPTS.has(name)) {
      throw new InvalidPropError(
        property,
        name,
        'is set by the library, and two values would contradict each other',
        name.startsWith('PGSSL')
          ? 'Leave it out, and use the prop tls of PostgresDatabase.at, e.g. Tls.require()'
          : 'Leave it out, and use the prop that it comes from',
      );
    }
  }
}

/** The scripts overwrite these variables. */
const SET_BY_SCRIPTS: ReadonlySet<string> = new Set([
  'LC_ALL',
  'PGCLIENTENCODING',
  'PGOPTIONS',
  'PGSERVICE',
  'PGSERVICEFILE',
]);

function checkVolumes(
  property: string,
  volumes: readonly PodVolume[],
  own: readonly k8s.Volume[],
  paths: readonly string[],
): void {
  const names = new Set(own.map(({ name }) => name));
  const mounted = [...paths];
  for (const { volume, mountPath } of volumes) {
    checkVolume(property, volume);
    if (names.has(volume.name) || volume.name.startsWith(RESERVED.volume)) {
      throw new InvalidPropError(
        `${property}.volume.name`,
        volume.name,
        'is the name of another volume of the pod',
        'Use another name',
      );
    }
    names.add(volume.name);
    if (!/^\/[^:]*$/.test(mountPath) || mountPath.split('/').some((part) => part === '.' || part === '..')) {
      throw new InvalidPropError(
        `${property}.mountPath`,
        mountPath,
        'is not the absolute path of a folder',
        'Write it like /etc/company-ca, without ":", "." and ".."',
      );
    }
    const other = mounted.find((path) => isInside(path, mountPath) || isInside(mountPath, path));
    if (other !== undefined) {
      throw new InvalidPropError(
        `${property}.mountPath`,
        mountPath,
        `overlaps the volume at ${other}: one would hide files of the other`,
        'Use a folder of its own, e.g. /etc/company-ca',
      );
    }
    mounted.push(mountPath);
  }
}

function checkVolume(property: string, volume: k8s.Volume): void {
  const { name, ...sources } = volume;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new InvalidPropError(
      `${property}.volume.name`,
      name,
      'is not a DNS-1123 label',
      'Use up to 63 lower-case letters, digits and "-", beginning and ending with a letter or a digit',
    );
  }
  const types = Object.keys(sources).filter((type) => sources[type as keyof typeof sources] !== undefined);
  if (types.length !== 1 || !VOLUME_TYPES.includes(types[0]!)) {
    throw new InvalidPropError(
      `${property}.volume`,
      volume,
      'is not of exactly one type that the restricted Pod Security Standard allows',
      `Use one of ${VOLUME_TYPES.join(', ')}`,
    );
  }
}

function isInside(path: string, folder: string): boolean {
  return `${path}/`.replace(/\/+/g, '/').startsWith(`${folder}/`.replace(/\/+/g, '/'));
}

/** Names of the Secrets in the volumes. */
export function secretsIn(volumes: readonly PodVolume[]): string[] {
  return volumes.flatMap(({ volume: { secret, projected } }) =>
    [secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name)].filter(
      (name) => name !== undefined,
    ),
  );
}
