import { readFileSync } from 'node:fs';
import { PAGE, render } from '../../generators/policies';

test('docs/policies.md tells of every policy; npm run docs:policies makes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(render());
});
