import { Chart, Testing } from 'cdk8s';
import { DecryptionProof, SecretExpectations } from '../../src';

const because = 'the rows are encrypted with it';
const secrets = new SecretExpectations(new Chart(Testing.app(), 'test', { namespace: 'here' }), 'secrets');
const options = {
  name: 'the key opens the orders',
  key: secrets.expectKey('orders', 'key', { because }),
  sql: "SELECT '-', 'unproven', length(pg_read_binary_file(:'key_file'));",
};

test('a proof is a name, a key and the SQL of the application', () => {
  expect(DecryptionProof.of(options)).toMatchObject(options);
});

test.each([
  ['proof.name ("")', { name: '' }],
  ['proof.name (" ")', { name: ' ' }],
  ['proof.name ("two\\nlines")', { name: 'two\nlines' }],
  ['proof.name ("a\\ttab")', { name: 'a\ttab' }],
  [
    'proof.key ("secret there/orders, key key") is in another namespace',
    { key: secrets.expectKey('orders', 'key', { because, namespace: 'there' }) },
  ],
  ['proof.sql ("SELECT 1") does not read the key', { sql: 'SELECT 1' }],
])('%s is refused', (message, wrong) => {
  expect(() => DecryptionProof.of({ ...options, ...wrong })).toThrow(message);
});
