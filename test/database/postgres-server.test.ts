import { Duration } from 'cdk8s';
import { PostgresDatabase, PostgresImage, PostgresServer, SecretExpectations } from '../../src';
import { chart } from '../support/manifests/synth';

test('a database of a server is what PostgresDatabase.at makes with the same props', () => {
  const props = {
    user: 'admin',
    password: new SecretExpectations(chart(), 'secrets').expectKey('shop-db', 'password'),
    image: PostgresImage.debian('17.2'),
    port: 6543,
    maintenanceDatabase: 'maintenance',
    serverTimeout: Duration.minutes(1),
  };
  expect(PostgresServer.at('shop-db', props).database('shop')).toEqual(
    PostgresDatabase.at('shop-db', { ...props, name: 'shop' }),
  );
});
