import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Testing } from 'cdk8s';
import { ScriptConfigMap } from '../../src/workload/script-config-map';
import { chart, manifest } from '../support/synth';

const folder = join(__dirname, '../../src/scripts');

test('the ConfigMap holds every script, byte for byte', () => {
  const scope = chart();
  ScriptConfigMap.of(scope);
  expect(manifest(scope, 'ConfigMap').data).toEqual(
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')])),
  );
});

test('Flux leaves the variables of the scripts alone', () => {
  const scope = chart();
  ScriptConfigMap.of(scope);
  expect(manifest(scope, 'ConfigMap').metadata.annotations).toMatchObject({
    'kustomize.toolkit.fluxcd.io/substitute': 'disabled',
  });
});

test('a chart has one, under a name without a hash', () => {
  const scope = chart();
  expect(ScriptConfigMap.of(scope)).toBe(ScriptConfigMap.of(scope));
  expect(ScriptConfigMap.of(scope).configMapName).toBe('shop-backup-scripts');
});

test('a chart whose id cannot be a name is refused', () => {
  expect(() => ScriptConfigMap.of(new Chart(Testing.app(), 'Shop'))).toThrow(
    'chart.id ("Shop-backup-scripts") is not a DNS-1123 name',
  );
});
