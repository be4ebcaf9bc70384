import type { PodOptions } from './pod';

export interface Sketch {
  readonly script: string;
  readonly container?: object;
  readonly spec?: object;
  readonly manifests?: readonly object[];
}

export const UID = 999;
export const GID = 998;

export const SCRIPTS_VOLUME = { name: 'scripts', configMap: { name: 'scripts' } };
export const SHARED_VOLUME = { name: 'shared', emptyDir: {} };

/** A container that finds the shared volume at $DIR. */
export function sharingContainer(name: string, script: string): object {
  const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
  return { name, command: ['/bin/sh', '-c', script], volumeMounts, env: [{ name: 'DIR', value: '/shared' }] };
}

/**
 * What it takes to run a little script as a pod: a CronJob and a ConfigMap, with `container` and `spec` laid over
 * theirs.
 */
export function podOptions(
  { script, container, spec, manifests = [] }: Sketch,
  more: Partial<PodOptions> = {},
): PodOptions {
  const main = {
    name: 'main',
    command: ['/bin/sh', '/scripts/main.sh'],
    securityContext: { readOnlyRootFilesystem: true },
    volumeMounts: [{ name: 'scripts', mountPath: '/scripts', readOnly: true }],
    ...container,
  };
  const template = {
    metadata: { labels: { app: 'example' } },
    spec: {
      securityContext: { runAsUser: UID, runAsGroup: GID, runAsNonRoot: true },
      containers: [main],
      volumes: [SCRIPTS_VOLUME],
      ...spec,
    },
  };
  const cronJob = {
    kind: 'CronJob',
    metadata: { name: 'job', namespace: 'space' },
    spec: { jobTemplate: { spec: { template } } },
  };
  const configMap = { kind: 'ConfigMap', metadata: { name: 'scripts' }, data: { 'main.sh': script } };
  return {
    manifests: [configMap, cronJob, ...manifests],
    workload: 'job',
    userland: 'gnu',
    claims: {},
    secrets: {},
    ...more,
  };
}
