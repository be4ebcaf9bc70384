import { Duration } from 'cdk8s';

/**
 * The error for bad input. Its message names the property, the value that was given, the reason and the remedy.
 */
export class InvalidPropError extends Error {
  constructor(property: string, value: unknown, reason: string, remedy: string) {
    super(`${property} (${shown(value)}) ${reason}. ${remedy}`);
    this.name = 'InvalidPropError';
  }
}

/** The error for a request that the command cannot carry out. Its message gives the reason and the remedy. */
export class MisuseError extends Error {}

/** The reason for a refusal, and the remedy. */
export interface Problem {
  readonly reason: string;
  readonly remedy: string;
}

/** Returns a duration that is in whole seconds, at least `least` of them. */
export function checkDuration(property: string, duration: Duration, least: number): Duration {
  const seconds = duration.toSeconds({ integral: false });
  if (!Number.isInteger(seconds) || seconds < least) {
    throw new InvalidPropError(
      property,
      `${seconds} s`,
      `must be a whole number of seconds, at least ${least}`,
      'Write it like Duration.minutes(5)',
    );
  }
  return duration;
}

/** Returns a duration that is in whole days, at least one. */
export function checkDays(property: string, duration: Duration): Duration {
  const days = duration.toDays({ integral: false });
  if (!Number.isInteger(days) || days < 1) {
    throw new InvalidPropError(
      property,
      duration.toHumanString(),
      'is not in whole days, at least one',
      'Write it like Duration.days(7)',
    );
  }
  return duration;
}

/** Returns a whole number that is within bounds. */
export function checkCount(property: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidPropError(
      property,
      value,
      `must be a whole number from ${least} to ${most}`,
      `The least is ${least}`,
    );
  }
  return value;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
