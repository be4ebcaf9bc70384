import { SecretExpectations, type SecretKey } from '../src';
import { chart, manifest, yaml } from './support/synth';

const because = 'it opens everything';

test('the list as a reviewer sees it names secrets, keys, lengths and reasons', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  secrets.expectKey('app', 'masterkey', { bytes: 32, because: 'without it: ${nothing} works' });
  secrets.expectKey('sops-age', 'age.agekey', { namespace: 'flux-system', because });
  expect(yaml(manifest(scope, 'ConfigMap'))).toMatchSnapshot();
});

test('name is the chart\'s id and -expected-secrets by default', () => {
  const scope = chart();
  new SecretExpectations(scope, 'secrets');
  expect(manifest(scope, 'ConfigMap').metadata.name).toBe('shop-expected-secrets');
});

test('the chart\'s own namespace is no other namespace', () => {
  const key = new SecretExpectations(chart(), 'secrets').expectKey('app', 'key', { because, namespace: 'shop' });
  expect(key.isLocal).toBe(true);
});

test('the same key twice is refused', () => {
  const secrets = new SecretExpectations(chart(), 'secrets');
  secrets.expectKey('app', 'key', { because });
  expect(() => secrets.expectKey('app', 'key', { because })).toThrow('expectKey ("secret app, key key") is expected already');
  expect(secrets.expectKey('app', 'key', { because, namespace: 'other' }).toString()).toBe('secret other/app, key key');
});

test('no other object passes for an expected key', () => {
  const forged = { secretName: 'app', key: 'key', because, bytes: undefined, namespace: undefined, isLocal: true };
  // @ts-expect-error only expectKey makes one
  const key: SecretKey = forged;
  expect(key).toBe(forged);
});

test.each([
  ['expectKey.secretName', 'App', 'key', { because }],
  ['expectKey.key', 'app', 'a key', { because }],
  ['expectKey.because', 'app', 'key', { because: ' ' }],
  ['expectKey.bytes', 'app', 'key', { because, bytes: 0 }],
  ['expectKey.bytes', 'app', 'key', { because, bytes: 1.5 }],
  ['expectKey.namespace', 'app', 'key', { because, namespace: 'Flux' }],
])('a bad %s is refused by its name', (property, secret, key, options) => {
  expect(() => new SecretExpectations(chart(), 'secrets').expectKey(secret, key, options)).toThrow(`${property} (`);
});
