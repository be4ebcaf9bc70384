import fc from 'fast-check';
import { Schedule } from '../../src/schedule/schedule';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 24, 1);

const runs = (schedule: string, zone: string, from: string, to: string): string[] =>
  Schedule.of(schedule, zone)!
    .runs(Date.parse(from), Date.parse(to))
    .map((run) => new Date(run).toISOString());

test('a run in the hour that is left out does not come, as with the controller of Kubernetes', () => {
  expect(runs('30 2 * * *', 'Europe/Zurich', '2026-03-27T12:00Z', '2026-03-30T12:00Z')).toEqual([
    '2026-03-28T01:30:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
});

test('a run in the hour that comes twice comes twice', () => {
  expect(runs('30 2 * * *', 'Europe/Zurich', '2026-10-24T12:00Z', '2026-10-25T12:00Z')).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
  ]);
});

/** The runs of two days and a half around a change of the clock. */
const around = (schedule: string, timeZone: string, day: string, most = 100): string[] => {
  const from = Date.parse(`${day}T00:00:00Z`);
  return Schedule.of(schedule, timeZone)!
    .runs(from, from + 60 * HOUR, most)
    .map((run) => new Date(run).toISOString().slice(5, 16));
};

test('an hour that comes twice may be half an hour', () => {
  expect(around('45 1 * * *', 'Australia/Lord_Howe', '2024-04-06')).toEqual([
    '04-06T14:45',
    '04-06T15:15',
    '04-07T15:15',
  ]);
});

test('every hour comes every hour, whatever the clock shows', () => {
  const hours = around('0 * * * *', 'Europe/Zurich', '2024-03-30');
  expect(hours).toEqual(around('0 * * * *', 'Etc/UTC', '2024-03-30'));
  expect(hours).toHaveLength(60);
});

test('the first moment counts, the last does not, and no more come than are asked for', () => {
  expect(around('0 0,12 * * *', 'UTC', '2024-05-01')).toEqual([
    '05-01T00:00',
    '05-01T12:00',
    '05-02T00:00',
    '05-02T12:00',
    '05-03T00:00',
  ]);
  expect(around('0 0 * * *', 'Asia/Kolkata', '2024-05-01', 2)).toEqual(['05-01T18:30', '05-02T18:30']);
  expect(Schedule.of('0 0 * * *')!.runs(Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2), 10)).toHaveLength(1);
});

test.each([
  ['0 2 * * *', 86_400],
  ['*/15 * * * *', 900],
  ['0 2,3 * * 1', 3600],
  ['0 0 1 * *', 28 * 86_400],
  ['5/20 * * * *', 1200],
])('%p comes every %p seconds at the shortest', (expression, seconds) => {
  expect(Schedule.of(expression)!.shortestInterval / 1000).toBe(seconds);
});

test.each([
  ['0 2 * * *', 'Etc/UTC', 86_400],
  ['* * * * *', 'Etc/UTC', 60],
  ['0 2,3 * * 1', 'Etc/UTC', 7 * 86_400 - 3600],
  ['*/15 8-18 * * 1-5', 'Etc/UTC', 2 * 86_400 + 13 * 3600 + 900],
  ['0 0,12 1 * *', 'Etc/UTC', 30 * 86_400 + 12 * 3600],
  ['30 * * 1 *', 'Etc/UTC', 334 * 86_400 + 3600 + 86_400],
  ['0 2 * * *', 'Europe/Zurich', 86_400 + 3600],
  ['0 2 * * *', 'Australia/Lord_Howe', 86_400 + 3600 / 2],
  ['0 2 * * *', 'Africa/Casablanca', 86_400 + 3600],
  ['0 2 * * *', 'Asia/Kolkata', 86_400],
  ['*/15 * * * *', 'Europe/Zurich', 900],
  ['0 2 29 2 *', 'Etc/UTC', 1461 * 86_400],
])('%p in %s comes every %i seconds at the longest', (expression, timeZone, seconds) => {
  expect(Schedule.of(expression, timeZone)!.longestInterval / 1000).toBe(seconds);
});

test.each([
  ['0 2 * * *', 'Etc/UTC', 24],
  ['30 2 * * *', 'Europe/Zurich', 47],
  ['0 4 * * *', 'Europe/Zurich', 25],
  ['0 */6 * * *', 'Etc/UTC', 6],
  ['0 */6 * * *', 'Europe/Zurich', 7],
  ['*/15 * * * *', 'Australia/Lord_Howe', 0.25],
  ['0 2 * * 1', 'Etc/UTC', 168],
  ['0 2 * * 1-5', 'Etc/UTC', 72],
  ['0 2 1 * *', 'Etc/UTC', 31 * 24],
  ['@daily', 'Etc/UTC', 24],
  ['5/20 0 * * *', 'Etc/UTC', 23 + 1 / 3],
])('the longest gap of %s in %s is %d hours', (schedule, zone, hours) => {
  expect(Schedule.of(schedule, zone)!.longestGap(NOW) / HOUR).toBeCloseTo(hours, 5);
});

test('once a year, and on February 29th', () => {
  expect(Schedule.of('0 0 1 1 *', 'Etc/UTC')!.longestGap(NOW) / HOUR / 24).toBe(365);
  expect(Schedule.of('0 0 29 2 *', 'Etc/UTC')!.longestGap(NOW) / HOUR / 24).toBe(1461);
});

test.each([
  ['0 0 30 2 *', 'Etc/UTC'],
  ['61 * * * *', 'Etc/UTC'],
  ['nonsense', 'Etc/UTC'],
  ['toString', 'Etc/UTC'],
  ['', 'Etc/UTC'],
  ['0 2 * * *', 'Europe/Nowhere'],
])('%s in %s is no schedule', (schedule, zone) => {
  expect(Schedule.of(schedule, zone)).toBeUndefined();
});

test('runs come in order, each once, at the time on the wall', () => {
  const field = (least: number, most: number): fc.Arbitrary<string> =>
    fc.oneof(fc.constant('*'), fc.integer({ min: least, max: most }).map(String));
  const zone = fc.constantFrom(
    'Etc/UTC',
    'Europe/Zurich',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Chatham',
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: 0, max: 23 }),
      field(0, 6),
      zone,
      fc.integer({ min: 0, max: 365 }),
      (minute, hour, weekDay, timeZone, day) => {
        const from = NOW + day * 24 * HOUR;
        const found = Schedule.of(`${minute} ${hour} * * ${weekDay}`, timeZone)!.runs(from, from + 20 * 24 * HOUR);
        expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
        const format = new Intl.DateTimeFormat('en-GB', {
          timeZone,
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        });
        const time = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
        expect(found.map((run) => format.format(run)).filter((shown) => shown !== time)).toEqual([]);
        expect(found.length).toBeGreaterThanOrEqual(weekDay === '*' ? 19 : 1);
      },
    ),
    { numRuns: 100 },
  );
});
