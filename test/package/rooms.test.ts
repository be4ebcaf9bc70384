import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const SRC = join(__dirname, '../../src');

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** What a module imports of the others, in whatever form. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/from '(\.[^']*)'/g)].flatMap(([, path]) => {
    const target = join(dirname(file), path!);
    return [`${target}.ts`, join(target, 'index.ts')].filter((candidate) => files.includes(candidate));
  });
}

/** The first way from a module back to itself; undefined where there is none. */
function circle(): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const imported of importsOf(file)) {
      const found = visit(imported, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  return files.map((file) => visit(file, [])).find((found) => found !== undefined);
}

test('no module imports itself by way of others', () => {
  expect(circle()).toBeUndefined();
});

test('no two files have one name', () => {
  const names = files.map((file) => basename(file));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('what is not public has a room: beside the API and the app only the errors are at the top', () => {
  expect(files.filter((file) => !file.includes('/')).sort()).toEqual(['errors.ts', 'index.ts', 'main.ts']);
});
