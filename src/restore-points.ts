/** How many dumps each rule of a retention keeps; 0 for none. */
export interface RetentionCounts {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

const DAY = 86_400_000;

/**
 * The times of the verified dumps that a retention keeps, as the script that prunes does: `restic forget`, by the calendar
 * of UTC.
 * @param times when the dumps began, in milliseconds since 1970, in any order
 * @returns the newest first
 */
export function keptBy(retention: RetentionCounts, times: readonly number[]): number[] {
  const newestFirst = [...new Set(times)].sort((a, b) => b - a);
  const kept = new Set([
    ...newestFirst.slice(0, retention.last),
    ...newestOfEach(retention.daily, newestFirst, (time) => Math.floor(time / DAY)),
    // 1970-01-01 was a Thursday; weeks begin on Monday.
    ...newestOfEach(retention.weekly, newestFirst, (time) => Math.floor((Math.floor(time / DAY) + 3) / 7)),
    ...newestOfEach(retention.monthly, newestFirst, (time) => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth()),
    ...newestOfEach(retention.yearly, newestFirst, (time) => new Date(time).getUTCFullYear()),
  ]);
  return newestFirst.filter((time) => kept.has(time));
}

function newestOfEach(count: number, newestFirst: readonly number[], period: (time: number) => number): number[] {
  const newest = new Map<number, number>();
  for (const time of newestFirst) {
    if (newest.has(period(time))) continue;
    if (newest.size === count) break;
    newest.set(period(time), time);
  }
  return [...newest.values()];
}
