/** The number of dumps that each rule of a retention keeps; `within` in days. 0 for none. */
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
 * Returns the times of the dumps that a retention keeps, by the rules of the script that prunes: those of
 * `restic forget`, by the calendar of UTC.
 * @param times the beginnings of the dumps, in milliseconds since 1970, in any order
 * @param isVerified true for the time of a verified dump; by default, all are verified. An unverified dump never takes
 * the place of a verified one
 * @returns the times, the newest first
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
