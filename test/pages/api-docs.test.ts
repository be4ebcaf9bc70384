import { readFileSync } from 'node:fs';
import { PAGE, publicApi } from '../../generators/api';

const api = publicApi();

test('docs/api.md is what the docstrings say; npm run docs:api makes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(api.render());
});

test('every export, prop and member says what it is, every optional prop has its default, and no cell is empty', () => {
  expect(api.gaps()).toEqual([]);
  expect(api.render()).not.toMatch(/\|\s*\|$/m);
});
