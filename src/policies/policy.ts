import type { Level } from '../reports/level';
import { pathText, type Manifest, type Value } from '../manifests/manifest';

/** What is wrong with one resource. */
export interface Violation {
  /** The field, e.g. `spec.jobTemplate.spec.activeDeadlineSeconds`. */
  readonly path: string;
  /** What is there, and why it matters. */
  readonly message: string;
  /** What to do, where it differs from what the policy says of all. */
  readonly remedy?: string;
  /** How bad it is, where it differs from what the policy says of all. */
  readonly level?: Level;
}

/** What a policy may look at beside the resource: all resources of the tree. */
export interface PolicyContext {
  readonly manifests: readonly Manifest[];
}

/** A rule that the resources of a tree must follow. Ids are stable: reviews, suppressions and scripts go by them. */
export interface Policy {
  readonly id: string;
  readonly level: Level;
  /** The rule in one sentence. */
  readonly rule: string;
  /** What happens where it is broken. */
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

/** Reads of a tree what its resources are held against: once, however many of them there are. */
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
