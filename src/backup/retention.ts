import { Duration } from 'cdk8s';
import { checkDays, InvalidPropError } from '../errors';

/** The dumps to keep. A dump stays if at least one rule wants it. Rules that are left out keep nothing. */
export interface RetentionRules {
  /**
   * The newest dumps, of any age. At least 1: the last verified dump is never removed.
   * @default 1
   */
  readonly last?: number;
  /**
   * Days, counted back from the newest dump, of which the last dump is kept. Days without a dump do not count.
   * @default - none
   */
  readonly daily?: number;
  /**
   * ISO weeks of which the last dump is kept.
   * @default - none
   */
  readonly weekly?: number;
  /**
   * Calendar months of which the last dump is kept.
   * @default - none
   */
  readonly monthly?: number;
  /**
   * Calendar years of which the last dump is kept.
   * @default - none
   */
  readonly yearly?: number;
  /**
   * Period before the newest verified dump of which every verified dump is kept, so that a backup on demand does not
   * replace another dump of its day. In whole days, as `restic forget --keep-within` counts them.
   * @default - none
   */
  readonly within?: Duration;
}

/**
 * The rule for the dumps that stay on the storage. It has the semantics of `restic forget --keep-*` up to restic 0.15.
 * (From 0.16.0 on, restic also keeps the very oldest dump while a rule is not used up.) An unverified dump never
 * stands for a day that has a verified one. If the next dump may not fit, the dumps that it replaces are removed before
 * it is made. All days, weeks, months and years are those of UTC. They are read from the dump's name, and never from
 * the file's time.
 */
export class Retention {
  /**
   * Keeps the dumps that at least one rule wants.
   * @throws InvalidPropError when a rule is not a whole number of at least 1, `within` is not in whole days, or no rule
   * is given.
   */
  public static keep(rules: RetentionRules): Retention {
    return new Retention(rules);
  }

  /** Number of newest dumps that stay; at least 1. */
  public readonly last: number;
  /** Number of days of which the last dump stays; 0 for none. */
  public readonly daily: number;
  /** Number of weeks of which the last dump stays; 0 for none. */
  public readonly weekly: number;
  /** Number of months of which the last dump stays; 0 for none. */
  public readonly monthly: number;
  /** Number of years of which the last dump stays; 0 for none. */
  public readonly yearly: number;
  /** Period before the newest verified dump of which every verified dump stays, in whole days; undefined for none. */
  public readonly within?: Duration;

  private constructor(rules: RetentionRules) {
    const { last, within, daily, weekly, monthly, yearly } = rules;
    if ([last, within, daily, weekly, monthly, yearly].every((rule) => rule === undefined)) {
      throw new InvalidPropError(
        'retention',
        rules,
        'would keep nothing but the newest dump',
        'Name at least one rule, e.g. Retention.keep({ daily: 7, weekly: 4 }), or say Retention.keep({ last: 1 })',
      );
    }
    this.last = count('last', last, 1);
    this.daily = count('daily', daily, 0);
    this.weekly = count('weekly', weekly, 0);
    this.monthly = count('monthly', monthly, 0);
    this.yearly = count('yearly', yearly, 0);
    this.within = within && checkDays('retention.within', within);
  }

  /** The rules in words, e.g. `the newest dump, every verified one of the last 2 days, 7 daily and 4 weekly ones`. */
  public toString(): string {
    const days = this.within?.toDays();
    const counts = (['daily', 'weekly', 'monthly', 'yearly'] as const)
      .filter((rule) => this[rule] > 0)
      .map((rule) => `${this[rule]} ${rule}`);
    const rules = [
      this.last === 1 ? 'the newest dump' : `the newest ${this.last} dumps`,
      ...(days === undefined ? [] : [`every verified one of the last ${days === 1 ? 'day' : `${days} days`}`]),
      ...counts.slice(0, -1),
      ...counts.slice(-1).map((last) => `${last} ones`),
    ];
    return rules.length === 1 ? rules[0]! : `${rules.slice(0, -1).join(', ')} and ${rules.at(-1)}`;
  }
}

function count(rule: keyof RetentionRules, value: number | undefined, otherwise: number): number {
  if (value === undefined) {
    return otherwise;
  }
  if (!Number.isInteger(value) || value < 1 || value > 100_000) {
    throw new InvalidPropError(
      `retention.${rule}`,
      value,
      'must be a whole number from 1 to 100000',
      value === 0 ? 'Leave the rule out if it shall keep nothing' : 'Say how many to keep, e.g. 7',
    );
  }
  return value;
}
