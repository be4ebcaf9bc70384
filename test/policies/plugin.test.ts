import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { BackupPolicies } from '../../src/policies/validation';
import { atEndOfFile } from '../support/machine/leftovers';
import { set, tree, type Mutable } from '../support/manifests/policy-tree';
import { freshFolder } from '../support/machine/run-folder';

const root = join(__dirname, '../..');

/** What the CLI itself makes of an app with these objects. */
function synth(objects: readonly object[], properties: object = {}): { status: number | null; output: string } {
  const folder = freshFolder('app');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'main.js'),
    `
    const { ApiObject, App, Chart } = require('cdk8s');
    const app = new App();
    const chart = new Chart(app, 'shop');
    ${JSON.stringify(objects)}.forEach((object, i) => new ApiObject(chart, 'object-' + i, object));
    app.synth();
  `,
  );
  const validations = [
    { package: join(root, 'src/policies/plugin.js'), version: '0.1.0', class: 'BackupPolicies', properties },
  ];
  writeFileSync(join(folder, 'cdk8s.yaml'), stringify({ language: 'typescript', app: 'node main.js', validations }));
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/cdk8s'), ['synth'], {
    cwd: folder,
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

const secret = (values: object): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shop-db' },
  ...values,
});

/** The objects of a tree in which the backup is suspended. */
const suspended = (change: (backup: Mutable) => void = () => undefined): object[] =>
  tree('backup', (backup) => {
    set(backup, ['spec', 'suspend'], true);
    change(backup);
  }).map(({ object }) => object);

test('an error fails the synth, which names the policy, the resource, the path, the value, the reason and the remedy', () => {
  const { status, output } = synth([
    ...suspended((backup) => set(backup, ['spec', 'timeZone'], 'Mars/Olympus')),
    secret({ stringData: { password: 'hunter2' } }),
    { apiVersion: 'v1', kind: 'List', metadata: { name: 'list' }, items: [secret({ data: { key: 'aHVudGVyMg==' } })] },
  ]);
  expect(output).toMatch(
    /error time-zone \(1 occurrences\)[^]*Resource Name: shop-db-backup[^]*> spec\.timeZone is "Mars\/Olympus": it is not a time zone of the tz database[^]*How to fix: Set timeZone: Etc\/UTC/,
  );
  expect(output).toMatch(
    /error no-secret-values \(2 occurrences\)[^]*> data\.key has a value[^]*> stringData\.password has a value[^]*How to fix: Remove the Secret/,
  );
  expect(output.indexOf('warning backup-suspended')).toBeGreaterThan(output.lastIndexOf('error '));
  expect(output).not.toMatch(/hunter2|aHVudGVyMg/);
  expect(status).toBe(2);
});

test('a warning is shown and fails nothing, and a policy that is excepted is not asked', () => {
  const { status, output } = synth([...suspended(), secret({ data: { key: 'eA==' } })], {
    except: ['no-secret-values'],
  });
  expect(output).toMatch(
    /Status *│ success[^]*warning backup-suspended[^]*> spec\.suspend is true[^]*Validations ended succesfully/,
  );
  expect(output).not.toContain('no-secret-values');
  expect(status).toBe(0);
});

test('an exception from a policy that does not exist is refused', () => {
  expect(() => new BackupPolicies({ except: ['no-secrets'] })).toThrow(
    /^validations\.properties\.except \("no-secrets"\) is not a policy\. The ids are: restore-by-itself, /,
  );
  expect(() => new BackupPolicies(parse('except: resources'))).toThrow(
    'validations.properties.except ("resources") is not a list. Write it like [resources]',
  );
});

test("this project's own synth has the validation, without exceptions", () => {
  expect(parse(readFileSync(join(root, 'cdk8s.yaml'), 'utf8')).validations).toEqual([
    { package: './src/policies/plugin.js', version: '0.1.0', class: 'BackupPolicies' },
  ]);
});
