import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { manifestsOf, type Manifest } from '../../src/manifests/manifest';
import { check } from '../../src/policies/all';

const root = join(__dirname, '../..');
const files = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));

const manifests = (file: string, text: string): Manifest[] =>
  parseAllDocuments(text).flatMap((document) => (document.errors.length > 0 ? [] : manifestsOf(file, document.toJS())));

/** The manifests in a snapshot: the others are no YAML, or no objects of Kubernetes. */
function snapshots(file: string): Manifest[] {
  const exported: Record<string, string> = {};
  new Function('exports', readFileSync(join(root, file), 'utf8'))(exported);
  return Object.values(exported).flatMap((text) =>
    manifests(file, text.trim().replace(/^"|"$/g, '').replaceAll('\\"', '"')),
  );
}

function dropped(all: readonly Manifest[]): string[] {
  return check(all)
    .filter(({ policy }) => policy === 'empty-field')
    .map(({ resource, path }) => `${resource.file} ${resource.kind} ${path}`);
}

test('nothing in dist/ or in a snapshot is empty that the API server drops', () => {
  const all = [
    ...files('dist', '.yaml').flatMap((file) => manifests(file, readFileSync(join(root, file), 'utf8'))),
    ...files('test', '.snap').flatMap(snapshots),
  ];
  const kinds = [
    'ConfigMap',
    'CronJob',
    'Job',
    'NetworkPolicy',
    'PersistentVolumeClaim',
    'Role',
    'RoleBinding',
    'ServiceAccount',
  ];
  expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
  expect(new Set(all.map(({ file }) => file)).size).toBeGreaterThan(15);
  expect(dropped(all)).toEqual([]);
});

test("a Service's selector is a map, where others are not", () => {
  const object = { metadata: { name: 'any' }, spec: { selector: {} } };
  expect(dropped(manifestsOf('any.yaml', { apiVersion: 'v1', kind: 'Service', ...object }))).toEqual([
    'any.yaml Service spec.selector',
  ]);
});

test.each([
  [
    'networking.k8s.io/v1',
    'NetworkPolicy',
    { spec: { podSelector: {}, ingress: [{}], egress: [{ to: [{ namespaceSelector: {} }] }] } },
  ],
  ['v1', 'PersistentVolumeClaim', { spec: { selector: {} } }],
  ['monitoring.coreos.com/v1', 'PrometheusRule', { spec: { groups: [] } }],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', { spec: { default: {} } }],
])('what is empty and stays is no finding: %s %s %j', (apiVersion, kind, object) => {
  expect(dropped(manifestsOf('any.yaml', { apiVersion, kind, metadata: { name: 'any' }, ...object }))).toEqual([]);
});
