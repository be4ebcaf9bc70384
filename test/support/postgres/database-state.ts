import { fingerprint } from '../secrets/fingerprint';
import type { PostgresServer } from './postgres-server';

/** What a database is, told in two ways that know nothing of each other. */
export interface DatabaseState {
  /** Stays when the database is renamed, and is never another one's. */
  readonly oid: string;
  /** A hash over the rows of all tables. */
  readonly rows: string;
  /** All that pg_dump writes of it: definitions, owners, grants, settings, comments and rows. */
  readonly text: string;
}

const OID_AND_ROWS = `
  SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), md5(string_agg(name || rows, ',' ORDER BY name))
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, format('%I.%I', nspname, relname) AS name, LATERAL query_to_xml(
      format('SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ONLY %s AS t', name), false, true, '') AS xml, text(xml) AS rows
   WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'`;

export function databaseState(server: PostgresServer, name: string): DatabaseState {
  return { ...oidAndRows(server, name), text: fingerprint(server, name) };
}

function oidAndRows(server: PostgresServer, name: string): Omit<DatabaseState, 'text'> {
  const [oid, rows] = server.sql(name, OID_AND_ROWS).split('|') as [string, string];
  return { oid, rows };
}

export function oidOf(server: PostgresServer, name: string): string {
  return server.sql('postgres', `SELECT oid FROM pg_database WHERE datname = ${literal(name)}`);
}

/** What a database is that is closed to connections, and is again afterwards; its text would tell of its other name. */
export function closedState(server: PostgresServer, name: string): Omit<DatabaseState, 'text'> {
  const open = (yes: boolean): string =>
    server.sql('postgres', `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS ${yes}`);
  open(true);
  try {
    return oidAndRows(server, name);
  } finally {
    open(false);
  }
}

/** The names of all databases but PostgreSQL's own, in order. */
export function databaseNames(server: PostgresServer): string[] {
  const names = server.sql(
    'postgres',
    "SELECT json_agg(datname ORDER BY datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
  );
  return names === '' ? [] : JSON.parse(names);
}

export function dropDatabase(server: PostgresServer, name: string): void {
  server.sql('postgres', `DROP DATABASE ${identifier(name)} WITH (FORCE)`);
}

/** Drops all databases but PostgreSQL's own. */
export function dropDatabases(server: PostgresServer): void {
  server.sql(
    'postgres',
    `
    SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' \\gexec`,
  );
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
