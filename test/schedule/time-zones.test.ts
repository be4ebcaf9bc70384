import { readFileSync } from 'node:fs';
import { FILE, timeZones } from '../../generators/time-zones';

test('the list of time zones is that of the tz database which is installed', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(timeZones());
});
