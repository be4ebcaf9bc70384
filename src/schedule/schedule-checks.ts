import { Cron, Duration } from 'cdk8s';
import { checkDuration, InvalidPropError } from '../errors';
import { Schedule } from './schedule';
import { TimeZone } from './time-zone';

/**
 * Returns a schedule that Kubernetes accepts and that has runs.
 * @throws InvalidPropError
 */
export function checkSchedule(property: string, { expressionString }: Cron): Schedule {
  const problem = Schedule.problem(expressionString);
  if (problem !== undefined) throw new InvalidPropError(property, expressionString, problem.reason, problem.remedy);
  return Schedule.of(expressionString)!;
}

/**
 * Refuses a time zone that the controller's tz database would not know. Names are case-sensitive there.
 * @throws InvalidPropError
 */
export function checkTimeZone(property: string, timeZone: string): void {
  if (TimeZone.of(timeZone) === undefined) {
    throw new InvalidPropError(
      property,
      timeZone,
      'is not a time zone of the tz database',
      'Write its full name with its capitals, e.g. "Etc/UTC" or "Europe/Zurich"',
    );
  }
}

/**
 * Returns a duration that is within the shortest interval. A longer run would make the next run wait, or be left out.
 * With daylight saving, one interval per year is an hour shorter, which is not counted.
 * @throws InvalidPropError
 */
export function withinInterval(
  property: string,
  schedule: Cron,
  chosen: Duration | undefined,
  usual: Duration,
  leastSeconds: number,
): Duration {
  const interval = Duration.millis(checkSchedule('backupCronJob.schedule', schedule).shortestInterval);
  if (chosen === undefined) {
    return usual.toSeconds() < interval.toSeconds() ? usual : interval;
  }
  checkDuration(property, chosen, leastSeconds);
  if (chosen.toSeconds() > interval.toSeconds()) {
    throw new InvalidPropError(
      property,
      chosen.toHumanString(),
      `is longer than the shortest interval of the schedule "${schedule.expressionString}", ${interval.toHumanString()}`,
      'Shorten it, or run less often: a late run makes Kubernetes leave out the next one',
    );
  }
  return chosen;
}
