import { check } from '../../policies/all';
import type { Finding } from '../../policies/policy';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { resourceName } from '../resources';

/** The violations of policies that the change brings. What was there before is no matter of the change. */
export function violations({ before, after, resources }: Comparison): Change[] {
  if (resources.length === 0) return [];
  const known = new Set(check(before.manifests).map(keyOf));
  return check(after.manifests)
    .filter((finding) => !known.has(keyOf(finding)))
    .map(({ policy, level, resource, path, message, remedy }) =>
      change('policy', level, resource, `Violates the policy ${policy}: ${path} ${message}`, [remedy]),
    );
}

function keyOf({ policy, resource, path, message }: Finding): string {
  return JSON.stringify([policy, resourceName(resource), path, message]);
}
