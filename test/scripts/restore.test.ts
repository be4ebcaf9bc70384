import { readFileSync, renameSync, truncateSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import { BackupCronJob, RestoreJob, Retention } from '../../src';
import { fingerprint } from '../support/fingerprint';
import { createIdentityDatabase } from '../support/identity-database';
import { Instance } from '../support/instance';
import { PostgresServer } from '../support/postgres-server';
import { chart, database, storage } from '../support/synth';

const ODD_NAMES = ['it\'s "odd" \\ $HOME $(id) `id`; %', 'a=b host=nowhere', 'postgres://nowhere/x', '-v', '日本 ﷽', 'tab\there', 'x'.repeat(63)];

describe.each(['ash', 'dash'] as const)('a restore under %s', (shell) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    createIdentityDatabase(server);
    instance = new Instance(server, shell);
  });
  afterEach(() => {
    const names = server.sql('postgres', 'SELECT format(\'%I\', datname) FROM pg_database WHERE NOT datistemplate AND datname <> \'postgres\'');
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
    expect(unverified.stderr).toContain('no verified dump in /backups/zitadel. Name an older script\'s dump with RESTORE_DUMP');

    server.sql('zitadel', 'UPDATE state SET n = 77');
    expect((await instance.backup()).status).toBe(0);
    server.sql('zitadel', 'UPDATE state SET n = 0');
    expect((await instance.restore()).status).toBe(0);
    expect(state()).toBe('77');

    const early = await instance.restore({ RESTORE_BEFORE: '2026-01-03T02:00:00Z' });
    expect(early.stderr).toContain('no verified dump from 2026-01-03T02:00:00Z or before');
    expect((await instance.restore({ RESTORE_BEFORE: '2099-01-01T00:00:00Z' })).status).toBe(0);
  });

  test.each([
    ['an unknown name', { RESTORE_DUMP: 'zitadel-19990101-000000' }, /there is no dump zitadel-19990101-000000 in \/backups\/zitadel\. There are: zitadel-/],
    ['a moment that is no UTC time', { RESTORE_BEFORE: '2026-01-03 02:00' }, /RESTORE_BEFORE \(2026-01-03 02:00\) is not a time in UTC\. Write it like/],
    ['both a name and a moment', { RESTORE_DUMP: 'x', RESTORE_BEFORE: '2026-01-03T02:00:00Z' }, /are both set/],
  ])('refuses %s', async (_, env, message) => {
    await instance.backup();
    const before = fingerprint(server, 'zitadel');
    const result = await instance.restore(env);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(fingerprint(server, 'zitadel')).toBe(before);
  });

  test('of a dump that is cut short leaves the live database as it was', async () => {
    await instance.backup();
    const [name] = instance.dumps();
    const file = join(instance.folder, `${name}.dump`);
    truncateSync(file, Math.floor(statSync(file).size * 0.9));
    const before = fingerprint(server, 'zitadel');

    const checksum = await instance.restore();
    expect(checksum.stderr).toContain('its checksum differs');
    rmSync(`${file}.sha256`);
    const unverified = await instance.restore({ RESTORE_DUMP: name! });
    expect(unverified.stderr).toContain('cannot be read to its end');

    expect([checksum.status, unverified.status]).toEqual([1, 1]);
    expect(fingerprint(server, 'zitadel')).toBe(before);
    expect(server.sql('postgres', 'SELECT count(*) FROM pg_database WHERE datname LIKE \'zitadel%\'')).toBe('1');
  });

  test('that fails half-way drops what it made and leaves the live database as it was', async () => {
    server.sql('zitadel', `
      CREATE FUNCTION at_home() RETURNS boolean LANGUAGE sql RETURN current_database() = 'zitadel';
      CREATE TABLE particular (id int CHECK (at_home()));
      INSERT INTO particular VALUES (1);
    `);
    await instance.backup();
    const before = fingerprint(server, 'zitadel');
    const result = await instance.restore();
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/violates check constraint "particular_check"[\s\S]*pg_restore failed/);
    expect(fingerprint(server, 'zitadel')).toBe(before);
    expect(server.sql('postgres', 'SELECT count(*) FROM pg_database WHERE datname LIKE \'zitadel%\'')).toBe('1');
  });

  test('does not drop a database of somebody else that has the name it wants', async () => {
    await instance.backup();
    server.sql('postgres', 'CREATE DATABASE zitadel_restore');
    server.sql('zitadel_restore', 'CREATE TABLE theirs (id int)');
    const result = await instance.restore();
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('there is a database "zitadel_restore" that no restore made. Rename or drop it');
    expect(server.sql('postgres', 'SELECT count(*) FROM pg_database WHERE datname = \'zitadel_restore\'')).toBe('1');
  });

  test('wins against clients that reconnect all the time', async () => {
    await instance.backup();
    const clients = Array.from({ length: 4 }, () => reconnecting(server));
    const result = await instance.restore();
    await Promise.all(clients.map((client) => client.stop()));
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(ODD_NAMES)('brings back a database called %p', async (name) => {
    createIdentityDatabase(server, name);
    const scope = chart();
    const backup = new BackupCronJob(scope, 'backup', {
      name: 'odd', database: database(scope, { name }), storage: storage(scope), schedule: Cron.daily(), retention: Retention.keep({ daily: 1 }),
    });
    new RestoreJob(scope, 'restore', { name: 'odd-restore', backup });
    const odd = new Instance(server, shell, Testing.synth(scope));
    const before = fingerprint(server, name);

    expect(await odd.backup()).toMatchObject({ status: 0, stderr: '' });
    server.sql(name, 'DROP SCHEMA projections CASCADE');
    const restore = await odd.restore();
    expect(restore).toMatchObject({ status: 0, stderr: '' });
    expect(fingerprint(server, name)).toBe(before);
    expect(readFileSync(join(odd.folder, `${odd.dumps()[0]}.dump`)).length).toBeGreaterThan(0);
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
  return { stop: () => { going = false; return loop; } };
}
