import { fingerprint } from '../support/fingerprint';
import { createIdentityDatabase } from '../support/identity-database';
import { Instance } from '../support/instance';
import { PostgresServer } from '../support/postgres-server';

/** What the log says when a phase begins, from the first to the last that a kill can still meet. */
const MOMENTS = [/== checks/, /chose zitadel/, /== prepare/, /loading \d+ tables/, /gathering/, /== prove/, /proved/, /== cut over/];

describe.each(['ash', 'dash'] as const)('a restore that is stopped, under %s', (shell) => {
  let server: PostgresServer;
  let instance: Instance;
  let dumped: string;
  let live: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, shell);
    dumped = fingerprint(server, 'zitadel');
    expect((await instance.backup()).status).toBe(0);
  });
  afterAll(() => server.stop());

  /** The live database is no longer what the dump has. */
  beforeEach(() => {
    server.sql('zitadel', 'CREATE TABLE IF NOT EXISTS public.since_the_dump (id int)');
    live = fingerprint(server, 'zitadel');
  });

  /** Open, under its name, and the old one or the new one; and the next restore goes through. */
  async function expectWhole(): Promise<string> {
    // A swap that the server has already begun ends within its own time limit.
    while (server.sql('postgres', 'SELECT count(*) FROM pg_stat_activity WHERE query LIKE \'BEGIN; SET LOCAL lock_timeout%\' AND pid <> pg_backend_pid()') !== '0');
    expect(server.sql('postgres', 'SELECT datallowconn FROM pg_database WHERE datname = \'zitadel\'')).toBe('t');
    const now = fingerprint(server, 'zitadel');
    expect([live, dumped]).toContain(now);
    expect(await instance.restore()).toMatchObject({ status: 0 });
    expect(fingerprint(server, 'zitadel')).toBe(dumped);
    expect(server.sql('postgres', 'SELECT count(*) FROM pg_database WHERE datname LIKE \'%_restore\'')).toBe('0');
    return now;
  }

  test.each(MOMENTS)('by SIGKILL at %s leaves the old database or the new one, never none or half', async (moment) => {
    const restore = instance.startRestore();
    await restore.waitForOutput(moment);
    restore.kill('SIGKILL');
    expect((await restore.result).status).toBe(137);
    const now = await expectWhole();
    if (moment !== MOMENTS.at(-1)) expect(now).toBe(live);
  });

  test.each(MOMENTS.slice(2, 7))('by SIGTERM at %s drops what it made and leaves the live database as it was', async (moment) => {
    const restore = instance.startRestore();
    await restore.waitForOutput(moment);
    restore.kill('SIGTERM');
    const { status, stderr } = await restore.result;
    // After the proof it may have begun the exchange, which it carries to its end.
    if (status === 0) return;
    expect(status).toBe(143);
    expect(stderr).toContain('stopped by SIGTERM');
    expect(server.sql('postgres', 'SELECT count(*) FROM pg_locks WHERE locktype = \'advisory\'')).toBe('0');
    expect(await expectWhole()).toBe(live);
  });

  test('by the server, which restarts in the middle, leaves the live database as it was', async () => {
    const restore = instance.startRestore();
    await restore.waitForOutput(/loading \d+ tables/);
    await server.restart();
    expect((await restore.result).status).not.toBe(0);
    expect(await expectWhole()).toBe(live);
  });

  test('by another restore of the same database waits for it', async () => {
    server.sql('postgres', 'SELECT 1');
    const [first, second] = await Promise.all([instance.restore({}, `first-${shell}`), instance.restore({}, `second-${shell}`)]);
    expect([first.status, second.status]).toEqual([0, 0]);
    expect(`${first.stdout}${second.stdout}`).toMatch(/another restore of this database is running, waiting for it to end: the lock is held by (first|second)-/);
    expect(await expectWhole()).toBe(dumped);
  });

  test('holds its dump: a backup that prunes meanwhile leaves it', async () => {
    const blocker = instance.startRestore({ RESTORE_ACTION: 'rehearse' });
    await blocker.waitForOutput(/chose zitadel-\d{8}-\d{6}/);
    const [name] = instance.dumps();
    const backup = await instance.backup({ KEEP_LAST: '1', KEEP_DAILY: '0', KEEP_WEEKLY: '0' });
    expect(backup.status).toBe(0);
    expect((await blocker.result).status).toBe(0);
    expect([backup.stdout.includes(`left ${name}`), instance.dumps().includes(name!)]).toEqual([true, true]);
  });
});
