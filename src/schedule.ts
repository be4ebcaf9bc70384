import { Cron, Duration } from 'cdk8s';
import { Cron as CronCalendar } from 'croner';
import { checkDuration, InvalidPropError } from './invalid';
import { TIME_ZONES } from './time-zones';

/** Any moment will do, but always the same one: synth is deterministic. */
const REFERENCE = new Date('2024-01-01T00:00:00Z');

/** Runs that are looked at to find the shortest interval: more than a day's worth of an hourly schedule. */
const RUNS = 50;

const intervals = new Map<string, number>();

/**
 * Refuses a schedule that Kubernetes would refuse, or that never comes.
 * Kubernetes reads five fields of numbers, names, `*`, `?`, `,`, `-` and `/`; week days are 0 to 6.
 * Rule: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function checkSchedule(property: string, schedule: Cron): void {
  const expression = schedule.expressionString;
  const fields = expression.split(' ');
  const remedy = 'Write it with Cron.schedule({ minute: "0", hour: "2" })';
  if (fields.length !== 5 || fields.some((field) => !/^[\dA-Za-z*?,/-]+$/.test(field))) {
    throw new InvalidPropError(property, expression, 'is not a cron schedule of five fields', remedy);
  }
  const weekDay = fields[4]!.replace(/\/\d+/g, '');
  if (/7/.test(weekDay)) {
    throw new InvalidPropError(property, expression, 'has week day 7, which Kubernetes refuses', 'Sunday is 0');
  }
  if (/[LW]/i.test(`${fields[2]} ${weekDay.replace(/wed/i, '')}`)) {
    throw new InvalidPropError(property, expression, 'uses L or W, which Kubernetes does not know', remedy);
  }
  shortestInterval(property, schedule);
}

/**
 * The shortest time between two runs of a schedule by the wall clock. Where the time zone has daylight saving,
 * one interval a year is an hour shorter.
 */
export function shortestInterval(property: string, schedule: Cron): Duration {
  const expression = schedule.expressionString;
  let seconds = intervals.get(expression);
  if (seconds === undefined) {
    seconds = computeShortestInterval(property, expression);
    intervals.set(expression, seconds);
  }
  return Duration.seconds(seconds);
}

/** `5/10` is `5-59/10` to Kubernetes; the calendar knows only the long form. */
function spelledOut(field: string, position: number): string {
  const last = [59, 23, 31, 12, 6][position];
  return field.replace(/(^|,)(\d+)\/(\d+)/g, `$1$2-${last}/$3`);
}

function computeShortestInterval(property: string, expression: string): number {
  let runs: number[];
  try {
    const calendar = new CronCalendar(expression.split(' ').map(spelledOut).join(' '), { mode: '5-part', utcOffset: 0, paused: true });
    runs = calendar.nextRuns(RUNS, REFERENCE).map((run) => run.getTime() / 1000);
  } catch (error) {
    throw new InvalidPropError(property, expression, `is not a cron schedule: ${(error as Error).message}`,
      'Write it with Cron.schedule({ minute: "0", hour: "2" })');
  }
  if (runs.length < 2) {
    throw new InvalidPropError(property, expression, 'never comes', 'Choose a day that the month has');
  }
  return Math.min(...runs.slice(1).map((run, index) => run - runs[index]!));
}

/** Refuses a time zone that the controller's tz database would not know. Names are case-sensitive there. */
export function checkTimeZone(property: string, timeZone: string): void {
  if (!TIME_ZONES.has(timeZone)) {
    throw new InvalidPropError(property, timeZone, 'is not a time zone of the tz database',
      'Write its full name with its capitals, e.g. "Etc/UTC" or "Europe/Zurich"');
  }
}

/** A run that may last longer than the interval would make the next one wait, or be left out. */
export function withinInterval(
  property: string, schedule: Cron, chosen: Duration | undefined, usual: Duration, leastSeconds: number,
): Duration {
  const interval = shortestInterval('backupCronJob.schedule', schedule);
  if (chosen === undefined) {
    return usual.toSeconds() < interval.toSeconds() ? usual : interval;
  }
  checkDuration(property, chosen, leastSeconds);
  if (chosen.toSeconds() > interval.toSeconds()) {
    throw new InvalidPropError(property, chosen.toHumanString(),
      `is longer than the shortest interval of the schedule "${schedule.expressionString}", ${interval.toHumanString()}`,
      'Shorten it, or run less often: a late run makes Kubernetes leave out the next one');
  }
  return chosen;
}
