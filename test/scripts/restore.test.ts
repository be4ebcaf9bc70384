import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { usually } from '../support/machine/userlands';

describe.each(usually('gnu'))('a restore under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
  });
  afterEach(() => {
    const names = server.sql(
      'postgres',
      "SELECT format('%I', datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
    );
    for (const name of names.split('\n')) server.sql('postgres', `DROP DATABASE ${name}`);
  });

  /** Three dumps, each with the number of its own state, named after three days. */
  async function threeDumps(): Promise<string[]> {
    const names = ['zitadel-20260101-020000', 'zitadel-20260102-020000', 'zitadel-20260103-020000'];
    server.sql('zitadel', 'CREATE TABLE state (n int); INSERT INTO state VALUES (0)');
    for (const name of names) {
      server.sql('zitadel', 'UPDATE state SET n = n + 1');
      expect((await instance.backup({ KEEP_LAST: '9' })).status).toBe(0);
      const made = instance.dumps().pop()!;
      renameSync(join(instance.folder, `${made}.dump`), join(instance.folder, `${name}.dump`));
      rmSync(join(instance.folder, `${made}.dump.sha256`));
    }
    return names;
  }

  const state = () => server.sql('zitadel', 'SELECT n FROM state');

  test('takes the newest verified dump, a dump by name, or the newest at or before a moment', async () => {
    await threeDumps();
    server.sql('zitadel', 'UPDATE state SET n = 99');
    expect((await instance.restore({ RESTORE_DUMP: 'zitadel-20260102-020000' })).status).toBe(0);
    expect(state()).toBe('2');
    expect((await instance.restore({ RESTORE_DUMP: 'zitadel-20260101-020000.dump' })).status).toBe(0);
    expect(state()).toBe('1');

    const unverified = await instance.restore();
    expect(unverified.status).toBe(1);
    expect(unverified.stderr).toContain(
      "no verified dump in /backups/zitadel. Name an older script's dump with RESTORE_DUMP",
    );

    server.sql('zitadel', 'UPDATE state SET n = 77');
    expect((await instance.backup()).status).toBe(0);
    server.sql('zitadel', 'UPDATE state SET n = 0');
    expect((await instance.restore()).status).toBe(0);
    expect(state()).toBe('77');

    const early = await instance.restore({ RESTORE_BEFORE: '2026-01-03T02:00:00Z' });
    expect(early.stderr).toContain('no verified dump from 2026-01-03T02:00:00Z or before');
    expect((await instance.restore({ RESTORE_BEFORE: '2099-01-01T00:00:00Z' })).status).toBe(0);
  });

  test('wins against clients that reconnect all the time', async () => {
    await instance.backup();
    const clients = Array.from({ length: 4 }, () => reconnecting(server));
    const result = await instance.restore();
    await Promise.all(clients.map((client) => client.stop()));
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });
});

/** A client that connects, asks, and begins again, whatever the answer. */
function reconnecting(server: PostgresServer): { stop(): Promise<void> } {
  let going = true;
  const loop = (async () => {
    while (going) {
      try {
        server.sql('zitadel', 'SELECT 1');
      } catch {
        // A database that is being swapped refuses; the next round will tell.
      }
      await new Promise(setImmediate);
    }
  })();
  return {
    stop: () => {
      going = false;
      return loop;
    },
  };
}
