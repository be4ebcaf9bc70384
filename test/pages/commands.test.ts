import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandBlocks, TYPED, typedOf } from '../support/manifests/typed-commands';

const root = join(__dirname, '../..');
const blocks = commandBlocks();

test('each block of commands of each page is typed by a test, or has a reason why none types it', () => {
  expect(blocks.length).toBeGreaterThan(40);
  expect(blocks.filter((block) => typedOf(block) === undefined).map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
});

test('each line of the list is about a block that a page has', () => {
  const used = new Set(blocks.map(typedOf));
  expect(TYPED.filter((line) => !used.has(line))).toEqual([]);
});

test('each test of the list is there, and reads the page', () => {
  const unread = TYPED.flatMap(({ page, by = [] }) =>
    by
      .filter(
        (test) => !existsSync(join(root, test)) || !readFileSync(join(root, test), 'utf8').includes(basename(page)),
      )
      .map((test) => `${test}: ${page}`),
  );
  expect(unread).toEqual([]);
});
