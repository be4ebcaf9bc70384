import { LEVELS } from '../reports/level';
import type { Plan } from './plan';
import { name, plural } from './words';

/** The risk and its cause, in one line. */
export function headline({ risk, changes, base, head }: Plan): string {
  const [worst] = changes;
  if (worst === undefined) return `No change: ${name(head)} has what ${name(base)} has`;
  const levels = LEVELS.map((level) => [changes.filter((change) => change.level === level).length, level] as const);
  const counts = levels.filter(([number]) => number > 0).map(([number, level]) => plural(number, level));
  return `Risk: ${risk}. ${name(worst.title)} (${counts.join(', ')})`;
}
