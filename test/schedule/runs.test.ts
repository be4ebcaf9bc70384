import fc from 'fast-check';
import { Calendar } from '../../src/schedule/runs';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 24, 1);

const runs = (schedule: string, zone: string, from: string, to: string): string[] =>
  Calendar.of(schedule, zone)!
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
  expect(Calendar.of(schedule, zone)!.longestGap(NOW) / HOUR).toBeCloseTo(hours, 5);
});

test('once a year, and on February 29th', () => {
  expect(Calendar.of('0 0 1 1 *', 'Etc/UTC')!.longestGap(NOW) / HOUR / 24).toBe(365);
  expect(Calendar.of('0 0 29 2 *', 'Etc/UTC')!.longestGap(NOW) / HOUR / 24).toBe(1461);
});

test.each([
  ['0 0 30 2 *', 'Etc/UTC'],
  ['61 * * * *', 'Etc/UTC'],
  ['nonsense', 'Etc/UTC'],
  ['', 'Etc/UTC'],
  ['0 2 * * *', 'Europe/Nowhere'],
])('%s in %s is no calendar', (schedule, zone) => {
  expect(Calendar.of(schedule, zone)).toBeUndefined();
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
        const found = Calendar.of(`${minute} ${hour} * * ${weekDay}`, timeZone)!.runs(from, from + 20 * 24 * HOUR);
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
