import { Chart, Testing } from 'cdk8s';
import { SecretExpectations } from '../../src';
import { checkProof } from '../../src/drill/decryption-proof';

const because = 'the rows are encrypted with it';
const secrets = new SecretExpectations(new Chart(Testing.app(), 'test', { namespace: 'here' }), 'secrets');
const options = {
  name: 'the key opens the orders',
  key: secrets.expectKey('orders', 'key', { because }),
  sql: "SELECT '-', 'unproven', length(pg_read_binary_file(:'key_file'));",
};

test('a proof is a name, a key and the SQL of the application', () => {
  expect(() => checkProof(options)).not.toThrow();
});

test.each([
  ['restoreDrill.proof.name ("")', { name: '' }],
  ['restoreDrill.proof.name (" ")', { name: ' ' }],
  ['restoreDrill.proof.name ("two\\nlines")', { name: 'two\nlines' }],
  ['restoreDrill.proof.name ("a\\ttab")', { name: 'a\ttab' }],
  [
    'restoreDrill.proof.key ("secret there/orders, key key") is in another namespace',
    { key: secrets.expectKey('orders', 'key', { because, namespace: 'there' }) },
  ],
  ['restoreDrill.proof.sql ("SELECT 1") does not read the key', { sql: 'SELECT 1' }],
])('%s is refused', (message, wrong) => {
  expect(() => checkProof({ ...options, ...wrong })).toThrow(message);
});
