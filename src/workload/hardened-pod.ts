import { Size } from 'cdk8s';
import { ContainerResources, k8s, PersistentVolumeAccessMode } from 'cdk8s-plus-28';
import { IBackupStorage } from '../backup/backup-pvc';
import { env, givenEnv } from './environment';
import { defaultContainer } from '../kubernetes/labels';
import { PostgresImage } from '../database/postgres-image';
import { PodOptions } from './pod-options';
import { ScriptConfigMap, SCRIPTS_PATH } from './script-config-map';
import { SecretsCheck } from './secrets-check';

/** The folder of the claim in a pod. */
export const STORAGE_PATH = '/backups';

const SCRATCH_SIZE = Size.mebibytes(64);
const REPORT_PATH = '/secrets-report';
const REPORT_SIZE = Size.mebibytes(1);

/**
 * The claim, room for small files, and the findings about the secrets: for the containers of a script that works with
 * dumps.
 */
export const WORKING_MOUNTS: k8s.VolumeMount[] = [
  { name: 'secrets-report', mountPath: REPORT_PATH, readOnly: true },
  { name: 'storage', mountPath: STORAGE_PATH },
  { name: 'scratch', mountPath: '/tmp' },
];

/** The folder with the findings about the secrets. */
export const SECRETS_REPORT = env('SECRETS_REPORT', REPORT_PATH);

export interface HardenedPodProps extends PodOptions {
  readonly containerName: string;
  readonly script: string;
  readonly scripts: ScriptConfigMap;
  readonly image: PostgresImage;
  readonly storage: IBackupStorage;
  readonly secrets: SecretsCheck;
  /** The settings of the script. */
  readonly settings: k8s.EnvVar[];
  /** @default - none */
  readonly extras?: PodExtras;
}

/** The additions to the usual pod of a script. */
export interface PodExtras {
  /** @default - that of the options */
  readonly serviceAccountName?: string;
  /**
   * Seconds between SIGTERM and SIGKILL.
   * @default 30
   */
  readonly gracePeriod?: number;
  /**
   * The volume that the script sees instead of the claim.
   * @default - the claim
   */
  readonly storage?: k8s.Volume;
  /** Containers that run right before the script's. */
  readonly initContainers: ContainerProps[];
  readonly volumes: k8s.Volume[];
  /** The folders in which the script sees the volumes. */
  readonly volumeMounts: k8s.VolumeMount[];
}

/**
 * A pod that runs one script under the restricted Pod Security Standard, and stricter: no automatic token, no service
 * links, and no writable files but the claim and a small scratch space. Before the script, a container without the
 * claim checks the expected secrets. It leaves its findings in memory: sentences and fingerprints.
 * Rule: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function hardenedPod(props: HardenedPodProps): k8s.PodTemplateSpec {
  const { image, secrets, extras } = props;
  return {
    metadata: {
      labels: props.labels,
      annotations: {
        ...props.annotations,
        ...defaultContainer(props.containerName),
        'cdk8s-postgres-backup/scripts-sha256': props.scripts.digest,
      },
    },
    spec: {
      // A container that is restarted in place loses the log of its first try; the Job makes a new pod instead.
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: image.uid,
        runAsGroup: image.gid,
        ...groupFor(props.storage, image),
        seccompProfile: { type: 'RuntimeDefault' },
      },
      nodeSelector: props.nodeSelector,
      tolerations: props.tolerations,
      affinity: props.affinity,
      topologySpreadConstraints: unlessEmpty(props.topologySpreadConstraints),
      priorityClassName: props.priorityClassName,
      runtimeClassName: props.runtimeClassName,
      imagePullSecrets: unlessEmpty(props.imagePullSecrets)?.map(({ secretName }) => ({ name: secretName })),
      serviceAccountName: extras?.serviceAccountName ?? props.serviceAccount?.name,
      terminationGracePeriodSeconds: extras?.gracePeriod,
      initContainers: [
        hardenedContainer(props, {
          name: 'check-secrets',
          script: 'check-secrets.sh',
          env: [...secrets.env, SECRETS_REPORT, env('TMPDIR', REPORT_PATH)],
          volumeMounts: [...secrets.volumeMounts, { name: 'secrets-report', mountPath: REPORT_PATH }],
        }),
        ...(extras?.initContainers ?? []).map((container) => hardenedContainer(props, container)),
      ],
      containers: [
        hardenedContainer(props, {
          name: props.containerName,
          script: props.script,
          env: [...props.settings, SECRETS_REPORT],
          volumeMounts: [...WORKING_MOUNTS, ...(extras?.volumeMounts ?? [])],
        }),
      ],
      volumes: [
        ...props.scripts.volumes,
        ...secrets.volumes,
        { name: 'secrets-report', emptyDir: { medium: 'Memory', sizeLimit: quantity(REPORT_SIZE) } },
        extras?.storage ?? { name: 'storage', persistentVolumeClaim: { claimName: props.storage.claimName } },
        { name: 'scratch', emptyDir: { sizeLimit: quantity(SCRATCH_SIZE) } },
        ...(extras?.volumes ?? []),
        ...(props.volumes ?? []).map(({ volume }) => volume),
      ],
    },
  };
}

export interface ContainerProps {
  readonly name: string;
  /** @default - that of the pod */
  readonly image?: string;
  readonly script: string;
  readonly env: k8s.EnvVar[];
  readonly volumeMounts: k8s.VolumeMount[];
}

