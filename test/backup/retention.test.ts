import { Duration } from 'cdk8s';
import { Retention } from '../../src';

test('the newest dump always stays, also when nothing says so', () => {
  expect(Retention.keep({ daily: 7 })).toMatchObject({
    last: 1,
    daily: 7,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    within: undefined,
  });
});

test('every rule reaches the policy', () => {
  const rules = { last: 2, daily: 7, weekly: 4, monthly: 12, yearly: 10, within: Duration.days(2) };
  expect(Retention.keep(rules)).toMatchObject(rules);
});

test('a retention without rules is refused', () => {
  expect(() => Retention.keep({})).toThrow(
    'retention ({}) would keep nothing but the newest dump. Name at least one rule',
  );
  expect(() => Retention.keep({ daily: undefined })).toThrow('would keep nothing');
});

test.each([0, -1, 1.5, NaN, Infinity, 100_001])('a count of %p is refused with the name of its rule', (count) => {
  expect(() => Retention.keep({ daily: count })).toThrow(
    /^retention\.daily \(.*\) must be a whole number from 1 to 100000\. /,
  );
  expect(() => Retention.keep({ last: count })).toThrow(/^retention\.last \(/);
});

test('the days within which every dump stays are a rule of their own', () => {
  expect(Retention.keep({ within: Duration.hours(48) })).toMatchObject({ last: 1, daily: 0 });
  expect(Retention.keep({ within: Duration.hours(48) }).within!.toDays()).toBe(2);
});

test.each([Duration.hours(36), Duration.days(0), Duration.millis(1)])(
  '%s is not a number of days, and refused',
  (within) => {
    expect(() => Retention.keep({ within })).toThrow(
      /^retention\.within \(".*"\) is not in whole days, at least one\. Write it like Duration\.days\(7\)$/,
    );
  },
);

test.each([
  [{ last: 3 }, 'the newest 3 dumps'],
  [{ daily: 7 }, 'the newest dump and 7 daily ones'],
  [{ daily: 7, weekly: 4 }, 'the newest dump, 7 daily and 4 weekly ones'],
  [{ within: Duration.days(1) }, 'the newest dump and every verified one of the last day'],
  [{ within: Duration.days(2), daily: 7 }, 'the newest dump, every verified one of the last 2 days and 7 daily ones'],
  [
    { within: Duration.days(2), daily: 7, weekly: 4 },
    'the newest dump, every verified one of the last 2 days, 7 daily and 4 weekly ones',
  ],
])('%p in words', (rules, words) => {
  expect(`${Retention.keep(rules)}`).toBe(words);
});

test('a rule that there is not is no rule: it does not hide that none is given', () => {
  expect(() => Retention.keep({ weeky: 4 } as object)).toThrow(
    'retention ({"weeky":4}) would keep nothing but the newest dump',
  );
});
