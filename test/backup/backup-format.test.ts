import { BackupFormat } from '../../src';

test('the custom format is one file by one job', () => {
  expect(BackupFormat.custom()).toMatchObject({ name: 'custom', parallelJobs: 1 });
});

test('the directory format has the jobs that are asked for', () => {
  expect(BackupFormat.directory({ parallelJobs: 8 })).toMatchObject({ name: 'directory', parallelJobs: 8 });
});

test.each([0, 65, 1.5])('%p jobs are refused', (parallelJobs) => {
  expect(() => BackupFormat.directory({ parallelJobs })).toThrow(/^format\.parallelJobs/);
});
