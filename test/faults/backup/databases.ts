import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFormat, Compression } from '../../../src';
import { eventually } from '../../support/machine/eventually';
import { fault, type Fault, type FaultGroup } from '../../support/faults/fault';
import type { ClusterProps } from '../../support/faults/fault-cluster';
import { newDump } from '../../support/faults/fault-leaves';
import type { Trial } from '../../support/faults/fault-trial';
import { fingerprint } from '../../support/secrets/fingerprint';

type Rows = Record<string, number> | null;

/** A dump of a database made by `sql`: what it says of the rows, and what comes back of it. */
function dumped(what: string, sql: string, rows: Rows, cluster: ClusterProps = {}, comesBack = true): Fault {
  const name = cluster.databaseName ?? 'odd';
  return fault(what, { leaves: newDump, status: 0, says: 'is complete and verified', cluster }, async (trial) => {
    trial.server.sql('postgres', `CREATE DATABASE ${quoted(name)}`);
    trial.afterwards(() => trial.server.sql('postgres', `DROP DATABASE ${quoted(name)} WITH (FORCE)`));
    trial.server.sql(name, sql);
    const before = comesBack ? fingerprint(trial.server, name) : '';
    const result = await trial.backup({ PGDATABASE: name, ROW_COUNTS: String(rows !== null) });
    expect(manifest(trial)).toMatchObject({ database: name });
    expect(manifest(trial).rows).toEqual(rows);
    if (comesBack) await expectBack(trial, name, before);
    return result;
  });
}

function manifest(trial: Trial): { database: string; rows: Rows; hashes: object } {
  return JSON.parse(readFileSync(join(trial.folder, `${trial.instance.dumps().at(-1)}.json`), 'utf8'));
}

