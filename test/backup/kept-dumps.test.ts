import fc from 'fast-check';
import { keptBy } from '../../src/backup/kept-dumps';
import { DAY, kept } from '../support/retention/retention-model';

const counts = fc.nat(9);
const retention = fc.record({
  last: fc.integer({ min: 1, max: 5 }),
  daily: counts,
  weekly: counts,
  monthly: counts,
  yearly: counts,
  within: counts,
});
const times = fc.uniqueArray(
  fc.integer({ min: 0, max: 3000 * 4 }).map((quarter) => Date.UTC(2024, 0, 1) + (quarter * DAY) / 4),
  { maxLength: 60 },
);

test('what a plan says is kept is what the written rules of the retention keep', () => {
  fc.assert(
    fc.property(retention, times, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (policy, dumps, states) => {
      const isVerified = (time: number): boolean => states[dumps.indexOf(time)]!;
      const expected = kept({
        policy,
        dumps: dumps.map((time) => ({ time, state: isVerified(time) ? 'verified' : 'unverified' })),
      });
      expect(new Set(keptBy(policy, dumps, isVerified))).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
