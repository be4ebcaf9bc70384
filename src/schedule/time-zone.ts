import { TIME_ZONES } from './time-zones';

const DAY = 86_400_000;

/** Minutes: every clock is changed at a quarter of an hour, and by a multiple of it. */
const STEP = 15;

const zones = new Map<string, TimeZone>();

/**
 * The wall clock in a time zone of the tz database. A time of the wall clock is written like a time in UTC, in
 * milliseconds.
 */
export class TimeZone {
  /** Returns undefined for an unknown time zone. Names are case-sensitive, as for the controller of Kubernetes. */
  static of(name: string): TimeZone | undefined {
    if (!TIME_ZONES.has(name)) return undefined;
    const known = zones.get(name) ?? new TimeZone(name);
    zones.set(name, known);
    return known;
  }

  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();
  private changed?: ReadonlySet<number>;

  private constructor(readonly name: string) {
    const [digits, short] = ['numeric', '2-digit'] as const;
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: digits,
      month: short,
      day: short,
      hour: short,
      minute: short,
      second: short,
    });
  }

  /** The time of the wall clock at an instant. */
  wall(instant: number): number {
    return instant + this.offset(instant);
  }

  /** The instants at which the clock shows a time: none if it is left out, two if it is repeated. */
  instants(wall: number): number[] {
    // No zone changes its clock twice within three days: on most days there is one instant, without a search.
    const [before, after] = [this.offset(wall - DAY), this.offset(wall + DAY)];
    if (before === after) return [wall - before];
    return [wall - before, wall - after].filter((instant) => this.wall(instant) === wall).sort((a, b) => a - b);
  }

  /** The time by which the clock is set back within a year, in milliseconds; 0 if it never is. */
  get setBack(): number {
    const ofMonths = Array.from({ length: 12 }, (_, month) => this.offset(Date.UTC(2024, month, 1)));
    return Math.max(...ofMonths) - Math.min(...ofMonths);
  }

  /** True if the clock leaves out a minute of the day, or shows it twice, on any day of a year. */
  changes(minute: number): boolean {
    this.changed ??= this.findChanges();
    return this.changed.has(Math.floor(minute / STEP));
  }

  private findChanges(): ReadonlySet<number> {
    const days = Array.from({ length: 366 }, (_, day) => Date.UTC(2024, 0, 1) + day * DAY);
    const steps = days
      .filter((day) => this.offsetOfDay(day / DAY - 1) !== this.offsetOfDay(day / DAY + 2))
      .flatMap((day) =>
        Array.from({ length: (24 * 60) / STEP }, (_, step) => ({ step, wall: day + step * STEP * 60_000 })),
      );
    return new Set(steps.filter(({ wall }) => this.instants(wall).length !== 1).map(({ step }) => step));
  }

  /** On days without a change of the clock, only the beginning is looked up. */
  private offset(instant: number): number {
    const day = Math.floor(instant / DAY);
    const [begin, end] = [this.offsetOfDay(day), this.offsetOfDay(day + 1)];
    return begin === end ? begin : this.lookUp(instant);
  }

  private offsetOfDay(day: number): number {
    const offset = this.offsets.get(day) ?? this.lookUp(day * DAY);
    this.offsets.set(day, offset);
    return offset;
  }

  private lookUp(instant: number): number {
    const parts = new Map(this.format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const [year, month, day, hour, minute, second] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map((part) => parts.get(part)!);
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - Math.floor(instant / 1000) * 1000;
  }
}
