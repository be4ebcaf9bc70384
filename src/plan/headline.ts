import type { Plan } from './plan';
import { name, plural } from './words';

const NOUNS = { error: 'error', warning: 'warning', note: 'note' } as const;

/** The risk and what it comes from, in one line. */
export function headline({ risk, changes, base, head }: Plan): string {
  const [worst] = changes;
  if (worst === undefined) return `No change: ${name(head)} has what ${name(base)} has`;
  const levels = (['error', 'warning', 'note'] as const).map((level) => [changes.filter((change) => change.level === level).length, NOUNS[level]] as const);
  const counts = levels.filter(([number]) => number > 0).map(([number, noun]) => plural(number, noun));
  return `Risk: ${risk}. ${name(worst.title)} (${counts.join(', ')})`;
}
