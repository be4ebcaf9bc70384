import { Schedule } from '../schedule/schedule';
import type { BackupWorkload } from '../manifests/backup-workload';
import { keptBy, type RetentionCounts } from '../backup/kept-dumps';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A day has 25 hours when daylight saving ends, and 23 when it begins. */
const LONGEST_DAY = DAY + HOUR;

/** A leap year: each month, both changes of the clock, and 53 weeks begin or end in it. */
const [BEGIN, END] = [Date.UTC(2024, 0, 1), Date.UTC(2025, 0, 1)];

/** The most runs that are examined. For a schedule of every few minutes, they cover a part of the year. */
const MOST_RUNS = 20_000;

/** A moment within the recovery window without a restore point. */
export interface Gap {
  /** The run after which the restore point is missing. */
  readonly run: number;
  readonly moment: number;
  /** The number of daily dumps that would suffice; undefined if keeping more does not help. */
  readonly daily: number | undefined;
}

const known = new Map<string, Gap | undefined>();

/**
 * The first moment of a year without a restore point, although it is within the declared recovery window. It assumes a
 * steady state: the retention has been in force for longer than the window.
 * @returns undefined if every moment is covered, no window is declared, or the schedule is not valid
 */
export function uncovered({ schedule, timeZone, retention, recoveryWindow }: BackupWorkload): Gap | undefined {
  const calendar = Schedule.of(schedule, timeZone);
  if (recoveryWindow === undefined || calendar === undefined) return undefined;
  // Apps have many backups with the same policy.
  const key = JSON.stringify([schedule, timeZone, retention, recoveryWindow]);
  if (!known.has(key)) known.set(key, simulate(calendar, retention, recoveryWindow));
  return known.get(key);
}

function simulate(schedule: Schedule, retention: RetentionCounts, days: number): Gap | undefined {
  const before = schedule.runs(BEGIN - (days + 2) * DAY, BEGIN);
  const runs = [...before, ...schedule.runs(BEGIN, END, MOST_RUNS)];
  const gap = firstGap(runs, retention, days);
  if (gap === undefined) return undefined;
  const daily = [days, days + 1].find(
    (count) => count > retention.daily && firstGap(runs, { ...retention, daily: count }, days) === undefined,
  );
  return { ...gap, daily };
}

function firstGap(
  runs: readonly number[],
  retention: RetentionCounts,
  days: number,
): { run: number; moment: number } | undefined {
  let kept: readonly number[] = [];
  for (const [index, run] of runs.entries()) {
    kept = keptBy(retention, [...kept, run]);
    const next = runs[index + 1];
    if (run < BEGIN || next === undefined) continue;
    const oldest = run - (days - 1) * DAY;
    const moment = firstUncovered(kept, days === 1 ? oldest : oldest + HOUR, next);
    if (moment !== undefined) return { run, moment };
  }
  return undefined;
}

/** The first moment from one time to another at which the newest restore point before it is more than a day old. */
function firstUncovered(newestFirst: readonly number[], from: number, to: number): number | undefined {
  const before = newestFirst.findIndex((point) => point <= from);
  if (before === -1) return from;
  const points = newestFirst.slice(0, before + 1).reverse();
  const gap = points
    .map((point, index) => ({ covered: point + LONGEST_DAY, until: points[index + 1] ?? to }))
    .find(({ covered, until }) => covered < until);
  return gap && Math.max(gap.covered, from);
}
