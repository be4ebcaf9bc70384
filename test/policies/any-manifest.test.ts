import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { manifestsOf } from '../../src/manifests/manifest';
import { check } from '../../src/policies/all';
import { set, tree, type Mutable, type Path } from '../support/manifests/policy-tree';

const root = join(__dirname, '../../dist/identity-internal');
const dist = readdirSync(root)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parse(readFileSync(join(root, file), 'utf8')) as Mutable);
const others = tree()
  .filter(({ kind }) => kind !== 'CronJob' && kind !== 'ConfigMap')
  .map(({ object }) => structuredClone(object) as Mutable);
const objects = [...dist, ...others];

/** Every path in a value. */
function paths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) =>
      paths(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

test('no policy throws, whatever field is missing or of another type', () => {
  const claim = objects.find(({ kind }) => kind === 'PersistentVolumeClaim');
  const places = objects.flatMap((object) =>
    paths(object)
      .filter((path) => path.length > 0)
      .map((path) => ({ object, path })),
  );
  expect(places.length).toBeGreaterThan(1000);
  for (const { object, path } of places) {
    const before = path.reduce<unknown>((inner, key) => (inner as Mutable)[key], object);
    for (const value of [undefined, null, -1.5, 'x', [null], { '': [] }]) {
      set(object, path, value);
      expect(() => check([object, claim].flatMap((each) => manifestsOf('any.yaml', each)))).not.toThrow();
    }
    set(object, path, before);
  }
});

test('no policy throws on any JSON, as an object of any kind or a part of one', () => {
  const kinds = fc.constantFrom(
    'CronJob',
    'Job',
    'Pod',
    'Deployment',
    'ConfigMap',
    'Secret',
    'SecretList',
    'List',
    'PersistentVolumeClaim',
  );
  const labels = fc
    .constantFrom('backup', 'restore', 'drill')
    .map((component) => ({ 'app.kubernetes.io/name': 'postgres-backup', 'app.kubernetes.io/component': component }));
  const part = fc.jsonValue({ maxDepth: 4 });
  const pod = fc.record(
    {
      containers: fc.array(part),
      initContainers: part,
      volumes: part,
      securityContext: part,
      restartPolicy: part,
    },
    { requiredKeys: ['containers'] },
  );
  const object = fc.record(
    {
      apiVersion: fc.constantFrom('v1', 'batch/v1'),
      kind: kinds,
      metadata: fc.oneof(part, fc.record({ name: part, labels, annotations: part })),
      items: part,
      data: part,
      stringData: part,
      spec: fc.oneof(
        part,
        pod,
        fc.record({
          template: fc.record({ metadata: part, spec: pod }),
          jobTemplate: fc.record({ spec: fc.record({ template: fc.record({ spec: pod }) }) }),
          schedule: part,
          suspend: part,
        }),
      ),
    },
    { requiredKeys: ['apiVersion', 'kind'] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(object, part), { maxLength: 3 }), (documents) => {
      check(documents.flatMap((document) => manifestsOf('any.yaml', document)));
    }),
    { numRuns: 1000 },
  );
});
