import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, Chart, Duration, Testing } from 'cdk8s';
import { parse } from 'yaml';
import { BackupPvc, FluxKustomization, FluxKustomizationProps, FluxSource, RestoreJob } from '../../src';
import { chart, database, Manifest, manifest, storage, yaml } from '../support/manifests/synth';

const props: FluxKustomizationProps = {
  name: 'shop-backup',
  path: './apps/shop/backup',
  source: FluxSource.gitRepository('flux-system'),
};

function kustomization(more: Partial<FluxKustomizationProps> = {}): Manifest {
  const scope = new Chart(Testing.app(), 'flux', { namespace: 'flux-system' });
  new FluxKustomization(scope, 'shop', { ...props, ...more });
  return manifest(scope, 'Kustomization');
}

test('a Kustomization as a reviewer sees it', () => {
  expect(yaml(kustomization())).toMatchSnapshot();
});

test('a Kustomization with every prop set as a reviewer sees it', () => {
  const claim: BackupPvc = storage(chart());
  expect(
    yaml(
      kustomization({
        source: FluxSource.ociRepository('manifests', { namespace: 'sources' }),
        interval: Duration.hours(1),
        timeout: Duration.seconds(90),
        healthChecks: [ApiObject.of(claim)],
        dependsOn: ['shop-namespace'],
      }),
    ),
  ).toMatchSnapshot();
});

test('the one in the README of the app is what it writes', () => {
  const [, block] = /## Bring a change into the cluster[^]*?```yaml\n([^]*?)```/.exec(
    readFileSync(join(__dirname, '../../src/identity-internal/README.md'), 'utf8'),
  )!;
  const { metadata, spec } = parse(block!) as Manifest;
  expect(kustomization({ name: metadata.name, path: spec.path })).toEqual(parse(block!));
});

describe('defaults', () => {
  const { spec } = kustomization();

  test('interval is 10 minutes', () => expect(spec.interval).toBe('10m'));
  test('timeout is 5 minutes', () => expect(spec.timeout).toBe('5m'));
  test('healthChecks are of all objects', () => expect(spec).toMatchObject({ wait: true }));
  test('dependsOn is empty', () => expect(spec).not.toHaveProperty('dependsOn'));
  test('the namespace of the source is that of the Kustomization', () =>
    expect(spec.sourceRef).toEqual({ kind: 'GitRepository', name: 'flux-system' }));
});

test('what is named is checked and nothing else: Flux ignores the list where it waits for all', () => {
  expect(kustomization({ healthChecks: [] }).spec).toMatchObject({ wait: false, healthChecks: [] });
});

test('force cannot be said', () => {
  // @ts-expect-error there is no such prop
  expect(kustomization({ force: true }).spec).not.toHaveProperty('force');
});

test.each([
  [90, '90s'],
  [120, '2m'],
  [7200, '2h'],
  [86_400, '24h'],
])('%d seconds are %s to Go, which knows no days', (seconds, text) => {
  expect(kustomization({ interval: Duration.seconds(seconds) }).spec.interval).toBe(text);
});

test('a bucket can be a source', () => {
  expect(kustomization({ source: FluxSource.bucket('b') }).spec.sourceRef.kind).toBe('Bucket');
});

test('in the chart that it shall apply it is refused at synth: nothing would apply it for the first time', () => {
  const app = new App({ outdir: Testing.app().outdir });
  const scope = new Chart(app, 'shop', { namespace: 'shop' });
  new RestoreJob(scope, 'restore', {
    name: 'shop-restore',
    backup: { database: database(scope), storage: storage(scope) },
  });
  new FluxKustomization(scope, 'flux', props);
  expect(() => app.synth()).toThrow('fluxKustomization ("shop/flux") is in the chart that it shall apply');
});

test.each<[string, () => unknown]>([
  ['fluxKustomization.name', () => kustomization({ name: 'Shop' })],
  ['fluxKustomization.path', () => kustomization({ path: '../other-repo' })],
  ['fluxKustomization.path', () => kustomization({ path: '' })],
  ['fluxKustomization.interval', () => kustomization({ interval: Duration.seconds(30) })],
  ['fluxKustomization.timeout', () => kustomization({ timeout: Duration.seconds(0) })],
  ['fluxKustomization.dependsOn', () => kustomization({ dependsOn: ['not a name'] })],
  ['fluxSource.name', () => FluxSource.gitRepository('')],
  ['fluxSource.namespace', () => FluxSource.gitRepository('a', { namespace: 'B' })],
  ['fluxKustomization.namespace', () => new FluxKustomization(Testing.chart(), 'flux', props)],
])('a bad %s is refused by its name', (property, make) => {
  expect(make).toThrow(`${property} (`);
});
