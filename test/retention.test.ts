import { Retention } from '../src';

test('the newest dump always stays, also when nothing says so', () => {
  expect(Retention.keep({ daily: 7 })).toMatchObject({ last: 1, daily: 7, weekly: 0, monthly: 0, yearly: 0 });
});

test('every rule reaches the policy', () => {
  const rules = { last: 2, daily: 7, weekly: 4, monthly: 12, yearly: 10 };
  expect(Retention.keep(rules)).toMatchObject(rules);
});

test('a retention without rules is refused', () => {
  expect(() => Retention.keep({})).toThrow('retention ({}) would keep nothing but the newest dump. Name at least one rule');
  expect(() => Retention.keep({ daily: undefined })).toThrow('would keep nothing');
});

test.each([0, -1, 1.5, NaN, Infinity, 100_001])('a count of %p is refused with the name of its rule', (count) => {
  expect(() => Retention.keep({ daily: count })).toThrow(/^retention\.daily \(.*\) must be a whole number from 1 to 100000\. /);
  expect(() => Retention.keep({ last: count })).toThrow(/^retention\.last \(/);
});

test('a rule that there is not is no rule: it does not hide that none is given', () => {
  expect(() => Retention.keep({ weeky: 4 } as object)).toThrow('retention ({"weeky":4}) would keep nothing but the newest dump');
});
