import { Cron } from 'cdk8s';
import { checkSchedule, checkTimeZone, longestInterval, shortestInterval } from '../../src/schedule/schedule';

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
  ['0 2 * * *', 86_400],
  ['*/15 * * * *', 900],
  ['0 2,3 * * 1', 3600],
  ['0 0 1 * *', 28 * 86_400],
  ['5/20 * * * *', 1200],
])('%p comes every %p seconds at the shortest', (expression, seconds) => {
  expect(shortestInterval('schedule', cron(expression)).toSeconds()).toBe(seconds);
});

const HOUR = 3600;
const DAY = 24 * HOUR;

test.each([
  ['0 2 * * *', 'Etc/UTC', DAY],
  ['* * * * *', 'Etc/UTC', 60],
  ['0 2,3 * * 1', 'Etc/UTC', 7 * DAY - HOUR],
  ['*/15 8-18 * * 1-5', 'Etc/UTC', 2 * DAY + 13 * HOUR + 900],
  ['0 0,12 1 * *', 'Etc/UTC', 30 * DAY + 12 * HOUR],
  ['30 * * 1 *', 'Etc/UTC', 334 * DAY + HOUR + DAY],
  ['0 2 * * *', 'Europe/Zurich', DAY + HOUR],
  ['0 2 * * *', 'Australia/Lord_Howe', DAY + HOUR / 2],
  ['0 2 * * *', 'Africa/Casablanca', DAY + HOUR],
  ['0 2 * * *', 'Asia/Kolkata', DAY],
  ['*/15 * * * *', 'Europe/Zurich', 900],
  ['0 2 29 2 *', 'Etc/UTC', 1461 * DAY],
])('%p in %s comes every %i seconds at the longest', (expression, timeZone, seconds) => {
  expect(longestInterval(cron(expression), timeZone).toSeconds()).toBe(seconds);
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
