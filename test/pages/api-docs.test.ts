import { readFileSync } from 'node:fs';
import { PAGE, publicApi } from '../../generators/api';

const api = publicApi();

test('docs/api.md is what the docstrings say; npm run docs:api makes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(api.render());
});

test('every export and every prop says what it is, and every optional prop has its default', () => {
  expect(api.gaps()).toEqual([]);
});
