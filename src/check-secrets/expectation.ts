/** What an expectation asks of the repo. */
import type { Expectation, ExpectedSecret } from '../manifests/expected-list';

/** The name under which the reports tell of it. */
export function idOf({ namespace, name }: ExpectedSecret): string {
  return `${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** Whether the repo need not have it. */
export function isOptional({ optionalUntil, provider }: Pick<Expectation, 'optionalUntil' | 'provider'>): boolean {
  return optionalUntil !== undefined || provider !== undefined;
}

/** Whether something may be of the namespace that is expected. */
export function isIn(
  { namespace, isAnywhere }: { readonly namespace: string | undefined; readonly isAnywhere?: boolean },
  expected: string | undefined,
): boolean {
  return expected === undefined || namespace === expected || isAnywhere === true;
}
