/** How many dumps each rule keeps, and within how many days of the newest all of them. */
export interface Policy {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly within: number;
}

export type DumpState = 'verified' | 'unverified' | 'empty';

export interface Dump {
  /** The time in its name, in milliseconds since 1970; no two dumps share it. */
  readonly time: number;
  readonly state: DumpState;
}

/** What one pruning has to decide. */
export interface Case {
  readonly policy: Policy;
  readonly dumps: readonly Dump[];
  /** The dump of this run, which need not be there yet. */
  readonly current?: number;
}

export const DAY = 86_400_000;

/**
 * The times of the dumps that stay, by the written rules and not by the script's way of following them. Rules:
 * https://restic.readthedocs.io/en/stable/060_forget.html, "Removing snapshots according to a policy". Ours, on top of
 * restic's: a dump that nobody verified never takes the place of one that is verified, and an empty one is no dump. Nor
 * does `within` keep it, or is counted from it.
 */
export function kept({ policy, dumps, current }: Case): Set<number> {
  const [verified, unverified] = (['verified', 'unverified'] as const).map((state) =>
    dumps.filter((dump) => dump.state === state).map(({ time }) => time),
  ) as [number[], number[]];
  const isComing = current !== undefined && !dumps.some(({ time }) => time === current);
  const candidates = { better: isComing ? [...verified, current] : verified, worse: unverified };
  return new Set([
    ...newest(policy.last, [...verified, ...unverified]),
    ...newest(policy.last, verified),
    ...lastOfEach(policy.daily, candidates, (date) => date.toISOString().slice(0, 10)),
    ...lastOfEach(policy.weekly, candidates, monday),
    ...lastOfEach(policy.monthly, candidates, (date) => date.toISOString().slice(0, 7)),
    ...lastOfEach(policy.yearly, candidates, (date) => date.toISOString().slice(0, 4)),
    ...within(policy.within, candidates.better),
    ...(current === undefined ? [] : [current]),
  ]);
}

interface Candidates {
  readonly better: readonly number[];
  readonly worse: readonly number[];
}

/**
 * "For the last n days which have one or more snapshots, keep only the most recent one for each day", and so for all
 * periods.
 */
function lastOfEach(count: number, { better, worse }: Candidates, period: (date: Date) => string): number[] {
  const [best, rest] = [better, worse].map((times) => {
    const ascending = [...times].sort((a, b) => a - b);
    return new Map(ascending.map((time) => [period(new Date(time)), time]));
  }) as [Map<string, number>, Map<string, number>];
  const periods = [...new Map([...rest, ...best])];
  return periods
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .slice(0, count)
    .map(([, time]) => time);
}

/**
 * "Keep all snapshots having a timestamp within the specified duration of the latest snapshot": a snapshot of exactly
 * that age is not.
 */
function within(days: number, times: readonly number[]): number[] {
  const [latest = 0] = newest(1, times);
  return times.filter((time) => time > latest - days * DAY);
}

/** "Weeks are Monday 00:00 to Sunday 23:59": the day on which the week of a date began. */
function monday(date: Date): string {
  const daysSince = (date.getUTCDay() + 6) % 7;
  return new Date(date.getTime() - daysSince * DAY).toISOString().slice(0, 10);
}

export function newest(count: number, times: readonly number[]): number[] {
  return [...times].sort((a, b) => b - a).slice(0, count);
}
