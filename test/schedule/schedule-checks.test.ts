import { Cron } from 'cdk8s';
import { checkSchedule, checkTimeZone } from '../../src/schedule/schedule-checks';

const cron = (expression: string) => ({ expressionString: expression }) as Cron;

test.each([
  '0 2 * * *',
  '*/15 * * * *',
  '0 2 1,15 * 1',
  '0 2 ? * *',
  '0 2 * JAN-MAR MON-FRI',
  '5-59/10 * * * *',
  '5/10 0/2 * * *',
  '0 2 * * 0/2',
  '0 2 * * WED',
])('the schedule %p is taken', (expression) => {
  expect(() => checkSchedule('schedule', cron(expression))).not.toThrow();
});

test.each([
  '60 * * * *',
  '0 24 * * *',
  '0 2 * * 7',
  '0 2 L * *',
  '0 2 15W * *',
  '0 2 * * 1#2',
  '@daily',
  '0 0 2 * * *',
  'x',
  '0 2 * *',
  '* * 31 2 *',
  '0 2 * * FRI-MON',
])('the schedule %p, which Kubernetes refuses or which never comes, is refused', (expression) => {
  expect(() => checkSchedule('schedule', cron(expression))).toThrow(/^schedule \(/);
});

test.each([
  'Etc/UTC',
  'UTC',
  'Europe/Zurich',
  'America/Argentina/Buenos_Aires',
  'Etc/GMT+5',
  'Asia/Kolkata',
  'Asia/Calcutta',
])('the time zone %p is taken', (timeZone) => {
  expect(() => checkTimeZone('timeZone', timeZone)).not.toThrow();
});

test.each([
  '',
  'Local',
  'europe/zurich',
  'Europe/Nowhere',
  '+01:00',
  'EUROPE/ZURICH',
  'ETC/UTC',
  'Asia/KOLKATA',
  'US/PACIFIC',
  'PST',
  'Factory',
  '../etc/passwd',
])('the time zone %p is refused', (timeZone) => {
  expect(() => checkTimeZone('timeZone', timeZone)).toThrow(
    /^timeZone \(".*"\) is not a time zone of the tz database\. /,
  );
});
