import { identifier, literal } from '../support/database-state';
import { Random } from '../support/retention-cases';
import { HOME, ROLES, TABLESPACES } from './schemas/draw';
import { oddText } from './schemas/names';

/** Names that a careless program takes for something else. */
const NAMES = ['shop', 'shop', 'TABLE DATA', `it's "x" $(id)`, 'dbname=postgres', '-f', 'Été\t%s', 'DATABASE'];

/** Settings that change what SQL means, how values are written, or how long a session may take. */
function settings(random: Random, major: number): string[] {
  return [
    ["search_path", `"TABLE DATA", ${literal('a, "b')}, "$user"`], ['search_path', "''"], ['default_transaction_read_only', 'on'], ['default_transaction_isolation', 'serializable'],
    ['default_transaction_deferrable', 'on'], ['statement_timeout', "'1s'"], ['lock_timeout', "'100ms'"], ['idle_in_transaction_session_timeout', "'100ms'"],
    ['idle_session_timeout', "'1s'"], ['role', literal('property_owner')], ['row_security', 'off'], ['client_encoding', 'LATIN1'], ['DateStyle', "'German, DMY'"],
    ['IntervalStyle', 'sql_standard'], ['TimeZone', "'Asia/Kathmandu'"], ['bytea_output', 'escape'], ['extra_float_digits', '-15'], ['xmlbinary', 'hex'],
    ['xmloption', 'document'], ['array_nulls', 'off'], ['transform_null_equals', 'on'], ['standard_conforming_strings', 'off'], ['quote_all_identifiers', 'on'],
    ['default_tablespace', literal(TABLESPACES[0]!.replaceAll('"', ''))], ['temp_tablespaces', `${TABLESPACES.join(', ')}`], ['temp_tablespaces', "''"],
    ['default_toast_compression', 'lz4'], ['check_function_bodies', 'off'], ['session_replication_role', 'replica'], ['lo_compat_privileges', 'on'],
    ['work_mem', "'64kB'"], ['maintenance_work_mem', "'1MB'"], ['log_statement', 'none'], ['"app.tenant"', literal(oddText(random))], ['backslash_quote', 'off'],
    ['constraint_exclusion', 'off'], ['enable_seqscan', 'off'], ['local_preload_libraries', "''"], ['default_text_search_config', "'pg_catalog.simple'"], ['jit', 'off'],
    ['escape_string_warning', 'off'], ['gin_fuzzy_search_limit', '1'], ['max_parallel_workers_per_gather', '0'], ['allow_system_table_mods', 'on'],
    ...(major >= 17 ? [['transaction_timeout', "'1s'"], ['event_triggers', 'off']] : []),
  ].map(([name, value]) => `${name} TO ${value}`);
}

const LOCALES = (major: number): string[] => [
  '', '', "TEMPLATE template0 LOCALE 'C'", "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk'",
  ...(major >= 16 ? ["TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'und' ICU_RULES '&a < g'"] : []),
  ...(major >= 17 ? ["TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"] : []),
];

/** What is of the database itself, beside its schemas. */
export interface Properties {
  readonly name: string;
  /** Makes the empty database. */
  readonly create: string;
  /** What is set when its schemas are made, each statement by itself. */
  readonly settings: readonly string[];
  /** What the fresh server has already: the role postgres beside its own first superuser, and the tablespaces. */
  readonly freshHas: { readonly postgres: boolean; readonly tablespaces: boolean };
}

/** The same seed, the same database. */
export function randomProperties(seed: string, major: number): Properties {
  const random = new Random(seed);
  const name = random.pick(NAMES.filter((x) => !process.env.SKIP || !new RegExp(process.env.SKIP).test(x)));
  const quoted = identifier(name);
  const role = (): string => random.pick(ROLES);
  const options = [random.pick(LOCALES(major)), ...(random.chance(0.5) ? [`OWNER ${role()}`] : []), ...(random.chance(0.2) ? [`TABLESPACE ${HOME}`] : [])];
  const freshHas = { postgres: random.chance(0.5), tablespaces: random.chance(0.5) };
  const statements = [
    ...settings(random, major).map((setting) => `ALTER DATABASE ${quoted} SET ${setting};`),
    ...settings(random, major).slice(0, 20).map((setting) => `ALTER ROLE ${random.pick([...ROLES, 'postgres'])} IN DATABASE ${quoted} SET ${setting};`),
    `ALTER DATABASE ${quoted} CONNECTION LIMIT ${random.pick([0, 1, 90])};`,
    `ALTER DATABASE ${quoted} IS_TEMPLATE true;`,
    `COMMENT ON DATABASE ${quoted} IS ${literal(oddText(random))};`,
    `REVOKE ALL ON DATABASE ${quoted} FROM PUBLIC;`,
    `GRANT CONNECT, TEMPORARY ON DATABASE ${quoted} TO ${role()} WITH GRANT OPTION;`,
    `GRANT CREATE ON DATABASE ${quoted} TO PUBLIC;`,
  ];
  return { name, create: `CREATE DATABASE ${quoted} ${options.join(' ')};`, settings: random.shuffled(statements).slice(0, random.int(0, 8)).filter((x) => !process.env.SKIP || !new RegExp(process.env.SKIP).test(x)), freshHas };
}
