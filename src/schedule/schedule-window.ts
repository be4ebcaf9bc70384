import { createHash } from 'node:crypto';
import { Cron } from 'cdk8s';
import { InvalidPropError } from '../errors';
import { checkTimeZone } from './schedule-checks';
import { TimeZone } from './time-zone';

const MINUTES = 24 * 60;

/**
 * A part of the day over which runs are spread, so that they do not all begin at once. Each run has a name, and begins
 * at a minute that depends on this name alone: another run does not change it.
 */
export class ScheduleWindow {
  /**
   * The times from `from` until before `to`, e.g. `ScheduleWindow.between('22:00', '05:00')`, which spans midnight. The
   * whole day is from `00:00` to `24:00`.
   * @throws InvalidPropError
   */
  public static between(from: string, to: string): ScheduleWindow {
    const [first, end] = [minuteOf('scheduleWindow.from', from), minuteOf('scheduleWindow.to', to)];
    if (first % MINUTES === end) {
      throw new InvalidPropError(
        'scheduleWindow.to',
        to,
        'is also the beginning of the window',
        'For the whole day, write ScheduleWindow.between("00:00", "24:00")',
      );
    }
    return new ScheduleWindow(`${from} to ${to}`, first, end > first ? end - first : end - first + MINUTES);
  }

  private readonly minutes = new Map<string, readonly number[]>();

  private constructor(
    private readonly text: string,
    private readonly first: number,
    private readonly length: number,
  ) {}

  /**
   * Every day at one minute of the window.
   * @param name name of the run, e.g. that of a database
   * @param timeZone time zone of the schedule, a name of the tz database; default `Etc/UTC`. The clock shows the chosen
   * minute exactly once on each day of the year
   * @throws InvalidPropError when there is no such zone, or no minute is left
   */
  public daily(name: string, timeZone?: string): Cron {
    const minutes = this.minutesIn(timeZone);
    return cron(minutes[hash(name) % minutes.length]!);
  }

  /**
   * On one day of each week, at one minute of the window.
   * @param name as for `daily`
   * @param timeZone as for `daily`
   * @throws InvalidPropError as `daily` does
   */
  public weekly(name: string, timeZone?: string): Cron {
    const minutes = this.minutesIn(timeZone);
    const slot = hash(name) % (minutes.length * 7);
    return cron(minutes[Math.floor(slot / 7)]!, String(slot % 7));
  }

  /** The minutes at which Kubernetes begins exactly one run on each day of the year. */
  private minutesIn(timeZone = 'Etc/UTC'): readonly number[] {
    const known = this.minutes.get(timeZone);
    if (known !== undefined) return known;
    checkTimeZone('scheduleWindow.timeZone', timeZone);
    const zone = TimeZone.of(timeZone)!;
    const all = Array.from({ length: this.length }, (_, index) => (this.first + index) % MINUTES);
    const minutes = all.filter((minute) => !zone.changes(minute));
    if (minutes.length === 0) {
      throw new InvalidPropError(
        'scheduleWindow',
        this.text,
        `has no minute that the clock of ${timeZone} shows once on each day of the year`,
        'Make it longer, or use Etc/UTC: Kubernetes leaves out a run whose hour daylight saving leaves out',
      );
    }
    this.minutes.set(timeZone, minutes);
    return minutes;
  }
}

function minuteOf(property: string, time: string): number {
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(time) ?? [];
  const total = Number(hour) * 60 + Number(minute);
  if (hour === undefined || Number(minute) > 59 || total > MINUTES || (total === MINUTES && !property.endsWith('to'))) {
    throw new InvalidPropError(property, time, 'is not a time of the day', 'Write it like "22:00"');
  }
  return total;
}

function hash(name: string): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6);
}

function cron(minute: number, weekDay?: string): Cron {
  return Cron.schedule({ minute: String(minute % 60), hour: String(Math.floor(minute / 60)), weekDay });
}
