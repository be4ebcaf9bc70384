import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart, Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
} from '../../src';
import { databaseNames, databaseState, dropDatabases } from '../support/postgres/database-state';
import { Instance, type Env } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SessionClient } from '../support/postgres/session-client';
import { chart, storage, type Manifest } from '../support/manifests/synth';

const PAGE = readFileSync(join(__dirname, '../../docs/least-privilege.md'), 'utf8');

/** The SQL of a section of the page, which people copy. */
function sqlOf(heading: string): string {
  const section = PAGE.slice(PAGE.indexOf(`### ${heading}`));
  return /```sql\n([^`]+)```/.exec(section)![1]!;
}

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start({ settings: { wal_level: 'logical' } });
});
afterAll(() => server.stop());

interface Roles {
  readonly backup: string;
  readonly restore?: string;
}

/** The manifests of the database shop, which these roles back up and restore. */
function manifests({ backup, restore }: Roles): Manifest[] {
  const scope: Chart = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const database = PostgresDatabase.at('shop-db', {
    name: 'shop',
    user: backup,
    password: secrets.expectKey('shop-db-backup', 'password'),
    ...(restore !== undefined && {
      restoreAs: { user: restore, password: secrets.expectKey('shop-db-restore', 'password') },
    }),
    image: PostgresImage.alpine('17.2'),
  });
  const nightly = new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database,
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
  });
  new RestoreJob(scope, 'restore', { name: 'shop-db-restore', backup: nightly });
  new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup: nightly });
  return Testing.synth(scope);
}

const PASSWORDS: Readonly<Record<string, string>> = { backup: "b'ackup", restore: 're\\store' };

function instanceOf(roles: Roles): Instance {
  const instance = new Instance(server, 'gnu', manifests(roles));
  instance.secrets['shop-db-backup'] = { password: PASSWORDS.backup! };
  instance.secrets['shop-db-restore'] = { password: PASSWORDS.restore! };
  return instance;
}

/** A shop that its owner owns, with what lets a role without superuser stumble and yet can be restored by it. */
function makeShop(extra = ''): void {
  server.sql(
    'postgres',
    `CREATE ROLE shop LOGIN PASSWORD '${PASSWORDS.backup!.replaceAll("'", "''")}'; CREATE ROLE reader;
     CREATE DATABASE shop OWNER shop; REVOKE ALL ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO reader`,
  );
  server.sql(
    'shop',
    `SET ROLE shop;
     CREATE EXTENSION pgcrypto; COMMENT ON EXTENSION pgcrypto IS 'ours';
     CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION tablefunc;
     CREATE SCHEMA sales; GRANT USAGE ON SCHEMA sales TO reader;
     CREATE TABLE sales.orders (id int PRIMARY KEY, total numeric);
     CREATE TYPE sales.span AS RANGE (subtype = float8);
     INSERT INTO sales.orders SELECT i, i * 1.5 FROM generate_series(1, 500) AS i;
     GRANT SELECT, UPDATE (total) ON sales.orders TO reader;
     ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO reader;
     ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_it ON sales.orders USING (true);
     CREATE TABLE public.notes AS SELECT 'note ' || i AS note FROM generate_series(1, 20) AS i;
     RESET ROLE; ${extra}`,
  );
}

function dropShop(...roles: readonly string[]): void {
  dropDatabases(server);
  for (const role of ['shop', 'reader', ...roles]) {
    server.sql('postgres', `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
}

const state = (): string => databaseState(server, 'shop').text;

