import fc from 'fast-check';
import { Schedule } from '../../src/schedule/schedule';
import { backupWorkload, type BackupWorkload } from '../../src/manifests/backup-workload';
import { check } from '../../src/policies/all';
import { uncovered } from '../../src/policies/recovery-window';
import { keptBy, type RetentionCounts } from '../../src/backup/kept-dumps';
import { set, tree } from '../support/manifests/policy-tree';

const NOTHING: RetentionCounts = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 };
const [workload] = tree()
  .map(backupWorkload)
  .filter((found) => found !== undefined);

function backup(
  schedule: string,
  timeZone: string,
  retention: Partial<RetentionCounts>,
  recoveryWindow: number,
): BackupWorkload {
  return { ...workload!, schedule, timeZone, retention: { ...NOTHING, ...retention }, recoveryWindow };
}

test.each<[string, string, Partial<RetentionCounts>, number]>([
  ['0 2 * * *', 'Etc/UTC', { daily: 7 }, 7],
  ['0 2 * * *', 'Etc/UTC', { last: 7 }, 7],
  ['0 2 * * *', 'Etc/UTC', { daily: 3, last: 30 }, 30],
  ['0 2 * * *', 'Etc/UTC', {}, 1],
  ['0 4 * * *', 'Europe/Zurich', { daily: 7 }, 7], // a day of 23 hours and one of 25
  ['30 22 * * *', 'America/New_York', { daily: 14 }, 14],
  ['0 * * * *', 'Etc/UTC', { daily: 7 }, 6],
  ['0 * * * *', 'Etc/UTC', { last: 168 }, 7],
  ['0 2,14 * * *', 'Asia/Kolkata', { daily: 8 }, 7],
])('%s in %s keeping %p gives a window of %p days', (...args) => {
  expect(uncovered(backup(...args))).toBeUndefined();
});

test.each<[string, string, Partial<RetentionCounts>, number, string, number | undefined]>([
  ['0 2 * * *', 'Etc/UTC', { daily: 3 }, 7, '2023-12-26', 7],
  ['0 2 * * *', 'Etc/UTC', { daily: 7, weekly: 4 }, 8, '2023-12-25', 8],
  ['0 2 * * *', 'Etc/UTC', { weekly: 4, monthly: 12 }, 7, '2023-12-26', 7],
  ['30 2 * * *', 'Europe/Zurich', { daily: 7 }, 7, '2024-03-31', undefined], // the run of that night is left out
  ['30 1 * * *', 'Europe/Zurich', { daily: 7 }, 7, '2024-03-31', undefined], // two on one day of UTC, one stays
  ['0 2 * * 1-5', 'Etc/UTC', { daily: 30 }, 7, '2023-12-30', undefined],
  ['0 2 * * 0', 'Etc/UTC', { weekly: 10 }, 2, '2024-01-06', undefined],
  ['0 2 */2 * *', 'Etc/UTC', { daily: 30 }, 1, '2024-01-02', undefined],
  ['0 2 1-30 * *', 'Etc/UTC', { daily: 30 }, 3, '2023-12-31', undefined],
  ['0 * * * *', 'Etc/UTC', { daily: 7 }, 7, '2023-12-26', 8], // right after midnight six whole days are kept
])(
  '%s in %s keeping %p does not give a window of %p days: a gap on %s',
  (schedule, timeZone, retention, window, day, daily) => {
    const gap = uncovered(backup(schedule, timeZone, retention, window));
    expect(gap && new Date(gap.moment).toISOString().slice(0, 10)).toBe(day);
    expect(gap!.daily).toBe(daily);
  },
);

test('the finding names the run, the moment, and how many days would be enough', () => {
  const manifests = tree('backup', (object) =>
    set(object, ['metadata', 'annotations', 'cdk8s-postgres-backup/recovery-window'], 'P9D'),
  );
  expect(check(manifests).map(({ path, message, remedy }) => `${path} ${message}. ${remedy}`)).toEqual([
    'metadata.annotations["cdk8s-postgres-backup/recovery-window"] is "P9D": e.g. after the run of ' +
      '2024-01-01T02:00Z, the newest restore point ' +
      'before 2023-12-24T03:00Z is more than a day old, or there is none. Retention.keep({ daily: 9 }) would do.',
  ]);
});

test('no window, or a schedule that another policy refuses, is nothing to simulate', () => {
  expect(uncovered({ ...backup('0 2 * * *', 'Etc/UTC', {}, 7), recoveryWindow: undefined })).toBeUndefined();
  expect(uncovered(backup('every night', 'Etc/UTC', {}, 7))).toBeUndefined();
  expect(uncovered(backup('0 2 * * *', 'Europe/Nowhere', {}, 7))).toBeUndefined();
});

/** The same question asked of every hour of eight days, with the retention applied to all runs of weeks at once. */
function isCoveredHourByHour({ schedule, timeZone, retention }: BackupWorkload, days: number): boolean {
  const [hour, begin, end] = [3_600_000, Date.UTC(2024, 5, 1), Date.UTC(2024, 5, 9)];
  const runs = Schedule.of(schedule, timeZone)!.runs(Date.UTC(2024, 4, 1), end);
  for (let now = begin; now < end; now += hour) {
    const kept = keptBy(
      retention,
      runs.filter((run) => run <= now),
    );
    const oldest = Math.max(...runs.filter((run) => run <= now)) - (days - 1) * 24 * hour + (days > 1 ? hour : 0);
    for (let moment = oldest; moment <= now; moment += hour) {
      if (!kept.some((point) => point <= moment && moment - point < 25 * hour)) return false;
    }
  }
  return true;
}

test('what the simulation covers, an hour-by-hour count covers too', () => {
  const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 3 });
  const retention = fc.record({
    last: fc.integer({ min: 1, max: 12 }),
    daily: fc.nat(8),
    weekly: fc.nat(2),
    monthly: fc.nat(1),
    yearly: fc.constant(0),
    within: fc.nat(3),
  });
  let covered = 0;
  fc.assert(
    fc.property(
      hours,
      fc.constantFrom('*', '1-5', '0-6'),
      retention,
      fc.integer({ min: 1, max: 6 }),
      (at, weekDays, keep, days) => {
        const candidate = backup(`0 ${at.join(',')} * * ${weekDays}`, 'Etc/UTC', keep, days);
        const isCovered = uncovered(candidate) === undefined;
        if (isCovered) covered++;
        expect(isCoveredHourByHour(candidate, days)).toBe(isCovered);
      },
    ),
    { numRuns: 25, seed: 7 },
  );
  expect(covered).toBeGreaterThan(3);
});