function hardenedContainer(
  pod: HardenedPodProps,
  { name, image, script, env: variables, volumeMounts }: ContainerProps,
): k8s.Container {
  return {
    name,
    image: image ?? pod.image.image,
    // Another image need not have bash.
    command: image === undefined ? ['sh', `${SCRIPTS_PATH}/run.sh`, script] : ['sh', `${SCRIPTS_PATH}/${script}`],
    imagePullPolicy: pod.imagePullPolicy,
    env: [...variables, ...Object.entries(pod.env ?? {}).map(([variable, value]) => givenEnv(variable, value))],
    resources: requirements(pod.resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      ...pod.scripts.volumeMounts,
      ...volumeMounts,
      ...(pod.volumes ?? []).map(({ volume, mountPath, readOnly = true }) => ({
        name: volume.name,
        mountPath,
        readOnly,
      })),
    ],
  };
}

/** Leaves out an empty list: the API server drops it, and each apply would count as a change. */
function unlessEmpty<T>(items: T[] | undefined): T[] | undefined {
  return items?.length === 0 ? undefined : items;
}

/** New block volumes belong to root. On network file systems the group is not applied, or file by file. */
function groupFor(storage: IBackupStorage, image: PostgresImage): k8s.PodSecurityContext {
  const shared = storage.accessModes.includes(PersistentVolumeAccessMode.READ_WRITE_MANY);
  return shared ? {} : { fsGroup: image.gid, fsGroupChangePolicy: 'OnRootMismatch' };
}

const DEFAULT_REQUIREMENTS: k8s.ResourceRequirements = {
  requests: { cpu: k8s.Quantity.fromString('25m'), memory: k8s.Quantity.fromString('64Mi') },
  limits: { memory: k8s.Quantity.fromString('256Mi') },
};

function requirements(resources: ContainerResources | undefined): k8s.ResourceRequirements {
  if (resources === undefined) {
    return DEFAULT_REQUIREMENTS;
  }
  const { cpu, memory, ephemeralStorage } = resources;
  return {
    requests: quantities(cpu?.request?.amount, memory?.request, ephemeralStorage?.request),
    limits: quantities(cpu?.limit?.amount, memory?.limit, ephemeralStorage?.limit),
  };
}

function quantities(cpu?: string, memory?: Size, ephemeralStorage?: Size): { [resource: string]: k8s.Quantity } {
  return {
    ...(cpu !== undefined && { cpu: k8s.Quantity.fromString(cpu) }),
    ...(memory !== undefined && { memory: quantity(memory) }),
    ...(ephemeralStorage !== undefined && { 'ephemeral-storage': quantity(ephemeralStorage) }),
  };
}

export function quantity(size: Size): k8s.Quantity {
  return k8s.Quantity.fromString(size.asString());
}
