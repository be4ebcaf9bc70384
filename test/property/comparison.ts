import { spawnSync } from 'node:child_process';
import type { PostgresServer } from '../support/postgres/postgres-server';
import { client, toolbox } from '../support/machine/toolbox';

/** Settings of a database must not change what its dump says. */
const SETTINGS = [
  'role=none',
  'default_transaction_read_only=off',
  'default_transaction_deferrable=off',
  'statement_timeout=0',
  'search_path=pg_catalog',
  'TimeZone=UTC',
  'bytea_output=hex',
  'quote_all_identifiers=off',
  'array_nulls=on',
  'standard_conforming_strings=on',
  'session_replication_role=origin',
];

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of PostgreSQL's client programs on a database; throws where it fails. */
export function runClient(
  server: PostgresServer,
  database: string,
  program: string,
  args: string[],
  input = '',
): Output {
  const [file, ...own] = client(program);
  const settings = [...SETTINGS, ...(toolbox().major >= 17 ? ['event_triggers=off'] : [])];
  const env = {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGPASSWORD: server.password,
    PGDATABASE: database,
    PGCLIENTENCODING: 'UTF8',
    PGOPTIONS: settings.map((setting) => `-c ${setting}`).join(' '),
  };
  const options = { env, input, encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const { status, stdout, stderr, error } = spawnSync(file, [...own, ...args], options);
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with status ${status}:\n${stderr.slice(0, 4000)}`);
  return { stdout, stderr };
}

/**
 * All of a database as a script that makes it again: its own settings and grants, definitions, rows and large objects.
 */
export function dumpOf(server: PostgresServer, database: string): string {
  return runClient(server, database, 'pg_dump', ['--create']).stdout;
}

/** Where the entries of a dump begin. */
const ENTRY = /^(?=--\n-- (?:Data for )?Name: )/m;

/** A dump whose database gets its settings when all else is there: some change what the words of a dump mean. */
export function settingsLast(dump: string): string {
  const entries = dump.split(ENTRY);
  return [...entries.filter((entry) => !isProperties(entry)), ...entries.filter(isProperties)].join('');
}

/** Settings that stand before the first entry that needs them, and hold on for those that come later. */
const LASTING = /^SET (default_tablespace|default_table_access_method) = .*;$/gm;

/**
 * The entries of a dump, in an order of their own and without what is not the database's.
 * @param withTablespaces whether it counts where something is stored
 */
export function entriesOf(dump: string, withTablespaces = true): string[] {
  const settings = new Map<string, string>();
  const entries = dump.split(ENTRY).map((entry) => {
    const lasting = /; Type: (TABLE|INDEX|MATERIALIZED VIEW|CONSTRAINT);/.test(entry) ? [...settings.values()] : [];
    for (const [line, name] of entry.matchAll(LASTING)) {
      if (withTablespaces || name !== 'default_tablespace') settings.set(name!, line);
    }
    const text = normal(entry);
    return [withTablespaces ? text : text.replace(/^(CREATE DATABASE .*) TABLESPACE = .*;$/m, '$1;'), ...lasting].join(
      '\n',
    );
  });
  return entries.sort();
}

function normal(entry: string): string {
  const text = entry
    .replace(/^\\(un)?restrict .*$/gm, '') // a key of this dump
    .replace(LASTING, '')
    .replace(/^--\n-- PostgreSQL database dump complete\n--$/m, '')
    // A statement tells the owner, but of what initdb or an extension has made: that has the first superuser of the
    // server.
    .replace(/^(--\n-- (?:Data for )?Name: [^]*?); Owner: [^]*?(?=\n--\n)/, '$1')
    // The live database keeps the slots of its subscriptions.
    .replace(/^(CREATE SUBSCRIPTION [^]* slot_name = )'\w+'/m, '$1NONE')
    // By oid.
    .replace(
      /^(CREATE POLICY [^]* TO )([^]*?)(?= USING | WITH CHECK |;$)/m,
      (_, before: string, roles: string) => before + roles.split(', ').sort().join(', '),
    )
    .trimEnd();
  // Roles by oid.
  if (isProperties(text) || /; Type: DEFAULT ACL;/.test(text)) return text.split('\n').sort().join('\n');
  const [, rows] = /^COPY [^]*? FROM stdin;\n([^]*?)^\\\.$/m.exec(text) ?? [];
  return rows === undefined
    ? text
    : text.replace(rows, () =>
        rows
          .split(/(?<=\n)/)
          .sort()
          .join(''),
      );
}

function isProperties(entry: string): boolean {
  return /; Type: DATABASE PROPERTIES;/.test(entry);
}

/**
 * What is in only one of them, as text; empty where there is nothing.
 * @param lossy what PostgreSQL's own programs make of the dump: their losses are not ours
 */
export function difference(
  dumped: readonly string[],
  restored: readonly string[],
  lossy: readonly string[] = dumped,
): string {
  const missing = without(without(dumped, restored), without(dumped, lossy));
  const extra = without(without(restored, dumped), lossy);
  return [
    ...missing.map((entry) => `dumped, and not restored:\n${entry}`),
    ...extra.map((entry) => `restored, and not dumped:\n${entry}`),
  ].join('\n\n');
}

function without(entries: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const entry of others) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return entries.filter((entry) => {
    const count = counts.get(entry) ?? 0;
    counts.set(entry, count - 1);
    return count <= 0;
  });
}