/** A backup, a loss, a restore, the way back and forth, and a drill. */
async function goesRound(instance: Instance): Promise<void> {
  expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
  const dumped = state();
  server.sql('shop', 'DELETE FROM public.notes');
  const lost = state();

  expect(await instance.restore({}, 'r1')).toMatchObject({ status: 0 });
  expect(state()).toBe(dumped);
  expect(databaseNames(server)).toEqual(['shop', 'shop_before_r1']);
  expect(await instance.restore({ RESTORE_ACTION: 'undo' }, 'r2')).toMatchObject({ status: 0 });
  expect(state()).toBe(lost);
  expect(await instance.restore({}, 'r3')).toMatchObject({ status: 0 });
  expect(await instance.restore({ RESTORE_ACTION: 'drop-previous' }, 'r4')).toMatchObject({ status: 0 });
  expect(databaseNames(server)).toEqual(['shop']);
  expect(state()).toBe(dumped);

  // Proven but for a key, of which there is none.
  expect(await instance.drill()).toMatchObject({ status: 0 });
  expect(instance.evidence()).toMatchObject({ verdict: 'proven', compared: 'rows and contents' });
}

describe('the owner with CREATEDB, as CloudNativePG has it,', () => {
  let instance: Instance;
  beforeAll(() => {
    makeShop();
    server.sql('postgres', sqlOf('One role: the owner'));
    instance = instanceOf({ backup: 'shop' });
  });
  afterAll(() => dropShop());

  test('backs up, restores, goes back, tidies up and drills', () => goesRound(instance));

  test('waits for a session that it may not end, and says what would let it', async () => {
    server.sql('postgres', "CREATE ROLE visitor LOGIN PASSWORD 'v'; GRANT CONNECT ON DATABASE shop TO visitor");
    const visitor = new SessionClient(server, 'shop', undefined, undefined, { user: 'visitor', password: 'v' });
    try {
      await server.until('the visitor is there', "EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'visitor')");
      const before = state();
      const refused = await instance.restore({ RESTORE_SESSIONS: 'refuse' }, 's1');
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toContain('visitor from');
      expect(refused.stderr).toContain('(to end it: GRANT pg_signal_backend TO shop)');
      expect(refused.stderr).toContain('shop may not end the sessions of visitor on shop');
      const forced = await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 's2');
      expect(forced.status).toBe(1);
      expect(forced.stderr).toContain('the names could not be exchanged');
      expect(state()).toBe(before);
      server.sql('postgres', 'GRANT pg_signal_backend TO shop');
      expect(await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 's3')).toMatchObject({ status: 0 });
    } finally {
      await visitor.stop();
      server.sql('postgres', 'DROP OWNED BY visitor; DROP ROLE visitor');
    }
  });
});

describe('a role that reads, and another one that restores,', () => {
  let instance: Instance;
  beforeAll(() => {
    makeShop();
    const sql = sqlOf('Two roles: one that reads, one that restores')
      .replace("'change me'", `'${PASSWORDS.backup!.replaceAll("'", "''")}'`)
      .replace("'change me too'", `'${PASSWORDS.restore}'`);
    server.sql('postgres', `${sql}; ALTER ROLE shop_backup BYPASSRLS`);
    instance = instanceOf({ backup: 'shop_backup', restore: 'shop_restore' });
  });
  afterAll(() => dropShop('shop_backup', 'shop_restore'));

  test('back up, restore, go back, tidy up and drill', () => goesRound(instance));

  test('the pod of a backup has no password of the role that restores', async () => {
    delete instance.secrets['shop-db-restore'];
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
    const restore = await instance.restore({}, 'n1');
    expect(restore.status).toBe(1);
    expect(restore.stderr).toContain('shop-db-restore');
    instance.secrets['shop-db-restore'] = { password: PASSWORDS.restore! };
  });
});

