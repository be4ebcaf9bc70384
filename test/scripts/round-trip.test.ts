import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';

describe.each(['busybox', 'gnu'] as const)('with dist/ as it ships, under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
  });
  afterAll(() => server.stop());

  test('a backup brings back every row, index, owner, grant and setting that was changed or destroyed', async () => {
    const before = fingerprint(server, 'zitadel');
    const backup = await instance.backup();
    expect(backup).toMatchObject({ status: 0, stderr: '' });
    const [name] = instance.dumps();
    expect(name).toMatch(/^zitadel-\d{8}-\d{6}$/);
    expect(instance.files()).toEqual([`${name}.dump`, `${name}.dump.sha256`, `${name}.globals.sql`, `${name}.json`]);

    server.sql(
      'zitadel',
      `
      DROP TABLE projections.sessions;
      DELETE FROM eventstore.events2 WHERE sequence % 2 = 0;
      UPDATE system.encryption_keys SET key = 'gone';
      DROP INDEX eventstore.events2_position;
      ALTER TABLE projections.users OWNER TO postgres;
      REVOKE ALL ON projections.users FROM reporting;
      CREATE TABLE public.intruder (id int);
    `,
    );
    expect(fingerprint(server, 'zitadel')).not.toBe(before);

    const restore = await instance.restore({}, 'restore-1');
    expect(restore).toMatchObject({ status: 0, stderr: '' });
    expect(fingerprint(server, 'zitadel')).toBe(before);
    expect(restore.stdout).toContain('done: "zitadel" is now');
  });

  test('the former database is kept, closed to connections', () => {
    expect(
      server.sql('postgres', "SELECT datname, datallowconn FROM pg_database WHERE datname LIKE 'zitadel%' ORDER BY 1"),
    ).toBe('zitadel|t\nzitadel_before_restore-1|f');
  });

  test('the same request again changes nothing', async () => {
    server.sql('zitadel', 'DELETE FROM projections.sessions');
    const before = fingerprint(server, 'zitadel');
    const again = await instance.restore({}, 'restore-1');
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('request restore-1 is already carried out, nothing to do');
    expect(fingerprint(server, 'zitadel')).toBe(before);
  });
});
