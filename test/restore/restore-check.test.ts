import { RestoreCheck } from '../../src';
import { chart } from '../support/manifests/synth';
import { Testing } from 'cdk8s';
import { mountedChecks } from '../../src/workload/checks-config-map';

const CHECKS = [
  RestoreCheck.sql({ name: 'costs $5', query: "SELECT '$(HOME)'", expect: '' }),
  RestoreCheck.sameAsDump({ name: 'newest', query: 'SELECT max(id) FROM public.orders' }),
];

test('checks reach the scripts as files, and a value that is known beforehand with them', () => {
  const scope = chart();
  expect(mountedChecks(scope, 'shop', CHECKS)).toEqual({
    env: [{ name: 'CHECKS_DIR', value: '/checks' }],
    volumes: [{ name: 'checks', configMap: { name: 'shop-checks' } }],
    volumeMounts: [{ name: 'checks', mountPath: '/checks', readOnly: true }],
  });
  expect(Testing.synth(scope).map(({ kind, data }) => [kind, data])).toEqual([
    [
      'ConfigMap',
      {
        '1.sql': "SELECT '$(HOME)'",
        '1.name': 'costs $5',
        '1.expect': '',
        '2.sql': 'SELECT max(id) FROM public.orders',
        '2.name': 'newest',
      },
    ],
  ]);
});

test('workloads with the same checks share the files; without checks there are none', () => {
  const scope = chart();
  const [first, second] = ['one', 'two'].map((name) => mountedChecks(scope, name, CHECKS));
  expect(second).toEqual(first);
  expect(mountedChecks(scope, 'three', [])).toEqual({ env: [], volumes: [], volumeMounts: [] });
  expect(Testing.synth(scope)).toHaveLength(1);
});

test('two checks of one name are refused: the manifest could not tell them apart', () => {
  const check = RestoreCheck.sameAsDump({ name: 'newest', query: 'SELECT 1' });
  expect(() => mountedChecks(chart(), 'shop', [check, check])).toThrow(
    'check.name ("newest") is the name of two checks',
  );
});

test.each([
  ['check.name', { name: '', query: 'SELECT 1' }],
  ['check.name', { name: 'two\nlines', query: 'SELECT 1' }],
  ['check.query', { name: 'x', query: ' ' }],
])('a bad %s is refused by its name', (property, options) => {
  expect(() => RestoreCheck.sameAsDump(options)).toThrow(`${property} (`);
});
