import { readFileSync } from 'node:fs';
import { PAGE, render } from '../support/policy-docs';

test('docs/policies.md tells of every policy; npm run docs:policies makes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(render());
});
