import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  type PostgresDatabaseProps,
  PostgresDatabase,
  PostgresImage,
  RestoreJob,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
  type TlsOptions,
} from '../../src';
import { which } from '../support/machine/machine';
import { snippets } from '../support/manifests/pages';
import { type Manifest, storage } from '../support/manifests/synth';
import { Instance } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { Authority, type Certificate } from '../support/postgres/authority';
import { PostgresServer } from '../support/postgres/postgres-server';

const describeWithOpenssl = which('openssl') === undefined ? describe.skip : describe;

/** What a test says of the encryption, with the secrets of its list. */
type Choice = (secrets: SecretExpectations) => Tls;

const fromConfigMap = (): TlsAuthority => TlsAuthority.configMap('shop-ca');
const full: Choice = () => Tls.verifyFull(fromConfigMap());
const withClient = (secrets: SecretExpectations): TlsOptions => ({
  clientCertificate: {
    certificate: secrets.expectKey('shop-client', 'tls.crt'),
    key: secrets.expectKey('shop-client', 'tls.key'),
  },
});
const fullWithClient: Choice = (secrets) => Tls.verifyFull(fromConfigMap(), withClient(secrets));

let server: PostgresServer;
let authority: Authority;
let other: Authority;

interface Cluster {
  readonly tls: Choice;
  readonly userland?: 'busybox' | 'gnu';
  /** The contents of the ConfigMap shop-ca; none for no ConfigMap. */
  readonly ca?: Record<string, string>;
  readonly client?: Partial<Certificate>;
  readonly props?: Partial<PostgresDatabaseProps>;
}

/** The workloads of a database with that encryption, and the objects that they ask for. */
function cluster({ tls, userland = 'busybox', ca, client, props = {} }: Cluster): Instance {
  const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  const secrets = new SecretExpectations(chart, 'secrets');
  const database = PostgresDatabase.at('shop-db', {
    name: 'shop',
    user: 'postgres',
    password: secrets.expectKey('shop-db', 'password'),
    image: PostgresImage.alpine('17.2'),
    tls: tls(secrets),
    ...props,
  });
  const backup = new BackupCronJob(chart, 'backup', {
    name: 'shop-db-backup',
    database,
    storage: storage(chart),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 3 }),
  });
  new RestoreJob(chart, 'restore', { name: 'shop-db-restore', backup });
  const given: Manifest[] =
    ca === undefined ? [] : [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shop-ca' }, data: ca }];
  const instance = new Instance(server, userland, [...(Testing.synth(chart) as Manifest[]), ...given]);
  if (client !== undefined) {
    instance.secrets['shop-client'] = {
      ...(client.certificate !== undefined && { 'tls.crt': client.certificate }),
      ...(client.key !== undefined && { 'tls.key': client.key }),
    };
  }
  return instance;
}

/** Has the server encrypt with that certificate. */
async function serve({ certificate, key }: Certificate): Promise<void> {
  server.writeFile('server.crt', certificate);
  server.writeFile('server.key', key);
  server.sql('postgres', 'ALTER SYSTEM SET ssl = on');
  await server.restart();
}

/** Puts lines before those that the server goes by. */
function admit(lines: string): void {
  const file = join(server.dataFolder, 'pg_hba.conf');
  writeFileSync(file, `${lines}\n${readFileSync(file, 'utf8')}`);
}

