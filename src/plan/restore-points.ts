import type { BackupWorkload } from '../manifests/backup-workload';
import { keptBy, type RetentionCounts } from '../backup/kept-dumps';
import { Schedule } from '../schedule/schedule';
import type { StoredDump } from './listing';

const DAY = 86_400_000;
const LONGEST = 30 * 366 * DAY;

/** More runs than any storage has dumps. The limit keeps a schedule of every minute from taking all memory. */
const MOST_RUNS = 20_000;

/** The days of each rule's period, at most. */
const PERIODS = { last: 0, daily: 1, weekly: 7, monthly: 31, yearly: 366, within: 1 } as const;

type Rule = keyof typeof PERIODS;

/** A dump that a restore can go back to. */
export interface RestorePoint {
  readonly time: number;
  readonly name: string;
  readonly isHeld: boolean;
  readonly size: number | undefined;
}

/** The effect of a change on the restore points of a backup, at the end of the next run. */
export interface Forecast {
  /**
   * The beginning of the next run; undefined if none is scheduled. The forecast is then for a run on demand, whose own
   * dump it leaves out.
   */
  readonly next: number | undefined;
  /** Whether the dumps come from a listing, and not from the calendar. */
  readonly isListed: boolean;
  /** The restore points without the change, the newest first. */
  readonly before: readonly RestorePoint[];
  /** The restore points with the change. */
  readonly after: readonly RestorePoint[];
  /** The restore points that the change removes, with the rules that have kept them. */
  readonly lost: readonly { readonly point: RestorePoint; readonly rules: readonly Rule[] }[];
}

/**
 * @param stored the dumps of a listing; without it, those that exist when every scheduled run has succeeded
 * @param isOrphaned whether existing dumps are no longer those of the changed backup
 */
export function forecast(
  before: BackupWorkload,
  after: BackupWorkload,
  now: number,
  stored: readonly StoredDump[] | undefined,
  isOrphaned: boolean,
): Forecast {
  const [next] = after.isSuspended ? [] : (Schedule.of(after.schedule, after.timeZone)?.next(1, now) ?? []);
  const existing: readonly StoredDump[] =
    stored ??
    steadyState(before, now).map((time) => ({
      name: dumpName(before.folder, time),
      time,
      isVerified: true,
      isHeld: now - time < holdOf(before),
      size: undefined,
    }));
  const run = next ?? now;
  const coming: StoredDump = {
    name: dumpName(after.folder, run),
    time: run,
    isVerified: true,
    isHeld: false, // Only the newest one of each is asked for, and that is kept anyway.
    size: undefined,
  };
  const all = [coming, ...existing];
  // A suspended backup has no run that prunes: without the change, all listed dumps would stay.
  const isResumed = stored !== undefined && before.isSuspended && !after.isSuspended;
  const unchanged = isResumed ? all : pruned(before.retention, all);
  const changed = isOrphaned ? [coming] : pruned(after.retention, all);
  const stays = new Set(changed);
  const shown = (dumps: readonly StoredDump[]): readonly StoredDump[] =>
    next === undefined ? dumps.filter((dump) => dump !== coming) : dumps;
  return {
    next,
    isListed: stored !== undefined,
    before: shown(unchanged),
    after: shown(changed),
    lost: lostOf(
      before.retention,
      all,
      unchanged.filter((dump) => !stays.has(dump) && dump !== coming),
    ),
  };
}

/** The times of the dumps in the steady state, in which every scheduled run has succeeded, the newest first. */
export function steadyState(backup: BackupWorkload, now: number): readonly number[] {
  const known = steadyStates.get(backup);
  if (known?.now === now) return known.times;
  const times = computed(backup, now);
  steadyStates.set(backup, { now, times });
  return times;
}

const steadyStates = new WeakMap<BackupWorkload, { readonly now: number; readonly times: readonly number[] }>();

function computed(backup: BackupWorkload, now: number): readonly number[] {
  const { schedule, timeZone, retention } = backup;
  const calendar = Schedule.of(schedule, timeZone);
  if (calendar === undefined) return [];
  const longest = calendar.longestGap(now);
  const hold = holdOf(backup);
  const reach = Object.entries(PERIODS).map(([rule, days]) => retention[rule as Rule] * Math.max(longest, days * DAY));
  const runs = calendar
    .runs(now - Math.min(Math.max(...reach, hold) + longest + DAY, LONGEST) + 1, now + 1)
    .slice(-MOST_RUNS);
  const kept = keptBy(retention, runs);
  if (hold === 0) return kept;
  const byRetention = new Set(kept);
  return runs.filter((time) => byRetention.has(time) || now - time < hold).reverse();
}

/**
 * The time for which a backup holds each of its dumps, in milliseconds; 0 for no hold, undefined if the script refuses
 * the variable.
 */
export function holdTime(hold: string): number | undefined {
  if (hold === '') return 0;
  const [, time, count, unit] = /^P(T?)([1-9]\d{0,3})([HDW])$/.exec(hold) ?? [];
  if (count === undefined || (time === 'T') !== (unit === 'H')) return undefined;
  return Number(count) * { H: DAY / 24, D: DAY, W: 7 * DAY }[unit as 'H' | 'D' | 'W'];
}

function holdOf({ hold }: BackupWorkload): number {
  return holdTime(hold) ?? 0;
}

function pruned(retention: RetentionCounts, dumps: readonly StoredDump[]): readonly StoredDump[] {
  const kept = new Set(
    keptBy(
      retention,
      dumps.map(({ time }) => time),
      verified(dumps),
    ),
  );
  return dumps.filter((dump) => kept.has(dump.time) || dump.isHeld);
}

function lostOf(retention: RetentionCounts, all: readonly StoredDump[], lost: readonly StoredDump[]): Forecast['lost'] {
  const none: RetentionCounts = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 };
  const times = all.map(({ time }) => time);
  const kept = Object.keys(PERIODS).map((rule) => ({
    rule: rule as Rule,
    times: new Set(keptBy({ ...none, [rule]: retention[rule as Rule] }, times, verified(all))),
  }));
  return lost.map((point) => ({ point, rules: kept.filter((by) => by.times.has(point.time)).map(({ rule }) => rule) }));
}

function verified(dumps: readonly StoredDump[]): (time: number) => boolean {
  const times = new Set(dumps.filter(({ isVerified }) => isVerified).map(({ time }) => time));
  return (time) => times.has(time);
}

function dumpName(folder: string, time: number): string {
  return `${folder}-${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
}
