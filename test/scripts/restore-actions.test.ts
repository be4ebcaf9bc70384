import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { toolbox } from '../support/machine/toolbox';
import { usually } from '../support/machine/userlands';

const databases = (server: PostgresServer) =>
  server.sql('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'zitadel%' ORDER BY 1").split('\n');

describe.each(usually('busybox'))('the restore template under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
    expect((await instance.backup()).status).toBe(0);
  });
  afterEach(() => server.stop());

  /** Renames a dump and what belongs to it, as if it were of another time. */
  function redate(from: string, to: string): void {
    for (const ending of ['dump', 'dump.sha256', 'json', 'globals.sql']) {
      renameSync(join(instance.folder, `${from}.${ending}`), join(instance.folder, `${to}.${ending}`));
    }
    writeFileSync(
      join(instance.folder, `${to}.dump.sha256`),
      readFileSync(join(instance.folder, `${to}.dump.sha256`), 'utf8').replace(from, to),
    );
  }

  test('lists what is there, verified or not, with age, size and rows', async () => {
    const [name] = instance.dumps();
    copyFileSync(join(instance.folder, `${name}.dump`), join(instance.folder, 'zitadel-20200229-020000.dump'));
    const { status, stdout } = await instance.restore({ RESTORE_ACTION: 'list' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^NAME +TIME \(UTC\) +AGE +MB VERIFIED +SECRETS +ROWS HELD UNTIL +LABEL +SERVER\n/);
    expect(stdout).toMatch(/zitadel-20200229-020000 +2020-02-29T02:00:00Z +\d{4}d\d+h +\d+ no +- +- +- +- +-\n/);
    expect(stdout).toMatch(new RegExp(`${name} +20\\d\\d-\\S+Z +0d\\dh +\\d+ yes +same +6025 - +- +"\\d+\\.\\d+`));
  });

  test('rehearses without touching the live database or leaving anything behind', async () => {
    const before = fingerprint(server, 'zitadel');
    const { status, stdout } = await instance.restore({ RESTORE_ACTION: 'rehearse' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /proved: 4 tables, 6 indexes, 7 constraints, 31 objects in all, and the rows of 4 tables are those of the dump/,
    );
    expect(stdout).toContain('can be restored');
    expect(databases(server)).toEqual(['zitadel']);
    expect(fingerprint(server, 'zitadel')).toBe(before);
    expect(instance.files().filter((file) => file.endsWith('.hold'))).toEqual([]);
  });

  test('prepares hours before it cuts over, goes back, and forward again', async () => {
    const dumped = fingerprint(server, 'zitadel');
    server.sql('zitadel', 'DROP TABLE projections.sessions');
    const live = fingerprint(server, 'zitadel');

    expect((await instance.restore({ RESTORE_ACTION: 'cutover' })).stderr).toContain('nothing is prepared');
    expect((await instance.restore({ RESTORE_ACTION: 'prepare' })).status).toBe(0);
    expect(fingerprint(server, 'zitadel')).toBe(live);
    expect((await instance.restore({ RESTORE_ACTION: 'cutover' }, 'cut')).status).toBe(0);
    expect(fingerprint(server, 'zitadel')).toBe(dumped);

    expect((await instance.restore({ RESTORE_ACTION: 'undo' }, 'undo-1')).status).toBe(0);
    expect(fingerprint(server, 'zitadel')).toBe(live);
    expect((await instance.restore({ RESTORE_ACTION: 'undo' }, 'undo-1')).stdout).toContain('already carried out');
    expect(fingerprint(server, 'zitadel')).toBe(live);
    expect((await instance.restore({ RESTORE_ACTION: 'undo' }, 'undo-2')).status).toBe(0);
    expect(fingerprint(server, 'zitadel')).toBe(dumped);

    expect(databases(server)).toEqual(['zitadel', 'zitadel_before_undo-2']);
    expect((await instance.restore({ RESTORE_ACTION: 'drop-previous' })).status).toBe(0);
    expect(databases(server)).toEqual(['zitadel']);
    expect((await instance.restore({ RESTORE_ACTION: 'undo' })).stderr).toContain('no former database to go back to');
  });

  test('keeps as many former databases as it is told to', async () => {
    for (const request of ['a', 'b', 'c']) {
      expect((await instance.restore({ KEEP_PREVIOUS: '2' }, request)).status).toBe(0);
    }
    expect(databases(server)).toEqual(['zitadel', 'zitadel_before_b', 'zitadel_before_c']);
  });

  test('takes the newest verified dump at or before a moment', async () => {
    redate(instance.dumps()[0]!, 'zitadel-20260101-020000');
    server.sql('zitadel', 'DELETE FROM projections.sessions');
    expect((await instance.backup({ KEEP_LAST: '9' })).status).toBe(0);
    redate(instance.dumps()[1]!, 'zitadel-20260102-020000');
    const sessions = () => server.sql('zitadel', 'SELECT count(*) FROM projections.sessions');

    expect((await instance.restore({ RESTORE_BEFORE: '2026-01-02T01:59:59Z' })).stdout).toContain(
      'chose zitadel-20260101-020000',
    );
    expect(sessions()).toBe('500');
    expect((await instance.restore({ RESTORE_BEFORE: '2026-01-02T02:00:00Z' })).stdout).toContain(
      'chose zitadel-20260102-020000',
    );
    expect(sessions()).toBe('0');
    expect((await instance.restore({ RESTORE_BEFORE: '2026-01-01T01:59:59Z' })).stderr).toContain(
      'no verified dump from 2026-01-01T01:59:59Z or before',
    );
  });

  test('restores where there is neither the database nor its roles', async () => {
    const before = fingerprint(server, 'zitadel');
    server.sql('postgres', 'DROP DATABASE zitadel');
    server.sql('postgres', 'DROP ROLE zitadel');
    server.sql('postgres', 'DROP ROLE reporting');
    const result = await instance.restore();
    expect(result.stderr).toContain(
      'warning: created roles that were missing: reporting, zitadel. A dump has no passwords. Set those of the ' +
        'roles that log in: zitadel.\n',
    );
    expect(result.status).toBe(0);
    expect(fingerprint(server, 'zitadel')).toBe(before);
    expect(databases(server)).toEqual(['zitadel']);
  });

  test.each([
    [
      'names those that log in, whatever they are called',
      {
        '"x"" WITH LOGIN"': 'NOLOGIN',
        '"NOLOGIN"': "LOGIN CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'",
        '"LOGIN"': 'NOLOGIN',
        '"it\'s one; \\"': 'LOGIN REPLICATION',
        x: 'NOLOGIN',
      },
      '"LOGIN", "NOLOGIN", "it\'s one; \\", x, "x"" WITH LOGIN". A dump has no passwords. Set those of the ' +
        'roles that log in: "NOLOGIN", "it\'s one; \\".',
    ],
    [
      'says so where none does',
      { readers: 'NOLOGIN', login: 'NOLOGIN' },
      'login, readers. None of them logs in, so none needs a password.',
    ],
  ])(
    'asks for passwords of the roles that it creates and that need one: %s',
    async (_, roles: Record<string, string>, says) => {
      for (const [role, options] of Object.entries(roles)) server.sql('postgres', `CREATE ROLE ${role} ${options}`);
      expect((await instance.backup()).status).toBe(0);
      for (const role of Object.keys(roles)) server.sql('postgres', `DROP ROLE ${role}`);
      const { status, stderr } = await instance.restore({ RESTORE_ACTION: 'rehearse' });
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: `restore: warning: created roles that were missing: ${says}\n`,
      });
    },
  );

  test('restores only the dump that a checksum names', async () => {
    const sha256 = /[0-9a-f]{64}/.exec(
      readFileSync(join(instance.folder, `${instance.dumps()[0]}.dump.sha256`), 'utf8'),
    )![0];
    expect((await instance.restore({ RESTORE_SHA256: 'f'.repeat(64) })).stderr).toContain('is not the checksum of');
    expect((await instance.restore({ RESTORE_SHA256: sha256 })).status).toBe(0);
  });

  test('refuses a name that an earlier request with another dump had', async () => {
    expect((await instance.restore({}, 'again')).status).toBe(0);
    redate(instance.dumps()[0]!, 'zitadel-20260101-020000');
    const result = await instance.restore({}, 'again');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('the request again was used before. Use another name for the Job');
  });

  test('leaves no statistics to be gathered', async () => {
    expect((await instance.restore()).status).toBe(0);
    expect(server.sql('zitadel', "SELECT reltuples FROM pg_class WHERE relname = 'events2'")).toBe('5020');
  });

  test('counts every row, whatever the settings of the database let an index leave out', async () => {
    server.sql(
      'zitadel',
      `CREATE TABLE public.words AS SELECT to_tsvector('simple', 'word' || n) AS w FROM generate_series(1, 5000) AS n;
       CREATE INDEX ON public.words USING gin (w); ANALYZE public.words;
       ALTER DATABASE zitadel SET enable_seqscan = off; ALTER DATABASE zitadel SET gin_fuzzy_search_limit = 1`,
    );
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
    expect((await instance.restore()).output).toContain('and the rows of');
  });

  test('goes on after settings of the database that would end its sessions', async () => {
    server.sql(
      'postgres',
      'ALTER DATABASE zitadel SET statement_timeout = 1; ALTER DATABASE zitadel SET ' +
        'default_transaction_read_only = on; ALTER DATABASE zitadel SET role = zitadel; ALTER DATABASE zitadel SET ' +
        `idle_session_timeout = 1${toolbox().major >= 17 ? '; ALTER DATABASE zitadel SET transaction_timeout = 1' : ''}`,
    );
    const before = () =>
      server.sql(
        'postgres',
        'SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = ' +
          "'zitadel' AND setrole = 0",
      );
    const settings = before();
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
    expect(await instance.restore()).toMatchObject({ status: 0, stderr: '' });
    expect(before()).toBe(settings);
  });
});
