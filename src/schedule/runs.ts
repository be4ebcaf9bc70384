import { fiveFields, runsBetween, scheduleProblem } from './calendar';
import { TIME_ZONES } from './time-zones';
import { TimeZone } from './wall-clock';

const DAY = 86_400_000;
const YEAR = 366 * DAY;

/** February 29th can be this far from the next one: 2096 to 2104. */
const LONGEST_GAP = 8 * YEAR + DAY;

const calendars = new Map<string, Calendar | undefined>();

/** When the CronJob controller begins the runs of a schedule. */
export class Calendar {
  /** Undefined where the schedule or the time zone is none, or no run ever comes. */
  static of(schedule: string, timeZone: string): Calendar | undefined {
    const key = `${timeZone} ${schedule}`;
    if (!calendars.has(key)) {
      const expression = fiveFields(schedule);
      const isGood = scheduleProblem(expression) === undefined && TIME_ZONES.has(timeZone);
      calendars.set(key, isGood ? new Calendar(expression, TimeZone.of(timeZone)) : undefined);
    }
    return calendars.get(key);
  }

  private readonly known = new Map<string, readonly number[]>();
  private readonly gaps = new Map<number, number>();

  private constructor(
    private readonly expression: string,
    readonly timeZone: TimeZone,
  ) {}

  /** The runs after a moment up to another one, in order. */
  runs(after: number, upTo: number): readonly number[] {
    const key = `${after} ${upTo}`;
    const runs = this.known.get(key) ?? runsBetween(this.expression, this.timeZone.name, after + 1, upTo + 1, Infinity);
    this.known.set(key, runs);
    return runs;
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
