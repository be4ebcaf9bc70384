import { runsBetween } from '../../src/schedule/calendar';

/** The runs of two days and a half around a change of the clock. */
function runs(schedule: string, timeZone: string, day: string, most = 100): string[] {
  const from = Date.parse(`${day}T00:00:00Z`);
  return runsBetween(schedule, timeZone, from, from + 60 * 3_600_000, most).map((run) =>
    new Date(run).toISOString().slice(5, 16),
  );
}

test('a run in the hour that daylight saving leaves out does not come, as in Kubernetes', () => {
  expect(runs('30 2 * * *', 'Europe/Zurich', '2024-03-30')).toEqual(['03-30T01:30', '04-01T00:30']);
  expect(runs('0 2 * * *', 'America/New_York', '2024-03-09')).toEqual(['03-09T07:00', '03-11T06:00']);
});

test('a run in the hour that daylight saving repeats comes twice', () => {
  expect(runs('30 2 * * *', 'Europe/Zurich', '2024-10-26')).toEqual([
    '10-26T00:30',
    '10-27T00:30',
    '10-27T01:30',
    '10-28T01:30',
  ]);
  expect(runs('45 1 * * *', 'Australia/Lord_Howe', '2024-04-06')).toEqual([
    '04-06T14:45',
    '04-06T15:15',
    '04-07T15:15',
  ]);
});

test('every hour comes every hour, whatever the clock shows', () => {
  const hours = runs('0 * * * *', 'Europe/Zurich', '2024-03-30');
  expect(hours).toEqual(runs('0 * * * *', 'Etc/UTC', '2024-03-30'));
  expect(hours).toHaveLength(60);
});

test('the first moment counts, the last does not, and no more come than are asked for', () => {
  expect(runs('0 0,12 * * *', 'UTC', '2024-05-01')).toEqual([
    '05-01T00:00',
    '05-01T12:00',
    '05-02T00:00',
    '05-02T12:00',
    '05-03T00:00',
  ]);
  expect(runs('0 0 * * *', 'Asia/Kolkata', '2024-05-01', 2)).toEqual(['05-01T18:30', '05-02T18:30']);
  expect(runsBetween('0 0 * * *', 'Etc/UTC', Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2), 10)).toHaveLength(1);
});
