import type { Level } from '../reports/level';
import { pathText, type Manifest, type Value } from '../manifests/manifest';

/** A violation of a policy by one resource. */
export interface Violation {
  /** The field, e.g. `spec.jobTemplate.spec.activeDeadlineSeconds`. */
  readonly path: string;
  /** The present value, and why it matters. */
  readonly message: string;
  /** The remedy, if it differs from that of the policy. */
  readonly remedy?: string;
  /** The level, if it differs from that of the policy. */
  readonly level?: Level;
}

/** The context of a resource: all resources of the tree. */
export interface PolicyContext {
  readonly manifests: readonly Manifest[];
}

/** A rule that the resources of a tree must follow. Ids are stable: reviews, suppressions and scripts refer to them. */
export interface Policy {
  readonly id: string;
  readonly level: Level;
  /** The rule in one sentence. */
  readonly rule: string;
  /** The consequence of breaking the rule. */
  readonly because: string;
  readonly remedy: string;
  /** The source of the rule, if it is not ours. */
  readonly source?: string;
  readonly check: (resource: Manifest, context: PolicyContext) => readonly Violation[];
}

/** A violation of a policy, in a report. */
export interface Finding extends Violation {
  readonly policy: string;
  readonly level: Level;
  readonly resource: Manifest;
  readonly remedy: string;
}

/** Reads the facts of a tree that its resources are compared with: once, for all of them. */
export function oncePerTree<T>(read: (manifests: readonly Manifest[]) => T): (manifests: readonly Manifest[]) => T {
  const known = new WeakMap<readonly Manifest[], { readonly found: T }>();
  return (manifests) => {
    const entry = known.get(manifests) ?? { found: read(manifests) };
    known.set(manifests, entry);
    return entry.found;
  };
}

/** A violation at a path, with the present value. */
export function violation(path: readonly (string | number)[], value: Value, why: string, remedy?: string): Violation {
  const shown = value === undefined ? 'missing' : JSON.stringify(value);
  return {
    path: pathText(path),
    message: `is ${shown.length > 80 ? `${shown.slice(0, 77)}…` : shown}: ${why}`,
    ...(remedy !== undefined && { remedy }),
  };
}
