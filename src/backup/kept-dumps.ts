/** How many dumps each rule of a retention keeps, and within how many days of the newest all of them; 0 for none. */
export interface RetentionCounts {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly within: number;
}

const DAY = 86_400_000;

/**
 * The times of the dumps that a retention keeps, as the script that prunes does: `restic forget`, by the calendar of
 * UTC.
 * @param times when the dumps began, in milliseconds since 1970, in any order
 * @param isVerified whether the dump of a time is verified, which all are unless told otherwise: one that is not never
 * takes the place of one that is
 * @returns the newest first
 */
export function keptBy(
  retention: RetentionCounts,
  times: readonly number[],
  isVerified: (time: number) => boolean = () => true,
): number[] {
  const newestFirst = [...new Set(times)].sort((a, b) => b - a);
  const verified = newestFirst.filter(isVerified);
  const of = (count: number, period: (time: number) => number): number[] =>
    lastOfEach(count, newestFirst, period, isVerified);
  const kept = new Set([
    ...newestFirst.slice(0, retention.last),
    ...verified.slice(0, retention.last),
    ...verified.filter((time) => verified[0]! - time < retention.within * DAY),
    ...of(retention.daily, (time) => Math.floor(time / DAY)),
    // 1970-01-01 was a Thursday; weeks begin on Monday.
    ...of(retention.weekly, (time) => Math.floor((Math.floor(time / DAY) + 3) / 7)),
    ...of(retention.monthly, (time) => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth()),
    ...of(retention.yearly, (time) => new Date(time).getUTCFullYear()),
  ]);
  return newestFirst.filter((time) => kept.has(time));
}

function lastOfEach(
  count: number,
  newestFirst: readonly number[],
  period: (time: number) => number,
  isVerified: (time: number) => boolean,
): number[] {
  const last = new Map<number, number>();
  for (const time of newestFirst) {
    const chosen = last.get(period(time));
    if (chosen === undefined && last.size === count) break;
    if (chosen === undefined || (!isVerified(chosen) && isVerified(time))) last.set(period(time), time);
  }
  return [...last.values()];
}
