import { Cron } from 'croner';
import { spelledOut } from '../schedule';
import { TimeZone } from './time-zone';

const DAY = 86_400_000;
const YEAR = 366 * DAY;

/** February 29th can be this far from the next one: 2096 to 2104. */
const LONGEST_GAP = 8 * YEAR + DAY;

const MACROS: { readonly [macro: string]: string } = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const calendars = new Map<string, Calendar | undefined>();
const knownDays = new Map<string, readonly number[]>();

/**
 * When the CronJob controller begins the runs of a schedule: whenever the clock on the wall of the time zone shows the
 * time. So a run is left out where the clock is set forward over it, and comes twice where the clock is set back over it.
 * Rule: https://pkg.go.dev/github.com/robfig/cron/v3, which the controller uses
 */
export class Calendar {
  /** Undefined where the schedule or the time zone is none, or no run ever comes. */
  static of(schedule: string, timeZone: string): Calendar | undefined {
    const key = `${timeZone} ${schedule}`;
    if (!calendars.has(key)) calendars.set(key, Calendar.read(schedule, timeZone));
    return calendars.get(key);
  }

  private static read(schedule: string, timeZone: string): Calendar | undefined {
    const fields = (MACROS[schedule] ?? schedule).trim().split(/\s+/);
    if (fields.length !== 5) return undefined;
    const [minute, hour, ...days] = fields.map(spelledOut);
    try {
      const times = runsBetween(`${minute} ${hour} * * *`, 0, DAY);
      const calendar = new Calendar(times, days.join(' '), TimeZone.of(timeZone));
      return calendar.next(1, 0).length > 0 ? calendar : undefined;
    } catch {
      return undefined;
    }
  }

  private readonly known = new Map<string, readonly number[]>();
  private readonly gaps = new Map<number, number>();

  /**
   * @param times of a day, in milliseconds from its begin
   * @param days the last three fields
   */
  private constructor(private readonly times: readonly number[], private readonly days: string, readonly timeZone: TimeZone) {}

  /** The runs after a moment up to another one, in order. */
  runs(after: number, upTo: number): readonly number[] {
    const key = `${after} ${upTo}`;
    const runs = this.known.get(key) ?? this.between(after, upTo);
    this.known.set(key, runs);
    return runs;
  }

  private between(after: number, upTo: number): readonly number[] {
    const [first, last] = [Math.floor(after / DAY) - 1, Math.floor(upTo / DAY) + 1];
    const walls = daysBetween(this.days, first * DAY, (last + 1) * DAY).flatMap((day) => this.times.map((time) => day + time));
    return walls.flatMap((wall) => this.timeZone.instants(wall)).filter((run) => run > after && run <= upTo).sort((a, b) => a - b);
  }

  /** The first runs after a moment. */
  next(count: number, after: number): readonly number[] {
    for (let span = 2 * DAY; ; span *= 4) {
      const runs = this.runs(after, after + span);
      if (runs.length >= count || span > count * LONGEST_GAP) return runs.slice(0, count);
    }
  }

  /** The longest time between two runs in the year after a moment. */
  longestGap(after: number): number {
    const known = this.gaps.get(after);
    if (known !== undefined) return known;
    const year = this.runs(after, after + YEAR);
    const runs = year.length > 1 ? [...year, ...this.next(1, year.at(-1)!)] : this.next(2, after);
    const longest = runs.slice(1).reduce((most, run, index) => Math.max(most, run - runs[index]!), 0);
    this.gaps.set(after, longest);
    return longest;
  }
}

function daysBetween(fields: string, from: number, to: number): readonly number[] {
  const key = `${fields} ${from} ${to}`;
  const days = knownDays.get(key) ?? runsBetween(`0 0 ${fields}`, from, to);
  knownDays.set(key, days);
  return days;
}

/** By a clock that is never set. */
function runsBetween(expression: string, from: number, to: number): number[] {
  if (expression === '0 0 * * *') return Array.from({ length: Math.ceil((to - from) / DAY) }, (_, day) => from + day * DAY);
  const calendar = new Cron(expression, { mode: '5-part', utcOffset: 0, paused: true });
  const runs: number[] = [];
  for (let run = calendar.nextRun(new Date(from - 1)); run !== null && run.getTime() < to; run = calendar.nextRun(run)) runs.push(run.getTime());
  return runs;
}
