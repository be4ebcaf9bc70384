import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedList } from '../../src/manifests/expected-list';
import { type Files, written } from '../support/secrets/flux-repo';
import { LIST_FILE, listManifest } from '../support/secrets/expected-list';

/** A list that is misread has fewer expectations, and a check of fewer passes. */

const GOOD = listManifest([{ secret: 'shop', key: 'key' }]);

function read(files: Files, prepare = (folder: string): void => void folder): ExpectedList {
  const folder = written(files);
  prepare(folder);
  return ExpectedList.read(folder, (path) => path);
}

test('lists of several files are one', () => {
  const other = listManifest([{ secret: 'other', key: 'key' }]);
  expect(read({ [LIST_FILE]: GOOD, 'other.yaml': other }).secrets.map(({ name }) => name)).toEqual(['other', 'shop']);
});

test.each([
  ['a mapping', GOOD.replace(/secrets\.yaml: \|\n[^]*$/, 'secrets.yaml: |\n    secret: shop\n')],
  ['a text', GOOD.replace(/secrets\.yaml: \|\n[^]*$/, 'secrets.yaml: |\n    shop\n')],
  ['a mapping in the ConfigMap itself', GOOD.replace(/secrets\.yaml: \|\n[^]*$/, 'secrets.yaml:\n    secret: shop\n')],
  ['cut off in a file that is not YAML', `${GOOD}\t: [`],
])('a list that is %s is refused, also beside a good one', (_, text) => {
  expect(() => read({ 'good.yaml': GOOD, 'bad.yaml': text })).toThrow(/bad\.yaml.*Run cdk8s synth anew/);
});

test('a file that cannot be read may have a list, and is refused', () => {
  const bad = Buffer.from(GOOD, 'utf16le').toString('latin1');
  expect(() => read({ 'good.yaml': GOOD, 'bad.yaml': bad })).toThrow(/bad\.yaml.*Run cdk8s synth anew/);
});

// Root reads everything.
(process.getuid?.() === 0 ? test.skip : test)('so is a file without the right to read it', () => {
  const lock = (folder: string): void => chmodSync(join(folder, 'bad.yaml'), 0o000);
  expect(() => read({ 'good.yaml': GOOD, 'bad.yaml': GOOD }, lock)).toThrow(/bad\.yaml/);
});
