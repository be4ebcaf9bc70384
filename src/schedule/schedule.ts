import { Cron, Duration } from 'cdk8s';
import { longestSeconds, scheduleProblem, shortestSeconds } from './calendar';
import { checkDuration, InvalidPropError } from '../errors';
import { TIME_ZONES } from './time-zones';

/** Refuses a schedule that Kubernetes would refuse, or that never comes. */
export function checkSchedule(property: string, schedule: Cron): void {
  const problem = scheduleProblem(schedule.expressionString);
  if (problem !== undefined) {
    throw new InvalidPropError(property, schedule.expressionString, problem.reason, problem.remedy);
  }
}

/**
 * The shortest time between two runs of a schedule by the wall clock. Where the time zone has daylight saving,
 * one interval a year is an hour shorter.
 */
export function shortestInterval(property: string, schedule: Cron): Duration {
  checkSchedule(property, schedule);
  return Duration.seconds(shortestSeconds(schedule.expressionString));
}

/** The longest time between two runs of a checked schedule in its time zone, see `longestSeconds`. */
export function longestInterval(schedule: Cron, timeZone: string): Duration {
  return Duration.seconds(longestSeconds(schedule.expressionString, timeZone));
}

/** Refuses a time zone that the controller's tz database would not know. Names are case-sensitive there. */
export function checkTimeZone(property: string, timeZone: string): void {
  if (!TIME_ZONES.has(timeZone)) {
    throw new InvalidPropError(
      property,
      timeZone,
      'is not a time zone of the tz database',
      'Write its full name with its capitals, e.g. "Etc/UTC" or "Europe/Zurich"',
    );
  }
}

/** A run that may last longer than the interval would make the next one wait, or be left out. */
export function withinInterval(
  property: string,
  schedule: Cron,
  chosen: Duration | undefined,
  usual: Duration,
  leastSeconds: number,
): Duration {
  const interval = shortestInterval('backupCronJob.schedule', schedule);
  if (chosen === undefined) {
    return usual.toSeconds() < interval.toSeconds() ? usual : interval;
  }
  checkDuration(property, chosen, leastSeconds);
  if (chosen.toSeconds() > interval.toSeconds()) {
    throw new InvalidPropError(
      property,
      chosen.toHumanString(),
      `is longer than the shortest interval of the schedule "${schedule.expressionString}", ` +
        `${interval.toHumanString()}`,
      'Shorten it, or run less often: a late run makes Kubernetes leave out the next one',
    );
  }
  return chosen;
}
