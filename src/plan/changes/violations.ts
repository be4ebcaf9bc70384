import { check } from '../../policies/all';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { changedName, isMoved, resourceName } from '../resources';

/** Answers about the violations of policies that the change introduces. Existing violations do not count. */
export function violations({ before, after, resources, workloads }: Comparison): Change[] {
  if (resources.length === 0) return [];
  // An old violation is under the present name of its resource.
  const moved = new Map(
    resources.flatMap((resource) => (isMoved(resource) ? [[resource.before!, changedName(resource)] as const] : [])),
  );
  const known = new Set<string>();
  const counts = new Map<string, number>();
  const add = (key: string, number: number): number => {
    const count = (counts.get(key) ?? 0) + number;
    counts.set(key, count);
    return count;
  };
  for (const { policy, resource, path, message } of check(before.manifests)) {
    const about = moved.get(resource) ?? resourceName(resource);
    known.add(JSON.stringify([policy, about, path, message]));
    add(JSON.stringify([policy, about]), 1);
  }
  const found = check(after.manifests).map((finding) => ({
    finding,
    isKnown: known.has(JSON.stringify([finding.policy, resourceName(finding.resource), finding.path, finding.message])),
    about: JSON.stringify([finding.policy, resourceName(finding.resource)]),
  }));
  for (const { isKnown, about } of found) if (isKnown) add(about, -1);
  // A suspended backup has an answer of its own.
  const pairs = new Set(workloads.flatMap((pair) => (pair.before && pair.after ? [pair.after.manifest] : [])));
  return found
    .filter(
      ({ isKnown, finding }) => !isKnown && !(finding.policy === 'backup-suspended' && pairs.has(finding.resource)),
    )
    .map(({ finding: { policy, level, resource, path, message, remedy }, about }) => {
      // A policy that is violated in another way is still violated.
      const isOld = add(about, -1) >= 0;
      return change(
        'policy',
        isOld ? 'note' : level,
        resource,
        `${isOld ? 'Still violates' : 'Violates'} the policy ${policy}: ${path} ${message}`,
        [remedy],
      );
    });
}
