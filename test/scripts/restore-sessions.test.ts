import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SessionClient } from '../support/postgres/session-client';
import { usually } from '../support/machine/userlands';

describe.each(usually('gnu'))('a service that is connected, under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;
  let clients: SessionClient[];

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
    expect((await instance.backup()).status).toBe(0);
    clients = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((each) => each.stop()));
    await server.stop();
  });

  async function connected(count: number): Promise<void> {
    clients.push(...Array.from({ length: count }, () => new SessionClient(server, 'zitadel')));
    while (Number(server.sql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = 'zitadel'")) < count) {
      await new Promise(setImmediate);
    }
  }

  const oid = () => server.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'zitadel'");

  test('is waited for, and the log says who it is and how to stop it', async () => {
    await connected(1);
    const before = oid();
    const restore = instance.startRestore({ STOP_COMMAND: 'kubectl scale deployment/zitadel --replicas=0' });
    await restore.waitForOutput(
      /waiting for the service to close its sessions on "zitadel": kubectl scale deployment\/zitadel --replicas=0\npostgres from 127\.0\.0\.1 as a-service pid \d+/,
    );
    expect(oid()).toBe(before);
    await clients[0]!.stop();
    expect((await restore.result).status).toBe(0);
    expect(oid()).not.toBe(before);
  });

  test.each([
    ['refuse', { RESTORE_SESSIONS: 'refuse' }],
    ['wait, when it has waited long enough', { RESTORE_SESSIONS: 'wait', SESSIONS_TIMEOUT: '1' }],
  ])('is not cut off by %s, and what was proven waits for a cutover', async (_, env) => {
    await connected(2);
    const before = oid();
    const result = await instance.restore(env);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(
      /"zitadel" is still in use after \d s, by:\npostgres from[\s\S]*, then: \n {2}kubectl -n identity-internal create job cutover-\d{6} --from=cronjob\/zitadel-db-restore [\s\S]*RESTORE_ACTION=cutover -o yaml/,
    );
    expect(oid()).toBe(before);
    await Promise.all(clients.map((each) => each.stop()));
    expect((await instance.restore({ RESTORE_ACTION: 'cutover' })).status).toBe(0);
    expect(oid()).not.toBe(before);
  });
});
