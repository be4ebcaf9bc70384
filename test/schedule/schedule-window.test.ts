import { ScheduleWindow } from '../../src';
import { Schedule } from '../../src/schedule/schedule';

const HOUR = 3_600_000;

/** The minutes of the day and the days of the week of many names. */
function spread(window: ScheduleWindow, how: 'daily' | 'weekly', timeZone?: string): { minute: number; day: string }[] {
  return Array.from({ length: 6000 }, (_, index) => {
    const [minute, hour, , , day] = window[how](`database-${index}`, timeZone).expressionString.split(' ');
    return { minute: Number(hour) * 60 + Number(minute), day: day! };
  });
}

test('a name has the same minute today and tomorrow', () => {
  const window = ScheduleWindow.between('22:00', '05:00');
  expect(window.daily('shop').expressionString).toMatchInlineSnapshot(`"2 22 * * *"`);
  expect(window.weekly('shop').expressionString).toMatchInlineSnapshot(`"0 2 * * 2"`);
});

test('all minutes of a window over midnight are used, and no others', () => {
  const minutes = [...new Set(spread(ScheduleWindow.between('22:00', '05:00'), 'daily').map(({ minute }) => minute))];
  expect(minutes).toHaveLength(7 * 60);
  expect(minutes.filter((minute) => minute >= 5 * 60 && minute < 22 * 60)).toEqual([]);
});

test('a week has all days, each with all hours of the window', () => {
  const runs = spread(ScheduleWindow.between('01:00', '03:00'), 'weekly');
  expect(new Set(runs.map(({ day, minute }) => `${day} ${Math.floor(minute / 60)}`)).size).toBe(14);
});

test('the whole day has 1,440 minutes', () => {
  const { size } = new Set(spread(ScheduleWindow.between('00:00', '24:00'), 'daily').map(({ minute }) => minute));
  expect(size).toBeGreaterThan(1200);
});

test.each([
  ['Europe/Zurich', [2]],
  ['America/New_York', [1, 2]],
  ['Australia/Lord_Howe', [1, 2]],
])('in %s no run is in an hour that the clock leaves out or shows twice', (timeZone, hours) => {
  const window = ScheduleWindow.between('00:00', '06:00');
  const minutes = new Set(spread(window, 'daily', timeZone).map(({ minute }) => minute));
  const [begin, end] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
  const isDaily = ([hour, minute]: readonly [number, number]): boolean => {
    const runs = Schedule.of(`${minute} ${hour} * * *`, timeZone)!.runs(begin, end);
    const gaps = runs.slice(1).map((run, index) => (run - runs[index]!) / HOUR);
    return gaps.every((gap) => gap >= 23 && gap <= 25);
  };
  const all = Array.from({ length: 360 }, (_, minute) => [Math.floor(minute / 60), minute % 60] as const);
  const safe = all.filter(isDaily).map(([hour, minute]) => hour * 60 + minute);
  expect([...minutes].sort((a, b) => a - b)).toEqual(safe);
  expect(new Set(all.filter((time) => !isDaily(time)).map(([hour]) => hour))).toEqual(new Set(hours));
});

test.each([
  ['22', '05:00', /^scheduleWindow\.from \("22"\) is not a time of the day\. Write it like "22:00"/],
  ['24:00', '05:00', /^scheduleWindow\.from \("24:00"\)/],
  ['22:00', '24:01', /^scheduleWindow\.to \("24:01"\)/],
  ['22:60', '23:00', /^scheduleWindow\.from \("22:60"\)/],
  ['05:00', '05:00', /^scheduleWindow\.to \("05:00"\) is also the beginning of the window\. /],
])('from %s to %s is refused', (from, to, message) => {
  expect(() => ScheduleWindow.between(from, to)).toThrow(message);
});

test('a window that daylight saving leaves out is refused, and a time zone that there is not', () => {
  const window = ScheduleWindow.between('02:00', '03:00');
  expect(() => window.daily('shop', 'Europe/Zurich')).toThrow(
    /^scheduleWindow \("02:00 to 03:00"\) has no minute that the clock of Europe\/Zurich shows once on each day/,
  );
  expect(() => window.daily('shop', 'Europe/Bern')).toThrow(/^scheduleWindow\.timeZone \("Europe\/Bern"\)/);
});
