import { databaseNames } from '../support/postgres/database-state';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';

describe('a database with a subscription', () => {
  let server: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    server = await PostgresServer.start({ settings: { wal_level: 'logical' } });
    createIdentityDatabase(server);
    server.sql(
      'zitadel',
      `CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p WITH (connect = false, ` +
        `slot_name = 'theirs', enabled = false)`,
    );
    instance = new Instance(server, 'busybox');
    expect(await instance.backup()).toMatchObject({ status: 0 });
  });
  afterAll(() => server.stop());

  const slots = (database: string): string =>
    server.sql(
      database,
      'SELECT subname, subenabled, subslotname FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE ' +
        'datname = current_database()',
    );

  test('a rehearsal drops what it has made', async () => {
    expect(await instance.restore({ RESTORE_ACTION: 'rehearse' }, 'r0')).toMatchObject({ status: 0 });
    expect(databaseNames(server)).toEqual(['zitadel']);
  });

  test('a restore is refused while the live database has the slot, and the copy never has it', async () => {
    const refused = await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 'r1');
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the subscription sub: ALTER SUBSCRIPTION sub DISABLE'),
    });
    expect(slots('zitadel')).toBe('sub|f|theirs');
    expect(slots('zitadel_restore')).toBe('sub|f|');
  });

  test(
    'where that is accepted, the record tells what is left out, and the former database keeps the slot until ' +
      'that is accepted too',
    async () => {
      const despite = { RESTORE_SESSIONS: 'disconnect', RESTORE_IGNORE: 'replication' };
      expect(await instance.restore(despite, 'r2')).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('left out: the slots of subscriptions, which are disabled: sub'),
      });
      expect(slots('zitadel')).toBe('sub|f|');
      expect(await instance.restore({ RESTORE_ACTION: 'drop-previous' }, 'r3')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is not dropped, for it is replicated'),
      });
      expect(databaseNames(server)).toEqual(['zitadel', 'zitadel_before_r2']);
      expect(
        await instance.restore({ RESTORE_ACTION: 'drop-previous', RESTORE_IGNORE: 'replication' }, 'r4'),
      ).toMatchObject({ status: 0 });
      expect(databaseNames(server)).toEqual(['zitadel']);
    },
  );
});
