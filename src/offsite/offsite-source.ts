import { k8s } from 'cdk8s-plus-28';
import { IBackupStorage } from '../backup/backup-pvc';
import { env } from '../workload/environment';
import { ContainerProps, quantity, STORAGE_PATH } from '../workload/hardened-pod';
import { ScriptJobProps } from '../workload/script-job';
import { bucketAccess, OFFSITE_DIR } from './bucket-access';
import { OffsiteTarget } from './offsite-target';

/** The additions to a pod that restores a copy as if it were a dump on the claim. */
export interface OffsiteSource {
  /** The containers that fetch a copy. */
  readonly initContainers: ContainerProps[];
  /** Variables of the container that restores. */
  readonly env: k8s.EnvVar[];
  /** The mount of the container that restores. */
  readonly report: k8s.VolumeMount;
  readonly volumes: k8s.Volume[];
}

/**
 * @param volume the volume that gets the copy, and is mounted in the place of the claim
 * @param choice the variables that choose the dump
 * @param extra further settings of the container that fetches
 */
export function offsiteSource(
  target: OffsiteTarget,
  folder: string,
  volume: string,
  choice: readonly k8s.EnvVar[],
  extra: { readonly env: k8s.EnvVar[]; readonly volumeMounts: k8s.VolumeMount[] } = { env: [], volumeMounts: [] },
): OffsiteSource {
  const access = bucketAccess(target, folder);
  return {
    initContainers: [
      access.lending,
      {
        name: 'fetch',
        script: 'offsite-fetch.sh',
        env: [
          ...access.env,
          env('BACKUP_DIR', `${STORAGE_PATH}/${folder}`),
          ...choice,
          env('OFFSITE_AT', ''),
          ...extra.env,
        ],
        volumeMounts: [
          { name: volume, mountPath: STORAGE_PATH },
          { name: 'scratch', mountPath: '/tmp' },
          ...access.volumeMounts,
          ...extra.volumeMounts,
        ],
      },
    ],
    env: [OFFSITE_DIR],
    report: { ...access.report, readOnly: true },
    volumes: access.volumes,
  };
}

/** The volume for a copy, as large as the claim if its size is known. */
export function fetchedVolume(name: string, storage: IBackupStorage): k8s.Volume {
  return { name, emptyDir: { sizeLimit: storage.size === undefined ? undefined : quantity(storage.size) } };
}

/** Turns a restore into that of a copy: the claim is not mounted, since it may be gone. */
export function fromOffsite(job: ScriptJobProps, target: OffsiteTarget): ScriptJobProps {
  const named = (name: string): k8s.EnvVar[] => job.settings.filter((variable) => variable.name === name);
  const choice = ['RESTORE_ACTION', 'RESTORE_DUMP', 'RESTORE_BEFORE'].flatMap(named);
  const source = offsiteSource(target, job.folder, 'storage', choice);
  return {
    ...job,
    settings: [...job.settings, ...source.env],
    reaches: [...(job.reaches ?? []), 'bucket'],
    bucketSecrets: target._secrets,
    extras: {
      ...job.extras,
      storage: fetchedVolume('storage', job.storage),
      initContainers: [...(job.extras?.initContainers ?? []), ...source.initContainers],
      volumes: [...(job.extras?.volumes ?? []), ...source.volumes],
      volumeMounts: [...(job.extras?.volumeMounts ?? []), source.report],
    },
  };
}