describe('what the role that restores may not do is found the night before, and said again by a preflight:', () => {
  const cases: readonly [what: string, sql: string, says: string][] = [
    [
      'create a database',
      'ALTER ROLE shop_restore NOCREATEDB',
      'shop_restore may not create a database: ALTER ROLE shop_restore CREATEDB.',
    ],
    [
      'act for the owner',
      'REVOKE shop FROM shop_restore',
      'the database belongs to shop, which shop_restore can not act for: GRANT shop TO shop_restore.',
    ],
    [
      'act for a superuser',
      'CREATE TABLE public.audit (id int)',
      'objects of the database belong to postgres, a superuser: give them to another role, or restore as a superuser.',
    ],
    ['create an extension', 'CREATE EXTENSION amcheck', 'the extension amcheck is one that only a superuser creates'],
    [
      'create an event trigger',
      `CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ALTER FUNCTION public.f OWNER TO shop;
       CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION public.f()`,
      'the event trigger t is what only a superuser creates',
    ],
    [
      'publish all tables',
      'CREATE PUBLICATION p FOR ALL TABLES',
      'the publication p, of all tables or those of a schema is what only',
    ],
    [
      'see all rows',
      'ALTER TABLE sales.orders FORCE ROW LEVEL SECURITY',
      'sales.orders has FORCE ROW LEVEL SECURITY, which hides rows from shop_restore: ALTER ROLE',
    ],
  ];
  let instance: Instance;
  let before: string;
  let backedUp: PodResult;
  beforeAll(async () => {
    makeShop();
    server.sql(
      'postgres',
      `CREATE ROLE shop_backup SUPERUSER LOGIN PASSWORD '${PASSWORDS.backup!.replaceAll("'", "''")}';
       CREATE ROLE shop_restore LOGIN CREATEDB PASSWORD '${PASSWORDS.restore}'; GRANT shop TO shop_restore`,
    );
    instance = instanceOf({ backup: 'shop_backup', restore: 'shop_restore' });
    for (const [, sql] of cases) server.sql('shop', sql);
    backedUp = await instance.backup();
    before = state();
  });
  afterAll(() => dropShop('shop_backup', 'shop_restore'));

  test('the dump is there, and the Job fails with the status that is not tried again', () => {
    expect(backedUp.status).toBe(3);
    expect(backedUp.stderr).toContain('.dump exists, but a restore of it would fail:');
    expect(instance.dumps()).toHaveLength(1);
  });

  test.each(cases)('%s', (_, __, says) => {
    expect(backedUp.stderr).toContain(says);
    const manifest = JSON.parse(readFileSync(join(instance.folder, `${instance.dumps()[0]}.json`), 'utf8'));
    expect(manifest.preflight.role).toBe('shop_restore');
    expect(manifest.preflight.fails.join('\n')).toContain(says);
  });

  test('a preflight says all of it, changes nothing, and ends with status 3', async () => {
    const { status, stderr } = await instance.restore({ RESTORE_ACTION: 'preflight' });
    for (const [, , says] of cases) expect(stderr).toContain(says);
    expect(status).toBe(3);
    expect(state()).toBe(before);
    expect(databaseNames(server)).toEqual(['shop']);
  });

  test('a preflight goes by what a restore is told to ignore', async () => {
    const { status, stderr } = await instance.restore({ RESTORE_ACTION: 'preflight', RESTORE_IGNORE: 'rights' });
    expect(stderr).toContain('RESTORE_IGNORE=rights is set: going on.');
    expect(status).toBe(0);
  });

  test('a restore refuses before it loads anything', async () => {
    const { status, stderr, stdout } = await instance.restore();
    expect(status).toBe(1);
    expect(stderr).toContain('shop_restore lacks rights that this restore needs:');
    expect(stderr).toContain('To restore all the same, set RESTORE_IGNORE=rights.');
    expect(stdout).not.toContain('loading');
    expect(state()).toBe(before);
  });

  test('a drill fails, though the dump can be restored', async () => {
    expect(await instance.drill()).toMatchObject({ status: 1 });
    expect(instance.evidence()).toMatchObject({
      verdict: 'failed',
      reason: expect.stringContaining('a restore would be refused: shop_restore may not create a database'),
    });
  });
});

