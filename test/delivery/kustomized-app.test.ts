import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import { KustomizedApp } from '../../src';

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'kustomized-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

function configMap(scope: Chart, id: string, name: string, namespace?: string): void {
  new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
}

test('each folder lists exactly the manifests that it holds', () => {
  const app = new KustomizedApp({ outdir });
  const one = new Chart(app, 'one');
  configMap(one, 'b', 'b');
  configMap(one, 'a', 'a');
  configMap(new Chart(app, 'two'), 'c', 'c');
  app.synth();
  expect(readdirSync(outdir)).toEqual(['one', 'two']);
  expect(readdirSync(join(outdir, 'one'))).toEqual(['ConfigMap.a.yaml', 'ConfigMap.b.yaml', 'kustomization.yaml']);
  expect(readFileSync(join(outdir, 'one', 'kustomization.yaml'), 'utf8')).toBe(
    [
      'apiVersion: kustomize.config.k8s.io/v1beta1',
      'kind: Kustomization',
      'resources:',
      '  - ConfigMap.a.yaml',
      '  - ConfigMap.b.yaml',
      '',
    ].join('\n'),
  );
});

test('nothing but the folders is written, also when the CLI asks for metadata', () => {
  process.env.CDK8S_RECORD_CONSTRUCT_METADATA = 'true';
  try {
    const app = new KustomizedApp({ outdir });
    configMap(new Chart(app, 'one'), 'a', 'a');
    app.synth();
  } finally {
    delete process.env.CDK8S_RECORD_CONSTRUCT_METADATA;
  }
  expect(readdirSync(outdir)).toEqual(['one']);
});

test('each folder has its list also where charts depend on each other, and cdk8s numbers the folders', () => {
  const app = new KustomizedApp({ outdir });
  const [one, two] = [new Chart(app, 'one'), new Chart(app, 'two')];
  configMap(one, 'a', 'a');
  configMap(two, 'b', 'b');
  one.addDependency(two);
  app.synth();
  expect(readdirSync(outdir)).toEqual(['0000-two', '0001-one']);
  expect(readdirSync(join(outdir, '0000-two'))).toEqual(['ConfigMap.b.yaml', 'kustomization.yaml']);
  expect(readdirSync(join(outdir, '0001-one'))).toEqual(['ConfigMap.a.yaml', 'kustomization.yaml']);
});

test("two objects that would overwrite each other's file are refused", () => {
  const app = new KustomizedApp({ outdir });
  const chart = new Chart(app, 'one');
  configMap(chart, 'a', 'same', 'x');
  configMap(chart, 'b', 'same', 'y');
  expect(() => app.synth()).toThrow('has two objects for the file ConfigMap.same.yaml. Rename one of them');
  expect(readdirSync(outdir)).toEqual([]);
});
