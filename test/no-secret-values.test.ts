import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { atEndOfFile } from './support/leftovers';
import { freshFolder } from './support/run-folder';

const root = join(__dirname, '..');

/** What the CLI itself makes of an app with these objects. */
function synth(...objects: object[]): { status: number | null; output: string } {
  const folder = freshFolder('app');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'main.js'), `
    const { ApiObject, App, Chart } = require('cdk8s');
    const app = new App();
    const chart = new Chart(app, 'shop');
    ${JSON.stringify(objects)}.forEach((object, i) => new ApiObject(chart, 'object-' + i, object));
    app.synth();
  `);
  const validations = [{ package: join(root, 'src/no-secret-values.js'), version: '0.1.0', class: 'NoSecretValues' }];
  writeFileSync(join(folder, 'cdk8s.yaml'), stringify({ language: 'typescript', app: 'node main.js', validations }));
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/cdk8s'), ['synth'],
    { cwd: folder, env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' }, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const secret = (values: object): object => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-db' }, ...values });
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { password: 'is in the Secret shop-db' } };

test.each([
  ['data', secret({ data: { password: 'aHVudGVyMg==' } })],
  ['stringData', secret({ stringData: { password: 'hunter2' } })],
  ['data', { apiVersion: 'v1', kind: 'List', metadata: { name: 'list' }, items: [secret({ data: { password: 'aHVudGVyMg==' } })] }],
  ['data', { apiVersion: 'v1', kind: 'SecretList', metadata: { name: 'list' }, items: [{ metadata: { name: 'shop-db' }, data: { password: 'eA==' } }] }],
])('a Secret with values in %s fails the synth, which names the key and shows no value', (field, object) => {
  const { status, output } = synth(configMap, object);
  expect(output).toContain('no-secret-values');
  expect(output).toMatch(new RegExp(`Resource Name: shop-db[^]*> ${field}\\.password[^]*let none hold a secret value`));
  expect(output).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(status).toBe(2);
});

test('a Secret without values, and what only speaks of secrets, pass', () => {
  const { status, output } = synth(configMap, secret({ type: 'kubernetes.io/service-account-token', data: {} }));
  expect(output).toContain('Validations ended succesfully');
  expect(status).toBe(0);
});

test('this project\'s own synth has the validation', () => {
  expect(readFileSync(join(root, 'cdk8s.yaml'), 'utf8')).toContain('class: NoSecretValues');
});