describeWithOpenssl('TLS', () => {
  beforeAll(async () => {
    authority = new Authority('shop authority');
    other = new Authority('other authority');
    server = await PostgresServer.start({
      settings: {
        listen_addresses: '127.0.0.1,::1',
        ssl_cert_file: '../server.crt',
        ssl_key_file: '../server.key',
      },
    });
    server.sql('postgres', 'CREATE DATABASE shop');
  });
  afterAll(() => server.stop());

  const expectRefused = (
    instance: Instance,
    { status, stderr, stdout, initContainers }: PodResult,
    reason: string,
    remedy: string,
    found = `${reason}[^]*${remedy}`,
  ): void => {
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`${reason}[^]*${remedy}`));
    expect(initContainers['check-secrets']!.stderr).toMatch(new RegExp(found));
    expect(stderr).not.toContain('no server accepts connections');
    expect(stdout).not.toContain('waiting for the server');
    expect(instance.dumps()).toEqual([]);
  };

  const refused = async (
    options: Cluster,
    reason: string,
    remedy: string,
    env: Record<string, string> = {},
  ): Promise<void> => {
    const instance = cluster(options);
    expectRefused(instance, await instance.backup(env), reason, remedy);
  };

  const ca = (): Record<string, string> => ({ 'ca.crt': authority.certificate });

  test('a server that does not encrypt is said at once, with libpq’s reason and what to do', () =>
    refused(
      { tls: () => Tls.require() },
      'server does not support SSL, but SSL was required',
      'Switch on SSL at the server, or say by the prop tls',
    ));

  test('a wrong password is not taken for it, however the role is called', () =>
    refused(
      { tls: () => Tls.disable(), props: { user: 'SSL certificate' } },
      'password authentication failed for user "SSL certificate"',
      'Is secret shop-db, key password its password',
    ));

  describe('with a server that encrypts', () => {
    beforeAll(async () => {
      await serve(authority.sign('shop-db', ['IP:127.0.0.1', 'IP:::1']));
    });

    test('a ConfigMap without the key is named', () =>
      refused(
        { tls: full, ca: { 'other.crt': authority.certificate } },
        'ConfigMap shop-ca, key ca.crt is missing or empty',
        'Create it',
      ));

    test('an authority that is no certificate is named', () =>
      refused(
        { tls: full, ca: { 'ca.crt': 'not a certificate\n' } },
        'could not read root certificate file "/tls/ca.crt"',
        'ConfigMap shop-ca, key ca.crt has no certificate that can be read',
      ));

    test('another authority is told apart where the image has openssl', () =>
      refused(
        { tls: () => Tls.verifyCa(fromConfigMap()), userland: 'gnu', ca: { 'ca.crt': other.certificate } },
        'certificate verify failed',
        "OpenSSL: unable to get local issuer certificate. ConfigMap shop-ca, key ca.crt has not signed the server's",
      ));

    test('another authority is a possible reason where the image has no openssl', () =>
      refused(
        { tls: full, ca: { 'ca.crt': other.certificate } },
        'certificate verify failed',
        'The server.s certificate has expired, or ConfigMap shop-ca, key ca.crt has not signed it',
      ));

    test('a name that the certificate does not have is said, and the name', () =>
      refused(
        { tls: full, ca: ca() },
        'does not match host name "localhost"',
        "Connect by a name that the server's certificate has, or have it made for localhost",
        { PGHOST: 'localhost' },
      ));

    test('an expired certificate is told apart where the image has openssl', async () => {
      await serve(authority.sign('shop-db', ['IP:127.0.0.1'], -1));
      await refused(
        { tls: full, userland: 'gnu', ca: ca() },
        'certificate verify failed',
        'OpenSSL: certificate has expired. Renew the certificate that has expired',
      );
    });
  });

  describe('with a server that demands a certificate of the client', () => {
    const user = 'bäck "up" $x';
    const name = `sh'op "ö" $(x)`;
    const props = { user, name };

    beforeAll(async () => {
      const [shown] = snippets().filter(
        ({ at, text }) => at.startsWith('docs/connections.md') && /^hostssl /m.test(text),
      );
      const [role, database] = [user, name].map((word) => `"${word.replaceAll('"', '""')}"`);
      server.sql('postgres', `CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${server.password.replaceAll("'", "''")}'`);
      server.sql('postgres', `CREATE DATABASE ${database}`);
      server.sql(name, `CREATE TABLE goods AS SELECT i AS id FROM generate_series(1, 100) AS i`);
      // The tests' own login stays; the page has what is for the others.
      admit(`host all postgres 127.0.0.1/32 scram-sha-256\nhostssl all by-certificate all cert\n${shown!.text}`);
      server.writeFile('clients.crt', authority.certificate);
      server.sql('postgres', "ALTER SYSTEM SET ssl_ca_file = '../clients.crt'");
      await serve(authority.sign('shop-db', ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1']));
    });

    test('a backup and a restore go through it, by name and by address, whatever the role and the database are called', async () => {
      const instance = cluster({ tls: fullWithClient, ca: ca(), client: authority.sign(user), props });
      expect(await instance.backup({ PGHOST: 'localhost' })).toMatchObject({ status: 0 });
      expect(instance.dumps()).toHaveLength(1);
      server.sql(name, 'DELETE FROM goods WHERE id > 50');
      expect(await instance.restore({ PGHOST: '::1' })).toMatchObject({ status: 0 });
      expect(server.sql(name, 'SELECT count(*) FROM goods')).toBe('100');
    });

    test('a key that is missing is named by its secret', async () => {
      const instance = cluster({
        tls: fullWithClient,
        ca: ca(),
        client: { certificate: authority.sign(user).certificate },
        props,
      });
      expectRefused(
        instance,
        await instance.backup(),
        'secret shop-client, key tls.key is missing or empty',
        'Create it',
        'secret shop-client, key tls.key is missing. It is needed: the client proves with it',
      );
    });

    test('a key of another certificate is named by its secret', () =>
      refused(
        {
          tls: fullWithClient,
          ca: ca(),
          client: { certificate: authority.sign(user).certificate, key: authority.sign(user).key },
          props,
        },
        'private key file',
        'Write the key of secret shop-client, key tls.crt into secret shop-client, key tls.key',
      ));

    test('no certificate of the client', () =>
      refused(
        { tls: full, ca: ca(), props },
        'connection requires a valid client certificate',
        'Give a certificate of the authority in the server.s ssl_ca_file: clientCertificate of the prop tls',
      ));

    test('a certificate of the client for another role, which the server says as if it were the password', () =>
      refused(
        { tls: fullWithClient, ca: ca(), client: authority.sign('shop'), props },
        'password authentication failed for user',
        'With clientcert=verify-full in pg_hba.conf, its name must be that in secret shop-client, key tls.crt too',
      ));

    test('a certificate of the client for another role, of a role that logs in by it', () =>
      refused(
        { tls: fullWithClient, ca: ca(), client: authority.sign('shop'), props: { user: 'by-certificate' } },
        'certificate authentication failed for user "by-certificate"',
        'The name in secret shop-client, key tls.crt is not by-certificate',
      ));

    test('a certificate of the client by an authority that the server does not know', () =>
      refused(
        { tls: fullWithClient, ca: ca(), client: other.sign(user), props },
        'alert unknown ca',
        'The server does not trust secret shop-client, key tls.crt',
      ));
  });
});
