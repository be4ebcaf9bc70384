import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readManifests } from '../../src/manifests/read';

const dist = join(__dirname, '../../dist/identity-internal');
const manifest = (more: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n${more}`;

test('what is read from dist/ is what another parser reads', () => {
  const files = readdirSync(dist).filter((file) => file.endsWith('.yaml'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const text = readFileSync(join(dist, file), 'utf8');
    expect(readManifests(file, text).map(({ object }) => object)).toEqual([parse(text)]);
  }
});

test('dates and words such as "on" stay what they are, and what is no object of Kubernetes is left out', () => {
  const [first, second, ...others] = readManifests(
    'a.yaml',
    `${manifest('data: { day: 2026-11-24, switch: on }')}\n---\n# nothing\n---\nx: 1\n---\n${manifest('')}`,
  );
  expect(first!.object.data).toEqual({ day: '2026-11-24', switch: 'on' });
  expect(second!.name).toBe('a');
  expect(others).toEqual([]);
});

test('what is not YAML is an error that names the file and the line', () => {
  expect(() => readManifests('shop/a.yaml', manifest('data: [1'))).toThrow(/shop\/a\.yaml/);
});
