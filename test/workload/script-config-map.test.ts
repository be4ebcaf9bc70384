import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Testing } from 'cdk8s';
import { ScriptConfigMap } from '../../src/workload/script-config-map';
import { chart, manifest, type Manifest } from '../support/manifests/synth';

const folder = join(__dirname, '../../src/scripts');

test.each([
  ['shop-backup-scripts', ''],
  ['shop-backup-scripts-lib', 'lib'],
  ['shop-backup-scripts-sql', 'sql'],
])('%s holds every file of scripts/%s, byte for byte', (name, below) => {
  const scope = chart();
  ScriptConfigMap.of(scope);
  const files = readdirSync(join(folder, below), { withFileTypes: true }).filter((entry) => entry.isFile());
  expect(manifest(scope, 'ConfigMap', name).data).toEqual(
    Object.fromEntries(files.map((file) => [file.name, readFileSync(join(folder, below, file.name), 'utf8')])),
  );
});

test('a person can repeat the digest of all scripts', () => {
  const command = 'LC_ALL=C; cat *.sh lib/*.sh sql/*.sql | sha256sum';
  const printed = execFileSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' });
  expect(printed).toBe(`${ScriptConfigMap.of(chart()).digest}  -\n`);
});

test('Flux leaves the variables of the scripts alone', () => {
  const scope = chart();
  ScriptConfigMap.of(scope);
  for (const { metadata } of Testing.synth(scope) as Manifest[]) {
    expect(metadata.annotations).toMatchObject({ 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' });
  }
});

test('a chart has them once, under names without a hash', () => {
  const scope = chart();
  expect(ScriptConfigMap.of(scope)).toBe(ScriptConfigMap.of(scope));
  const names = (Testing.synth(scope) as Manifest[]).map(({ metadata }) => metadata.name);
  expect(names).toEqual(['shop-backup-scripts', 'shop-backup-scripts-lib', 'shop-backup-scripts-sql']);
});

test('a chart whose id cannot be a name is refused', () => {
  expect(() => ScriptConfigMap.of(new Chart(Testing.app(), 'Shop'))).toThrow(
    'chart.id ("Shop-backup-scripts") is not a DNS-1123 name',
  );
});
