import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyCase, fewCases } from '../support/faults/fault-cases';
import { MATRIX } from './matrix';

const groups = Object.values(MATRIX).flat();

test('a run makes each fault once, and leaves twins to npm run test:faults', () => {
  for (const { faults } of groups) {
    const cases = fewCases(faults);
    for (const fault of faults) {
      expect({ fault: fault.name, cases: cases.filter((one) => one.fault === fault).length }).toEqual({
        fault: fault.name,
        cases: fault.isTwin ? 0 : 1,
      });
    }
    expect(everyCase(faults)).toEqual(expect.arrayContaining(cases));
  }
});

test('the userlands take turns', () => {
  for (const { faults } of groups) {
    const userlands = fewCases(faults.filter((fault) => fault.userlands === undefined)).map(({ userland }) => userland);
    const counts = ['busybox', 'gnu'].map((userland) => userlands.filter((one) => one === userland).length);
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThanOrEqual(1);
  }
});

test('npm run test:faults makes each fault under each userland, as often as it says', () => {
  const count = groups.flatMap(({ faults }) =>
    faults.map(({ userlands = ['busybox', 'gnu'], times = 1 }) => userlands.length * times),
  );
  expect(groups.flatMap(({ faults }) => everyCase(faults))).toHaveLength(count.reduce((sum, one) => sum + one, 0));
});

test.each(Object.entries(MATRIX))('each group of faults of the %s has its test file', (component, all) => {
  const folder = join(__dirname, component);
  const tested = readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => file.replace('.test.ts', ''));
  expect(
    tested.filter((name) => !readFileSync(join(folder, `${name}.test.ts`), 'utf8').includes(`Faults(${name});`)),
  ).toEqual([]);
  expect(tested).toHaveLength(all.length);
});
