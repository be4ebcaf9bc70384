/** The parts of Kubernetes manifests that decide how a pod runs. */

export interface ConfigMap {
  readonly kind: 'ConfigMap';
  readonly metadata: Metadata;
  readonly data?: Readonly<Record<string, string>>;
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: KeyRef;
    readonly configMapKeyRef?: KeyRef;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

export interface FileSource {
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: FileSource & { readonly name: string };
  readonly secret?: FileSource & { readonly secretName: string };
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly projected?: { readonly sources: readonly ProjectedSource[]; readonly defaultMode?: number };
}

export interface ProjectedSource {
  readonly secret?: FileSource & { readonly name: string };
  readonly configMap?: FileSource & { readonly name: string };
  readonly serviceAccountToken?: { readonly path: string };
  readonly downwardAPI?: {
    readonly items: readonly { readonly path: string; readonly fieldRef: { readonly fieldPath: string } }[];
  };
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
}

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: SecurityContext & { readonly readOnlyRootFilesystem?: boolean };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly serviceAccountName?: string;
  readonly securityContext?: SecurityContext & {
    readonly fsGroup?: number;
    readonly supplementalGroups?: readonly number[];
  };
}

interface PodTemplate {
  readonly metadata?: Partial<Metadata>;
  readonly spec: PodSpec;
}

type Workload =
  | {
      readonly kind: 'CronJob';
      readonly metadata: Metadata;
      readonly spec: { readonly jobTemplate: { readonly spec: { readonly template: PodTemplate } } };
    }
  | { readonly kind: 'Job'; readonly metadata: Metadata; readonly spec: { readonly template: PodTemplate } };

export interface Workplan {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** What a manifest may say of a pod that would change how it runs, but that nobody acts on here. */
const UNSUPPORTED = ['envFrom', 'workingDir', 'lifecycle', 'volumeDevices', 'restartPolicy'];

/** The pod of the CronJob or Job with that name. */
export function findWorkload(manifests: readonly object[], name: string): Workplan {
  const workloads = (manifests as Workload[]).filter(({ kind }) => kind === 'CronJob' || kind === 'Job');
  const found = workloads.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const names = workloads.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ') || 'none';
    throw new Error(`The manifests hold no CronJob or Job ${name}; they hold: ${names}.`);
  }
  const template = found.kind === 'CronJob' ? found.spec.jobTemplate.spec.template : found.spec.template;
  for (const container of [...(template.spec.initContainers ?? []), ...template.spec.containers]) {
    const unsupported = UNSUPPORTED.find((field) => field in container);
    if (unsupported !== undefined)
      throw new Error(`The container ${container.name} has ${unsupported}, which the test pods do not support.`);
  }
  return {
    namespace: found.metadata.namespace ?? 'default',
    labels: template.metadata?.labels ?? {},
    spec: template.spec,
  };
}

export function findConfigMap(manifests: readonly object[], name: string): ConfigMap | undefined {
  return (manifests as ConfigMap[]).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
}
