import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';
import { which } from '../support/machine/machine';
import { chart, storage, type Manifest } from '../support/manifests/synth';
import { Instance } from '../support/pods/instance';
import { Authority } from '../support/postgres/authority';
import { databaseNames, databaseState } from '../support/postgres/database-state';
import { PostgresServer } from '../support/postgres/postgres-server';

const PASSWORD = "ad'min";

let authority: Authority;

/** A server whose administrator is no superuser: how Amazon RDS, Cloud SQL and Azure hand one over. */
async function managed(): Promise<PostgresServer> {
  const server = await PostgresServer.start({
    settings: { ssl_cert_file: '../server.crt', ssl_key_file: '../server.key' },
  });
  const { certificate, key } = authority.sign('shop-db', ['IP:127.0.0.1']);
  server.writeFile('server.crt', certificate);
  server.writeFile('server.key', key);
  server.sql('postgres', 'ALTER SYSTEM SET ssl = on');
  await server.restart();
  server.sql(
    'postgres',
    `CREATE ROLE administrator LOGIN CREATEDB CREATEROLE PASSWORD '${PASSWORD.replaceAll("'", "''")}';
     GRANT pg_read_all_data, pg_signal_backend, pg_read_all_settings, pg_read_all_stats TO administrator`,
  );
  return server;
}

function manifests(): Manifest[] {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database: PostgresDatabase.at('shop.example', {
      name: 'shop',
      user: 'administrator',
      password: secrets.expectKey('shop-db', 'password'),
      image: PostgresImage.alpine('17.2'),
      tls: Tls.verifyFull(TlsAuthority.configMap('rds-ca')),
    }),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
  });
  new RestoreJob(scope, 'restore', { name: 'shop-db-restore', backup });
  new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup });
  const bundle = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'rds-ca' },
    data: { 'ca.crt': authority.certificate },
  };
  return [...(Testing.synth(scope) as Manifest[]), bundle];
}

/** What the administrator makes, with its own rights. */
const SHOP = `
  SET ROLE administrator;
  CREATE ROLE shop LOGIN PASSWORD 's'; CREATE ROLE reader; GRANT shop TO administrator; CREATE DATABASE shop OWNER shop;
  GRANT CONNECT ON DATABASE shop TO reader`;
const CONTENTS = `
  SET ROLE shop;
  CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT i AS id, i * 2 AS total FROM generate_series(1, 300) AS i;
  GRANT USAGE ON SCHEMA sales TO reader; GRANT SELECT ON sales.orders TO reader`;

const describeWithOpenssl = which('openssl') === undefined ? describe.skip : describe;

describeWithOpenssl('an administrator without superuser, with verify-full,', () => {
  let server: PostgresServer;
  let fresh: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    authority = new Authority('cloud');
    [server, fresh] = await Promise.all([managed(), managed()]);
    server.sql('postgres', SHOP);
    server.sql('shop', CONTENTS);
    instance = new Instance(server, 'gnu', manifests());
    instance.secrets['shop-db'] = { password: PASSWORD };
  });
  afterAll(() => Promise.all([server.stop(), fresh.stop()]));

  test('backs up, restores, goes back and drills', async () => {
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
    const dumped = databaseState(server, 'shop').text;
    server.sql('shop', 'DROP SCHEMA sales CASCADE');
    const lost = databaseState(server, 'shop').text;
    expect(await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 'r1')).toMatchObject({ status: 0 });
    expect(databaseState(server, 'shop').text).toBe(dumped);
    expect(await instance.restore({ RESTORE_ACTION: 'undo' }, 'r2')).toMatchObject({ status: 0 });
    expect(databaseState(server, 'shop').text).toBe(lost);
    expect(await instance.drill()).toMatchObject({ status: 0 });
    expect(instance.evidence()).toMatchObject({ verdict: 'proven' });
  });

  test('restores into a server that knows none of the roles, and makes them', async () => {
    const { status, stderr } = await instance.restore({ PGPORT: String(fresh.port) }, 'f1');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('created roles that were missing: reader, shop'),
    });
    expect(databaseNames(fresh)).toEqual(['shop']);
    expect(
      fresh.sql(
        'shop',
        "SELECT count(*), sum(total), (SELECT tableowner FROM pg_tables WHERE tablename = 'orders') FROM sales.orders",
      ),
    ).toBe('300|90300|shop');
    expect(fresh.sql('shop', "SELECT has_table_privilege('reader', 'sales.orders', 'SELECT')")).toBe('t');
    const { leftOut } = JSON.parse(readFileSync(join(instance.folder, 'restores/f1.json'), 'utf8'));
    expect(leftOut).toEqual([]);
  });

  test('may create extensions that PostgreSQL does not trust where the service lets it, and not elsewhere', async () => {
    server.sql('shop', 'CREATE EXTENSION amcheck');
    expect(await instance.backup()).toMatchObject({ status: 3 });
    const preflight = { RESTORE_ACTION: 'preflight' };
    const refused = await instance.restore(preflight);
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('the extension amcheck is one that only a superuser creates');
    for (const group of ['rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin']) {
      server.sql('postgres', `CREATE ROLE ${group}; GRANT ${group} TO administrator`);
      expect(await instance.restore(preflight)).toMatchObject({ status: 0 });
      server.sql('postgres', `REVOKE ${group} FROM administrator`);
    }
  });
});
