import { Cron } from 'croner';
import type { Problem } from '../errors';
import { TimeZone } from './time-zone';

const DAY = 86_400_000;
const YEAR = 366 * DAY;

/** The end of the search: by then, a schedule that has runs at all has run twice. */
const LAST = Date.UTC(2120, 0, 1);

/** Any moment will do, if it is always the same: synth is deterministic. */
const REFERENCE = Date.UTC(2024, 0, 1);
const FIVE_YEARS = Date.UTC(2029, 0, 1);

/** Days in which the longest interval is searched: more than a year, and five years if they are rare. */
const DAYS = 400;

/** Runs in which the shortest interval is searched: more than a day of an hourly schedule. */
const RUNS = 50;

/** February 29th can be this far from the next one: 2096 to 2104. */
const LONGEST_GAP = 8 * YEAR + DAY;

const REMEDY = 'Write it with Cron.schedule({ minute: "0", hour: "2" })';

const MACROS: { readonly [macro: string]: string } = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const schedules = new Map<string, Schedule | undefined>();
const problems = new Map<string, Problem | undefined>();

/**
 * The times at which the controller of Kubernetes begins the runs of a CronJob. Moments and spans are in milliseconds.
 */
export class Schedule {
  /** Returns undefined for an invalid schedule or time zone, and for a schedule that has no runs. */
  static of(schedule: string, timeZone = 'Etc/UTC'): Schedule | undefined {
    const key = `${timeZone} ${schedule}`;
    if (!schedules.has(key)) {
      const expression = Schedule.fiveFields(schedule);
      const zone = TimeZone.of(timeZone);
      const isGood = zone !== undefined && Schedule.problem(expression) === undefined;
      schedules.set(key, isGood ? new Schedule(expression, zone) : undefined);
    }
    return schedules.get(key);
  }

  /** A schedule of any author in five fields, if it can be written so. */
  static fiveFields(schedule: string): string {
    return (Object.hasOwn(MACROS, schedule) ? MACROS[schedule]! : schedule).trim().split(/\s+/).join(' ');
  }

  /**
   * The reason why Kubernetes would refuse a schedule of five fields, or that it has no runs; undefined for a valid
   * schedule.
   * Kubernetes reads numbers, names, `*`, `?`, `,`, `-` and `/`; week days are 0 to 6.
   * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
   */
  static problem(expression: string): Problem | undefined {
    if (!problems.has(expression)) problems.set(expression, findProblem(expression));
    return problems.get(expression);
  }

  private readonly known = new Map<string, readonly number[]>();
  private readonly gapsAfter = new Map<number, number>();

  private constructor(
    /** Its five fields. */
    readonly expression: string,
    readonly timeZone: TimeZone,
  ) {}

  /**
   * The runs from one moment until before another, in order. A run in the hour that daylight saving leaves out does not
   * begin. A run in the hour that it repeats begins twice.
   * Rule: https://github.com/robfig/cron, which Kubernetes reads schedules with
   * @param most the most runs that are returned
   */
  runs(from: number, to: number, most = Infinity): readonly number[] {
    const key = `${from} ${to} ${most}`;
    const runs = this.known.get(key) ?? this.findRuns(from, to, most);
    this.known.set(key, runs);
    return runs;
  }

  /** The first runs after a moment. */
  next(count: number, after: number): readonly number[] {
    for (let span = 2 * DAY; ; span *= 4) {
      const runs = this.runs(after + 1, after + span + 1);
      if (runs.length >= count || span > count * LONGEST_GAP) return runs.slice(0, count);
    }
  }

  /** The shortest time between two runs by the wall clock. */
  get shortestInterval(): number {
    return Math.min(...gaps(wallRuns(this.expression, REFERENCE, Infinity, RUNS)));
  }

  /**
   * The longest time between two runs by the wall clock, in any year. Changes of the clock are not counted: an interval
   * in which the clock is set back is longer, and so is an interval whose run falls into the hour that is left out.
   */
  get longestInterval(): number {
    const [minute, hour, ...day] = this.expression.split(' ');
    const times = wallRuns(`${minute} ${hour} * * *`, REFERENCE, REFERENCE + DAY, Infinity);
    const days = wallRuns(`0 0 ${day.join(' ')}`, REFERENCE, FIVE_YEARS, DAYS);
    const overNight = times[0]! - times.at(-1)!;
    const longest = Math.max(...gaps(times), ...gaps(days).map((gap) => gap + overNight));
    const { setBack } = this.timeZone;
    return longest > setBack ? longest + setBack : longest;
  }