/** Restores the dump with PostgreSQL's own tool, and compares. */
async function expectBack(trial: Trial, name: string, before: string): Promise<void> {
  trial.server.sql('postgres', `DROP DATABASE ${quoted(name)} WITH (FORCE); CREATE DATABASE ${quoted(name)}`);
  const dump = `"$BACKUP_DIR/${trial.instance.dumps().at(-1)}.dump"`;
  trial.addTool('restore', `exec pg_restore --exit-on-error --dbname= ${dump}`);
  const run = await trial.backup({ PGDATABASE: name, SCRIPT: '../tools/restore' });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(fingerprint(trial.server, name)).toBe(before);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const TWO_TABLES = `
  CREATE TABLE a AS SELECT i, md5(i::text) FROM generate_series(1, 1000) AS i;
  CREATE TABLE b AS SELECT i FROM generate_series(1, 10) AS i`;

/** The first has all of ASCII that is printed. */
const ODD_NAMES = [
  ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  'host=evil dbname=postgres',
  '-d',
  'José\t数据库',
  '$(id) ${HOME} `id`',
  '..',
  'x'.repeat(63),
];

export const databases: FaultGroup = {
  title: 'Backup: databases of every kind',
  faults: [
    ...ODD_NAMES.map((databaseName) =>
      dumped(
        `the database is called \`${databaseName.replace('\t', ' ').replaceAll('`', '´')}\``,
        'CREATE TABLE t AS SELECT 1',
        { 'public.t': 1 },
        { databaseName },
        false,
      ),
    ),

    fault(
      'a table is truncated, another altered and a third dropped when pg_dump has ended, and they are still to ' +
        'be counted',
      {
        leaves: newDump,
        status: 0,
        says:
          '3 tables changed during the dump, as by TRUNCATE: their rows are counted in the dump itself…is ' +
          'complete and verified',
      },
      async (trial) => {
        const tables = ['emptied', 'altered', 'dropped'];
        trial.server.sql(
          'shop',
          tables
            .map(
              (table) => `CREATE TABLE public.${table} AS SELECT i AS id, i AS more FROM generate_series(1, 1000) AS i`,
            )
            .join(';'),
        );
        trial.afterwards(() => trial.server.sql('shop', 'DROP TABLE public.emptied, public.altered'));
        trial.addTool('pg_dump', 'pg_dump "$@" || exit\n[ "$1" = --version ] || : >"${BACKUP_DIR%/*}/dumped"');
        const look = trial.holdAt('psql', '*--set=counting=*');
        const run = await trial.startUntil(look);
        await eventually('pg_dump has ended', () => existsSync(join(trial.instance.nas, 'dumped')));
        trial.server.sql(
          'shop',
          'TRUNCATE public.emptied; ALTER TABLE public.altered DROP COLUMN more; DROP TABLE public.dropped',
        );
        look.pass();
        const result = await run.result;
        for (const table of tables) {
          expect(manifest(trial).rows).toHaveProperty([`public.${table}`], 1000);
          expect(manifest(trial).hashes).not.toHaveProperty([`public.${table}`]);
        }
        return result;
      },
    ),
    dumped('a database without tables', 'SELECT 1', {}),
    dumped(
      'large objects',
      "SELECT lo_from_bytea(0, decode(repeat('ff00', 50000), 'hex')) FROM generate_series(1, 20)",
      { 'large objects': 20 },
    ),
    dumped('an unlogged table', 'CREATE UNLOGGED TABLE fleeting AS SELECT generate_series(1, 100)', {
      'public.fleeting': 100,
    }),
    dumped(
      'an extension with tables and types of its own',
      `
      CREATE EXTENSION citext; CREATE EXTENSION hstore;
      CREATE TABLE tags AS SELECT 'A'::citext AS name, 'a=>1'::hstore AS tags`,
      { 'public.tags': 1 },
    ),
    dumped(
      'a partitioned table whose data is excluded',
      `
      CREATE TABLE logs (day date, line text) PARTITION BY RANGE (day);
      CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
      CREATE TABLE "Logs 2" PARTITION OF logs FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
      INSERT INTO logs VALUES ('2026-01-01', 'a'), ('2026-02-01', 'b');
      CREATE TABLE kept AS SELECT generate_series(1, 3)`,
      { 'public.kept': 3 },
      { excludeTableData: [{ schema: 'public', table: 'logs' }] },
      false,
    ),
    dumped(
      'tables and schemas with odd names',
      `
      CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."c""d\\e
f" AS SELECT 1; CREATE TABLE "SELECT" AS SELECT 1 WHERE false; CREATE TABLE "%L" AS SELECT 2`,
      { '"a.b"."c""d\\e\nf"': 1, 'public."SELECT"': 0, 'public."%L"': 1 },
    ),
    dumped(
      'settings of the database that would end or mislead a session',
      `
      CREATE SCHEMA evil; CREATE FUNCTION evil.pg_export_snapshot() RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
      ALTER DATABASE odd SET search_path = evil, pg_catalog; ALTER DATABASE odd SET statement_timeout = '1ms';
      ALTER DATABASE odd SET default_transaction_isolation = 'serializable';
      ALTER DATABASE odd SET row_security = on; ALTER DATABASE odd SET client_encoding = 'LATIN1';
      ALTER DATABASE odd SET DateStyle = 'SQL, DMY'; CREATE TABLE public.t AS SELECT 'ü' AS t`,
      { 'public.t': 1 },
      {},
      false,
    ),
    dumped('rows are not counted', 'CREATE TABLE t AS SELECT 1', null),
    dumped(
      'the directory format, by three jobs',
      TWO_TABLES,
      { 'public.a': 1000, 'public.b': 10 },
      { format: BackupFormat.directory({ parallelJobs: 3 }) },
    ),
    ...[Compression.none(), Compression.gzip(9), Compression.lz4()].map((compression) =>
      dumped(
        `the compression ${compression.toString()}`,
        TWO_TABLES,
        { 'public.a': 1000, 'public.b': 10 },
        { compression },
      ),
    ),
  ],
};
