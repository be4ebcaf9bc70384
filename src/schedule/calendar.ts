import { Cron as CronCalendar } from 'croner';
import type { Problem } from '../errors';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 366 * DAY;

/** No schedule is looked at beyond: by then, one that comes at all has come twice. */
const LAST = Date.UTC(2120, 0, 1);

/** Any moment will do, but always the same one: synth is deterministic. */
const REFERENCE = Date.UTC(2024, 0, 1);

/**
 * Days that are looked at to find the longest interval: more than a year's worth, and five years where they are rare.
 */
const DAYS = 400;
const FIVE_YEARS = Date.UTC(2029, 0, 1);

/** Runs that are looked at to find the shortest interval: more than a day's worth of an hourly schedule. */
const RUNS = 50;

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

/** A schedule that somebody else has written as its five fields, where it has them. */
export function fiveFields(schedule: string): string {
  return (MACROS[schedule] ?? schedule).trim().split(/\s+/).join(' ');
}

const problems = new Map<string, Problem | undefined>();

/**
 * Why Kubernetes would refuse a schedule, or that it never comes; undefined for a good one.
 * Kubernetes reads five fields of numbers, names, `*`, `?`, `,`, `-` and `/`; week days are 0 to 6.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function scheduleProblem(expression: string): Problem | undefined {
  if (!problems.has(expression)) problems.set(expression, findProblem(expression));
  return problems.get(expression);
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

/** Shortest intervals by expression, longest ones by expression and time zone. */
const intervals = new Map<string, number>();

/** The shortest time between two runs of a good schedule by the wall clock, in seconds. */
export function shortestSeconds(expression: string): number {
  let seconds = intervals.get(expression);
  if (seconds === undefined) {
    seconds = Math.min(...gaps(wallRuns(expression, REFERENCE, Infinity, RUNS))) / 1000;
    intervals.set(expression, seconds);
  }
  return seconds;
}

/**
 * The longest time between two runs of a good schedule in its time zone, in seconds. Where the clock is set back, the
 * interval over that night is longer. That a run does not come whose hour is left out when the clock is set forward is
 * not counted.
 */
export function longestSeconds(expression: string, timeZone: string): number {
  const key = `${expression} ${timeZone}`;
  let seconds = intervals.get(key);
  if (seconds === undefined) {
    const [minute, hour, ...day] = expression.split(' ');
    const times = wallRuns(`${minute} ${hour} * * *`, REFERENCE, REFERENCE + DAY, Infinity);
    const days = wallRuns(`0 0 ${day.join(' ')}`, REFERENCE, FIVE_YEARS, DAYS);
    const overNight = times[0]! - times.at(-1)!;
    const longest = Math.max(...gaps(times), ...gaps(days).map((gap) => gap + overNight));
    const setBack = clockChange(timeZone);
    seconds = (longest > setBack ? longest + setBack : longest) / 1000;
    intervals.set(key, seconds);
  }
  return seconds;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - times[index]!);
}

/** By how much the clock of a zone is set back, in milliseconds; 0 where it never is. */
function clockChange(timeZone: string): number {
  const offset = offsets(timeZone);
  const ofMonths = Array.from({ length: 12 }, (_, month) => offset(Date.UTC(2024, month, 1)));
  return Math.max(...ofMonths) - Math.min(...ofMonths);
}

/**
 * The runs of a good schedule in a time zone, as Kubernetes has them: what falls into the hour that daylight saving
 * leaves out does not run, and what falls into the hour that it repeats runs twice.
 * Rule: https://github.com/robfig/cron, which Kubernetes reads schedules with
 * @param from in milliseconds since 1970
 * @param to the first moment that is too late
 * @param most how many at most
 */
export function runsBetween(expression: string, timeZone: string, from: number, to: number, most: number): number[] {
  if (/^(Etc\/)?(UTC|UCT|Universal|Zulu|GMT)$/.test(timeZone)) return wallRuns(expression, from, to, most);
  const offset = offsets(timeZone);
  const runs = wallRuns(expression, from - DAY, to + DAY, 2 * most + 200).flatMap((wall) => {
    const candidates = new Set([wall - offset(wall - DAY), wall - offset(wall + DAY)]);
    return [...candidates].filter((instant) => instant + offset(instant) === wall);
  });
  return runs
    .filter((run) => from <= run && run < to)
    .sort((a, b) => a - b)
    .slice(0, most);
}

/** Times on a clock of the schedule's zone, as if it were UTC. */
function wallRuns(expression: string, from: number, to: number, most: number): number[] {
  const [minute, hour, ...days] = expression.split(' ').map(spelledOut);
  const times = known(`${minute} ${hour} * * *`, 0, DAY);
  const runs: number[] = [];
  // A year at a time: most callers want less than one, and what never comes ends with the calendar's own last year.
  for (let begin = Math.floor(from / DAY) * DAY; begin < to && begin < LAST && runs.length < most; begin += YEAR) {
    for (const day of known(`0 0 ${days.join(' ')}`, begin, begin + YEAR)) {
      for (const time of times) if (day + time >= from && day + time < to && runs.length < most) runs.push(day + time);
    }
  }
  return runs;
}

const knownRuns = new Map<string, readonly number[]>();

/** Many schedules share their days, or the times of a day. */
function known(expression: string, from: number, to: number): readonly number[] {
  const key = `${expression} ${from} ${to}`;
  const runs = knownRuns.get(key) ?? croner(expression, from, to);
  knownRuns.set(key, runs);
  return runs;
}

function croner(expression: string, from: number, to: number): number[] {
  const calendar = new CronCalendar(expression, { mode: '5-part', utcOffset: 0, paused: true });
  if (/ \* \* \*$/.test(expression) && expression.startsWith('0 0 '))
    return Array.from({ length: (to - from) / DAY }, (_, day) => from + day * DAY);
  const runs: number[] = [];
  for (
    let run = calendar.nextRun(new Date(from - 1000));
    run !== null && run.getTime() < to;
    run = calendar.nextRun(run)
  )
    runs.push(run.getTime());
  return runs;
}

/** `5/10` is `5-59/10` to Kubernetes; the calendar knows only the long form. */
function spelledOut(field: string, position: number): string {
  const last = [59, 23, 31, 12, 6][position];
  return field.replace(/(^|,)(\d+)\/(\d+)/g, `$1$2-${last}/$3`);
}

/** What a zone's clock shows more than UTC, in milliseconds. No zone changes it twice within three days. */
function offsets(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const known = new Map<number, number>();
  return (instant) => {
    const hour = Math.floor(instant / (HOUR / 4));
    let offset = known.get(hour);
    if (offset === undefined) {
      const quarter = hour * (HOUR / 4);
      const part = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
      offset = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - quarter;
      known.set(hour, offset);
    }
    return offset;
  };
}
