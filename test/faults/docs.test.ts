import { readFileSync } from 'node:fs';
import { PAGE, render } from '../../generators/faults';
import { MATRIX } from './matrix';

test('docs/faults.md tells of every fault; npm run docs:faults makes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(render(MATRIX));
});
