/** The report of a check: a row for each expectation, and the findings. */
import type { FoundValue } from './check-values';
import type { Expectation } from '../manifests/expected-list';
import type { Finding, Place } from '../reports/findings';
import { LEVELS, type Level } from '../reports/level';

/** The result of one expectation. */
export interface Row {
  readonly secret: string;
  readonly key: string | undefined;
  readonly because: string;
  readonly level: Level | 'ok';
  /** The place of the key, or else of the Secret, in the repo. */
  readonly place: Place | undefined;
  /** The length in bytes, as far as the ciphertext shows it. */
  readonly length: FoundValue['length'];
}

export interface Report {
  readonly lists: readonly string[];
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
}

/**
 * @param values the values of all Secrets that may be meant
 * @param findings all findings about the Secret
 * @param place the place of the Secret
 */
export function rowOf(
  { key, because }: Expectation,
  secret: string,
  values: readonly FoundValue[],
  findings: readonly Finding[],
  place: Place | undefined,
): Row {
  const mine = findings.filter((one) => one.key === undefined || key === undefined || one.key === key);
  const value = values.find((one) => key !== undefined && one.key === key);
  return {
    secret,
    key,
    because,
    level: LEVELS.find((level) => mine.some((one) => one.level === level)) ?? 'ok',
    place: value?.place ?? place,
    length: value?.length,
  };
}