describe('what the role that dumps may not read fails the backup, by name:', () => {
  let instance: Instance;
  beforeAll(() => {
    makeShop("SELECT lo_from_bytea(4711, 'x')");
    server.sql(
      'postgres',
      `CREATE ROLE shop_backup LOGIN PASSWORD '${PASSWORDS.backup!.replaceAll("'", "''")}';
       GRANT CONNECT ON DATABASE shop TO shop_backup; CREATE ROLE shop_restore SUPERUSER LOGIN`,
    );
    instance = instanceOf({ backup: 'shop_backup', restore: 'shop_restore' });
  });
  afterAll(() => dropShop('shop_backup', 'shop_restore'));

  // Each is given what the one before it lacked.
  test.each([
    ['a table', 'SELECT', 'permission denied for'],
    [
      'a table with row security',
      'GRANT pg_read_all_data TO shop_backup',
      'row-level security policy for table "orders"',
    ],
    ['a large object', 'ALTER ROLE shop_backup BYPASSRLS', 'permission denied for large object 4711'],
  ])('%s', async (_, sql, says) => {
    server.sql('postgres', sql);
    const { status, stderr } = await instance.backup();
    expect(status).toBe(1);
    expect(stderr).toContain(says);
    expect(stderr).toContain('If shop_backup lacks a right, docs/least-privilege.md has the SQL that gives it.');
    expect(instance.dumps()).toEqual([]);
  });

  test('and nothing, once it may read all of it', async () => {
    server.sql('shop', 'GRANT SELECT ON LARGE OBJECT 4711 TO shop_backup');
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('what only hinders a restore', () => {
  let instance: Instance;
  beforeAll(() => {
    makeShop();
    server.sql(
      'postgres',
      `CREATE ROLE shop_backup LOGIN PASSWORD '${PASSWORDS.backup!.replaceAll("'", "''")}' BYPASSRLS IN ROLE pg_read_all_data;
       GRANT CONNECT ON DATABASE shop TO shop_backup; CREATE ROLE guest LOGIN PASSWORD 'g';
       GRANT CONNECT ON DATABASE shop TO guest;
       CREATE ROLE shop_restore LOGIN CREATEDB PASSWORD '${PASSWORDS.restore}'; GRANT shop TO shop_restore;
       SET allow_in_place_tablespaces = on; CREATE TABLESPACE fast LOCATION ''`,
    );
    server.sql(
      'shop',
      `CREATE TABLE sales.archive (id int) TABLESPACE fast; ALTER TABLE sales.archive OWNER TO shop;
       CREATE EXTENSION postgres_fdw; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO shop; SET ROLE shop;
       CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR shop SERVER far OPTIONS (user 'u', password 'p');
       RESET ROLE;
       CREATE SUBSCRIPTION feed CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
    );
    server.sql('template1', 'CREATE EXTENSION postgres_fdw');
    instance = instanceOf({ backup: 'shop_backup', restore: 'shop_restore' });
  });
  afterAll(() => {
    server.sql('template1', 'DROP EXTENSION postgres_fdw');
    server.sql('postgres', 'ALTER DATABASE shop_before_h1 ALLOW_CONNECTIONS true');
    server.sql('shop_before_h1', 'DROP SUBSCRIPTION feed');
    dropShop('shop_backup', 'shop_restore', 'guest');
    server.sql('postgres', 'DROP TABLESPACE fast');
  });

  test('is in the log and the manifest, and is left out', async () => {
    const sessions = [
      new SessionClient(server, 'shop'),
      new SessionClient(server, 'shop', undefined, undefined, { user: 'guest', password: 'g' }),
    ];
    try {
      await server.until('both are there', "(SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop') = 2");
      const { status, stderr } = await instance.backup();
      expect(status).toBe(3);
      expect(stderr).toContain('the foreign-data wrapper postgres_fdw may not be used by shop_restore in a copy');
      const manifest = JSON.parse(readFileSync(join(instance.folder, `${instance.dumps()[0]}.json`), 'utf8'));
      for (const says of [
        'tables of the tablespace fast come to the default one: GRANT CREATE ON TABLESPACE fast TO shop_restore.',
        'not in the dump: the subscription feed. pg_dump leaves this out, unless a superuser dumps.',
        'not in the dump: the options of the user mapping for shop at the server far. pg_dump leaves this out',
        'shop_restore may not end the sessions of guest on shop: GRANT pg_signal_backend TO shop_restore.',
        'the superuser postgres is connected to shop, process ',
      ]) {
        expect(stderr).toContain(says);
        expect(manifest.preflight.hinders.join('\n')).toContain(says);
      }
      expect(manifest.preflight.fails).toHaveLength(1);
    } finally {
      await Promise.all(sessions.map((session) => session.stop()));
    }
    server.sql('template1', 'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO shop');
    const { status, stderr } = await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 'h1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('left out: tablespaces') });
    const inShop = "SELECT count(*) FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = 'shop'";
    expect(server.sql('shop', inShop)).toBe('0');
    expect(server.sql('shop', 'SELECT srvname FROM pg_foreign_server')).toBe('far');
  });
});

describe('with what it may not do', () => {
  let instance: Instance;
  const restored = (env: Env, job: string): Promise<PodResult> => instance.restore(env, job);
  beforeAll(() => {
    makeShop();
    server.sql(
      'postgres',
      `CREATE ROLE other; CREATE ROLE shop_backup SUPERUSER LOGIN PASSWORD '${PASSWORDS.backup!.replaceAll("'", "''")}';
       CREATE ROLE shop_restore LOGIN CREATEDB PASSWORD '${PASSWORDS.restore}'; GRANT shop TO shop_restore;
       GRANT CONNECT ON DATABASE shop TO other WITH GRANT OPTION;
       SET ROLE other; GRANT CONNECT ON DATABASE shop TO reader; RESET ROLE;
       ALTER ROLE other IN DATABASE shop SET work_mem = '5MB'; ALTER DATABASE shop SET log_statement = 'none'`,
    );
    server.sql(
      'shop',
      `GRANT USAGE ON SCHEMA sales TO other; GRANT SELECT ON sales.orders TO other WITH GRANT OPTION;
       SET ROLE other; GRANT SELECT ON sales.orders TO shop_restore; RESET ROLE;
       ALTER DEFAULT PRIVILEGES FOR ROLE other GRANT SELECT ON TABLES TO reader;
       CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ALTER FUNCTION public.f OWNER TO shop;
       CREATE EVENT TRIGGER "The trigger" ON ddl_command_end EXECUTE FUNCTION public.f();
       CREATE PUBLICATION "All ""of"" it" FOR ALL TABLES; ALTER PUBLICATION "All ""of"" it" OWNER TO postgres;
       CREATE EXTENSION amcheck; COMMENT ON EXTENSION amcheck IS 'looks'`,
    );
    server.sql('template1', 'CREATE EXTENSION amcheck');
    instance = instanceOf({ backup: 'shop_backup', restore: 'shop_restore' });
  });
  afterAll(() => {
    dropShop('shop_backup', 'shop_restore', 'other');
    server.sql('template1', 'DROP EXTENSION amcheck');
  });

  test('left out by order, the rest comes back, and the record lists what did not', async () => {
    expect(await instance.backup()).toMatchObject({ status: 3 });
    const { status, stderr } = await restored({ RESTORE_IGNORE: 'rights' }, 'r1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('left out: ') });
    const { leftOut } = JSON.parse(readFileSync(join(instance.folder, 'restores/r1.json'), 'utf8'));
    const text = leftOut.join('\n');
    for (const left of [
      'grants: CONNECT on the database for reader, which other has granted',
      'settings: permission denied to set parameter "log_statement"',
      'what only a superuser creates: EVENT TRIGGER - The trigger postgres',
      'what only a superuser creates: PUBLICATION - All "of" it postgres',
      'grants: those of the default acl',
    ]) {
      expect(text).toContain(left);
    }
    expect(server.sql('shop', 'SELECT count(*), sum(total) FROM sales.orders')).toBe('500|187875.0');
    expect(server.sql('shop', "SELECT has_table_privilege('reader', 'sales.orders', 'SELECT')")).toBe('t');
    expect(server.sql('shop', "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension")).toBe(
      'amcheck,citext,hstore,pgcrypto,plpgsql,tablefunc',
    );
    expect(
      server.sql('shop', 'SELECT count(*) FROM pg_event_trigger') +
        server.sql('shop', 'SELECT count(*) FROM pg_publication'),
    ).toBe('00');
  });
});
