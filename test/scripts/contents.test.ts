import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { usually } from '../support/machine/userlands';

/** Values of every kind whose hash or text could differ from one session or server to the next. */
const KINDS = `
  CREATE SCHEMA kinds;
  CREATE TYPE kinds.mood AS ENUM ('fine', 'so "so"');
  CREATE TYPE kinds.pair AS (a int, b text);
  CREATE DOMAIN kinds.positive AS numeric CHECK (VALUE > 0);
  CREATE TABLE kinds.everything (
    id int PRIMARY KEY, j json, jb jsonb, x xml, p point, b box, iv int4range[], mr datemultirange, m kinds.mood, ms kinds.mood[], c kinds.pair,
    d kinds.positive, by bytea, f float8, r real, t timestamptz, i interval, tx text[], n numeric, u uuid, net inet, bits varbit, v varchar(40),
    name name, money money, ts tsvector, double_id int GENERATED ALWAYS AS (id * 2) STORED);
  INSERT INTO kinds.everything SELECT i, '{"a":  1}', '{"b": [1, null]}', '<a>b</a>', '(1,2)', '(1,2),(3,4)', '{"[1,5)"}', '{[2020-01-01,2020-02-01)}',
    'so "so"', '{fine}', ROW(1, 'x')::kinds.pair, 1.50, '\\x00ff', -0.0, 1.1, '2026-03-29 01:30+00', '1 year 2 days 03:04', '{a,NULL,"b c"}', 1.10, gen_random_uuid(),
    inet '10.0.0.0/8', B'101', 'tab	and | and "quote"', 'n', 12.34, 'a:1 b:2' FROM generate_series(1, 20) AS i;
  INSERT INTO kinds.everything (id, f) VALUES (100, 'NaN'), (101, 'infinity');
  CREATE TABLE kinds.parent (a int);
  CREATE TABLE kinds.child (own text) INHERITS (kinds.parent);
  ALTER TABLE kinds.parent ADD COLUMN later text;
  INSERT INTO kinds.child (a, own, later) VALUES (1, 'mine', 'theirs');
  CREATE TABLE kinds."no columns" ();
  INSERT INTO kinds."no columns" DEFAULT VALUES;
  CREATE TABLE kinds.split (k int) PARTITION BY HASH (k);
  CREATE TABLE kinds.split_0 PARTITION OF kinds.split FOR VALUES WITH (MODULUS 1, REMAINDER 0);
  INSERT INTO kinds.split SELECT generate_series(1, 10);
`;

describe.each(usually('gnu'))("the hashes of a dump's contents under %s", (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
  });
  afterEach(() => server.stop());

  async function manifest(env = {}) {
    expect(await instance.backup(env)).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(readFileSync(join(instance.folder, `${instance.dumps().pop()}.json`), 'utf8'));
  }

  test('are the same after a restore, for values of every kind', async () => {
    server.sql('zitadel', KINDS);
    const dumped = await manifest();
    expect(Object.keys(dumped.hashes)).toEqual(Object.keys(dumped.rows));
    expect(dumped.rows).toMatchObject({
      'kinds.everything': 22,
      'kinds.child': 1,
      'kinds."no columns"': 1,
      'kinds.split_0': 10,
    });
    expect(dumped.hashes['kinds.everything']).toMatch(/^-?\d{5,}$/);
    server.sql(
      'zitadel',
      "ALTER DATABASE zitadel SET timezone = 'Asia/Tokyo'; ALTER DATABASE zitadel SET datestyle = 'German'",
    );
    expect((await instance.restore()).status).toBe(0);
    expect((await manifest()).hashes).toEqual(dumped.hashes);
  });

  test('tell a single changed value from none, where the numbers of rows are the same', async () => {
    const before = await manifest();
    server.sql('zitadel', "UPDATE projections.users SET name = 'Mallory' WHERE id = 250");
    const after = await manifest();
    expect(after.rows).toEqual(before.rows);
    const changed = Object.keys(after.hashes).filter((table) => after.hashes[table] !== before.hashes[table]);
    expect(changed).toEqual(['projections.users']);
  });

  test('do not depend on the order of the rows', async () => {
    const before = await manifest();
    server.sql('zitadel', 'CLUSTER projections.users USING users_name_key');
    expect((await manifest()).hashes).toEqual(before.hashes);
  });

  test('are left out of a database that is larger than they are wanted for', async () => {
    expect((await manifest({ CONTENT_HASH_BYTES: '0' })).hashes).toBeNull();
    expect(await manifest({ ROW_COUNTS: 'false' })).toMatchObject({ rows: null, hashes: null });
  });
});
