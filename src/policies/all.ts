import { LEVELS } from '../reports/level';
import type { Manifest } from '../manifests/manifest';
import { BACKUP } from './backup-policies';
import { CONNECTION } from './connection-policies';
import { FLUX } from './flux-policies';
import { IMAGE } from './image-policies';
import { OFFSITE } from './offsite-policies';
import { POD_SECURITY_BASELINE } from './pod-security-baseline';
import { POD_SECURITY_RESTRICTED } from './pod-security-restricted';
import type { Finding, Policy } from './policy';
import { RESTORE } from './restore-policies';
import { SECRETS } from './secret-policies';
import { SIZES } from './size-policies';
import { STORAGE } from './storage-policies';
import { WORKLOAD } from './workload-policies';

/** The policies by theme, in the order of the documentation. */
export const THEMES: Readonly<Record<string, readonly Policy[]>> = {
  Restores: RESTORE,
  Backups: BACKUP,
  'Copies off site': OFFSITE,
  Connections: CONNECTION,
  Storage: STORAGE,
  Flux: FLUX,
  Sizes: SIZES,
  Secrets: SECRETS,
  'Jobs and CronJobs': WORKLOAD,
  Images: IMAGE,
  'Pod security: baseline': POD_SECURITY_BASELINE,
  'Pod security: restricted': POD_SECURITY_RESTRICTED,
};

export const POLICIES: readonly Policy[] = Object.values(THEMES).flat();

/** The violations of the resources of a tree: the worst first, then by file, name, policy and path. */
export function check(manifests: readonly Manifest[], policies: readonly Policy[] = POLICIES): Finding[] {
  const findings = manifests.flatMap((resource) =>
    policies.flatMap((policy): Finding[] =>
      policy.check(resource, { manifests }).map((violation) => ({
        policy: policy.id,
        level: policy.level,
        resource,
        remedy: policy.remedy,
        ...violation,
      })),
    ),
  );
  const sorted = findings
    .map((finding) => ({ finding, key: sortKey(finding) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.map(({ finding }) => finding);
}

function sortKey({ level, policy, path, resource: { file, kind, namespace, name } }: Finding): string {
  return [LEVELS.indexOf(level), file, kind, namespace, name, policy, path].join('\0');
}
