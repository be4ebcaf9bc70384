import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import { fieldChanges, unified } from '../../src/plan/fields';
import { plan } from '../../src/plan/plan';
import { TreeReader } from '../../src/plan/tree';

const DIST = join(__dirname, '../../dist/identity-internal');
const NOW = Date.UTC(2026, 10, 24, 1);

type Path = (string | number)[];

/** The path to every leaf; an empty list or mapping is one. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function mutated(value: unknown, [key, ...rest]: Path, change: (leaf: unknown) => unknown): unknown {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  if (rest.length > 0) copy[key!] = mutated(copy[key!], rest, change);
  else {
    const leaf = change(copy[key!]);
    if (leaf !== undefined) copy[key!] = leaf;
    else if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key!];
  }
  return copy;
}

const changes: [string, (leaf: unknown) => unknown][] = [
  [
    'changed',
    (leaf) =>
      typeof leaf === 'number'
        ? leaf + 1
        : typeof leaf === 'boolean'
          ? !leaf
          : typeof leaf === 'string'
            ? `${leaf}x`
            : 'x',
  ],
  ['of another type', (leaf) => (typeof leaf === 'string' ? Number(leaf) || null : String(leaf))],
  ['gone', () => undefined],
];

const objects = readdirSync(DIST)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) =>
    parseAllDocuments(readFileSync(join(DIST, file), 'utf8')).map((document) => ({
      file,
      object: document.toJS() as Record<string, unknown>,
    })),
  );

test.each(changes)('every field of dist/ that is %s is reported, and no other', (_, change) => {
  const missed: string[] = [];
  for (const { file, object } of objects) {
    const paths = leaves(object);
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const found = fieldChanges(object as never, mutated(object, path, change) as never);
      if (found.length === 0 || JSON.stringify(found[0]!.before) === JSON.stringify(found[0]!.after))
        missed.push(`${file} ${path.join('.')}`);
    }
  }
  expect(missed).toEqual([]);
});

test('every single change of a file of dist/ makes a plan with a risk', () => {
  const reader = new TreeReader();
  const files = Object.fromEntries(objects.map(({ file, object }) => [file, stringify(object)]));
  const base = reader.of('base', files);
  const missed: string[] = [];
  for (const { file, object } of objects) {
    const paths = leaves(object);
    // Every field was changed above; here it is seen that what differs also gets an answer.
    for (const path of paths.filter((_, index) => index % 10 === 0 || paths.length < 40)) {
      const head = reader.of('head', { ...files, [file]: stringify(mutated(object, path, changes[0]![1])) });
      if (plan(base, head, { now: NOW }).risk === 'none') missed.push(`${file} ${path.join('.')}`);
    }
  }
  expect(missed).toEqual([]);
});

test('whatever differs is reported, and nothing else', () => {
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<never>;
  fc.assert(
    fc.property(json, json, (before, after) => {
      const normal = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value, (_, inner: unknown) => (Object.is(inner, -0) ? 0 : inner)));
      const [was, is] = [normal(before), normal(after)] as [never, never];
      const isSame = JSON.stringify(sorted(was)) === JSON.stringify(sorted(is));
      expect(fieldChanges(was, is).length === 0).toBe(isSame);
      expect(fieldChanges(was, was)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  return [
    'mapping',
    ...Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  ];
}

test('variables, containers and volumes are compared by their names, and their order is a field of its own', () => {
  const pod = (env: string[]): never =>
    ({ containers: [{ name: 'backup', env: env.map((name) => ({ name, value: name.toLowerCase() })) }] }) as never;
  expect(fieldChanges(pod(['A', 'B', 'C']), pod(['A', 'C']))).toEqual([
    { path: 'containers[backup].env[B]', before: { name: 'B', value: 'b' } },
  ]);
  expect(fieldChanges(pod(['A', 'B']), pod(['N', 'A', 'B']))).toEqual([
    { path: 'containers[backup].env[N]', after: { name: 'N', value: 'n' } },
  ]);
  expect(fieldChanges(pod(['A', 'B']), pod(['B', 'A']))).toEqual([
    { path: 'containers[backup].env (order)', before: 'A, B', after: 'B, A' },
  ]);
  // Two of one name, as Kubernetes takes them: by their places.
  expect(fieldChanges(pod(['A', 'A']), pod(['A', 'B']))).not.toEqual([]);
});

test('keys that objects inherit are keys like others', () => {
  for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const object = JSON.parse(`{"data": {"${key}": "a"}}`) as never;
    expect(fieldChanges({ data: {} }, object)).toEqual([{ path: `data.${key}`, after: 'a' }]);
    expect(fieldChanges(object, { data: {} })).toEqual([{ path: `data.${key}`, before: 'a' }]);
  }
});

test('texts of several lines are told by a unified diff', () => {
  expect(fieldChanges({ data: { 'a.sh': 'one\ntwo\n' } }, { data: { 'a.sh': 'one\n2\n' } })[0]!.diff).toBe(
    '@@ -1,2 +1,2 @@\n one\n-two\n+2',
  );
  expect(unified('a\n', 'a')).toContain('\\ No newline at end of file');
});
