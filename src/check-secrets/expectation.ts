/** The demands of an expectation on the repo. */
import type { Expectation, ExpectedSecret } from '../manifests/expected-list';

/** The name of an expected Secret in reports. */
export function idOf({ namespace, name }: ExpectedSecret): string {
  return `${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** True if the repo need not have it. */
export function isOptional({ optionalUntil, provider }: Pick<Expectation, 'optionalUntil' | 'provider'>): boolean {
  return optionalUntil !== undefined || provider !== undefined;
}

/** True if an object may be in the expected namespace. */
export function isIn(
  { namespace, isAnywhere }: { readonly namespace: string | undefined; readonly isAnywhere?: boolean },
  expected: string | undefined,
): boolean {
  return expected === undefined || namespace === expected || isAnywhere === true;
}
