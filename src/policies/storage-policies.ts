import { isKept, NEVER_RECREATE, PRUNE, SSA } from '../delivery/gitops-annotations';
import { text, type Manifest } from '../manifests/manifest';
import { entries, isAbsent, podField, podOf } from './pod';
import { violation, type Policy } from './policy';

const ANNOTATIONS = ['metadata', 'annotations'];
const annotation = ({ object }: Manifest, name: string): string | undefined => text(object, ...ANNOTATIONS, name);

/**
 * The hashes that cdk8s and kustomize append to names: 8 hexadecimal digits that begin with c8, and 10 characters
 * without vowels.
 */
const HASH = /-(c8[0-9a-f]{6}|(?=[a-z]*\d)[bcdfghkmt2456789]{10})$/;

/** Policies on the place of the dumps. */
export const STORAGE: readonly Policy[] = [
  {
    id: 'claim-kept',
    level: 'error',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/#prune',
    rule:
      'A claim stays in the cluster when it disappears from Git. It has kustomize.toolkit.fluxcd.io/prune: ' +
      'disabled, argocd.argoproj.io/sync-options: Prune=false,Delete=false or helm.sh/resource-policy: keep.',
    because: 'Most provisioners delete the stored files with the claim: a removed line would delete every dump.',
    remedy: 'Use BackupPvc, or add the annotation of the tool that applies the claim.',
    check: (manifest) => {
      if (manifest.kind !== 'PersistentVolumeClaim' || isKept((name) => annotation(manifest, name))) return [];
      const why = 'the claim would be deleted when it is removed from Git';
      return [violation([...ANNOTATIONS, PRUNE], annotation(manifest, PRUNE), why)];
    },
  },
  {
    id: 'claim-not-recreated',
    level: 'note',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources',
    rule: 'Flux never deletes a claim to re-create it: the claim has kustomize.toolkit.fluxcd.io/ssa: IfNotPresent.',
    because:
      'A Kustomization with force deletes the claim on any change that Kubernetes does not allow. It is a note, ' +
      'since the price of the guard ' +
      'is that a new size in Git is not applied: resizableFromGit leaves it out on purpose.',
    remedy: 'Leave out resizableFromGit, or make sure that no Kustomization with force applies the claim.',
    check: (manifest) => {
      const value = annotation(manifest, SSA);
      if (manifest.kind !== 'PersistentVolumeClaim' || value === NEVER_RECREATE[SSA]) return [];
      return [violation([...ANNOTATIONS, SSA], value, 'a Kustomization with force can delete the claim and the dumps')];
    },
  },
  {
    id: 'fs-group-on-nfs',
    level: 'warning',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
    rule: 'No pod with an fsGroup mounts a claim whose storage class is NFS by name.',
    because:
      'The group is not applied to NFS, or file by file at every start: the server decides who owns the files. ' +
      'Only the class in the same tree ' +
      'tells, hence a warning.',
    remedy:
      'Remove fsGroup and let the server map the user, or make the claim ReadWriteMany, for which BackupPvc sets none.',
    check: (manifest, { manifests }) => {
      const pod = podOf(manifest);
      if (pod === undefined) return [];
      const { path, value } = podField(pod, 'securityContext', 'fsGroup');
      if (isAbsent(value)) return [];
      const names = entries(podField(pod, 'volumes')).map((volume) =>
        text(volume.value, 'persistentVolumeClaim', 'claimName'),
      );
      const claim = manifests.find(
        ({ kind, namespace, name, object }) =>
          kind === 'PersistentVolumeClaim' &&
          namespace === manifest.namespace &&
          names.includes(name) &&
          /nfs/i.test(text(object, 'spec', 'storageClassName') ?? ''),
      );
      const storageClass = text(claim?.object, 'spec', 'storageClassName');
      return claim === undefined
        ? []
        : [
            violation(
              path,
              value,
              `the claim ${claim.name} is of the class ${storageClass}, to which no group is applied`,
            ),
          ];
    },
  },
  {
    id: 'hash-in-name',
    level: 'error',
    rule: 'The names of claims and CronJobs have no hash in them.',
    because:
      'Dumps are found by the name of the claim, and runs and restores by that of the CronJob: a new hash ' +
      'begins with an empty claim.',
    remedy: 'Give it a name of its own, and keep it.',
    check: ({ kind, name }) =>
      (kind === 'PersistentVolumeClaim' || kind === 'CronJob') && HASH.test(name)
        ? [violation(['metadata', 'name'], name, 'it ends with a hash, which changes with what surrounds it')]
        : [],
  },
];