  /** The longest time between two runs in the year after a moment, with the changes of the clock in that year. */
  longestGap(after: number): number {
    const known = this.gapsAfter.get(after);
    if (known !== undefined) return known;
    const year = this.runs(after + 1, after + YEAR + 1);
    const runs = year.length > 1 ? [...year, ...this.next(1, year.at(-1)!)] : this.next(2, after);
    const longest = gaps(runs).reduce((most, gap) => Math.max(most, gap), 0);
    this.gapsAfter.set(after, longest);
    return longest;
  }

  private findRuns(from: number, to: number, most: number): number[] {
    const runs = wallRuns(this.expression, from - DAY, to + DAY, 2 * most + 200).flatMap((wall) =>
      this.timeZone.instants(wall),
    );
    return runs
      .filter((run) => from <= run && run < to)
      .sort((a, b) => a - b)
      .slice(0, most);
  }
}

function findProblem(expression: string): Problem | undefined {
  const fields = expression.split(' ');
  if (fields.length !== 5 || fields.some((field) => !/^[\dA-Za-z*?,/-]+$/.test(field))) {
    return { reason: 'is not a cron schedule of five fields', remedy: REMEDY };
  }
  const weekDay = fields[4]!.replace(/\/\d+/g, '');
  if (/7/.test(weekDay)) return { reason: 'has week day 7, which Kubernetes refuses', remedy: 'Sunday is 0' };
  if (/[LW]/i.test(`${fields[2]} ${weekDay.replace(/wed/i, '')}`))
    return { reason: 'uses L or W, which Kubernetes does not know', remedy: REMEDY };
  try {
    if (wallRuns(expression, REFERENCE, Infinity, 2).length < 2)
      return { reason: 'never comes', remedy: 'Choose a day that the month has' };
  } catch (error) {
    return { reason: `is not a cron schedule: ${(error as Error).message}`, remedy: REMEDY };
  }
  return undefined;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - times[index]!);
}

/** Times on the clock of the schedule's zone, written as if it were UTC. */
function wallRuns(expression: string, from: number, to: number, most: number): number[] {
  const [minute, hour, ...days] = expression.split(' ').map(spelledOut);
  const times = known(`${minute} ${hour} * * *`, 0, DAY);
  const runs: number[] = [];
  // A year at a time: most callers want less than one. A schedule without runs ends with the calendar's own last year.
  for (let begin = Math.floor(from / DAY) * DAY; begin < to && begin < LAST && runs.length < most; begin += YEAR) {
    for (const day of known(`0 0 ${days.join(' ')}`, begin, begin + YEAR)) {
      for (const time of times) if (day + time >= from && day + time < to && runs.length < most) runs.push(day + time);
    }
  }
  return runs;
}

const knownRuns = new Map<string, readonly number[]>();

/** Returns remembered runs: many schedules share their days, or the times of a day. */
function known(expression: string, from: number, to: number): readonly number[] {
  const key = `${expression} ${from} ${to}`;
  const runs = knownRuns.get(key) ?? croner(expression, from, to);
  knownRuns.set(key, runs);
  return runs;
}

function croner(expression: string, from: number, to: number): number[] {
  if (expression === '0 0 * * *') return Array.from({ length: (to - from) / DAY }, (_, day) => from + day * DAY);
  const cron = new Cron(expression, { mode: '5-part', utcOffset: 0, paused: true });
  const runs: number[] = [];
  for (let run = cron.nextRun(new Date(from - 1000)); run !== null && run.getTime() < to; run = cron.nextRun(run))
    runs.push(run.getTime());
  return runs;
}

/** `5/10` is `5-59/10` to Kubernetes; the calendar knows only the long form. */
function spelledOut(field: string, position: number): string {
  const last = [59, 23, 31, 12, 6][position];
  return field.replace(/(^|,)(\d+)\/(\d+)/g, `$1$2-${last}/$3`);
}
