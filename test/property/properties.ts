import { identifier, literal } from '../support/postgres/database-state';
import { Random } from '../support/retention/retention-cases';
import { HOME, ROLES, TABLESPACES } from './schemas/draw';
import { oddText } from './schemas/names';

/** What is of a database itself, beside its schemas. */
export interface Properties {
  readonly name: string;
  /** Makes the empty database. */
  readonly create: string;
  /** Statements in the database itself when its schemas are made. */
  readonly settings: readonly string[];
  /**
   * What the fresh server has already, beside a first superuser of another name: the role postgres, and the
   * tablespaces.
   */
  readonly freshHas: { readonly postgres: boolean; readonly tablespaces: boolean };
}

/** Names that a careless program takes for something else. */
const NAMES = ['shop', 'shop', 'TABLE DATA', `it's "x" $(id)`, 'dbname=postgres', '-f', 'Été\t%s', 'DATABASE'];

/** Settings that change what SQL means, how values are written, or how long a session may take. */
function sessionSettings(random: Random, major: number): string[] {
  return [
    `search_path TO "TABLE DATA", ${literal('a, "b')}, "$user"`,
    "search_path TO ''",
    'default_transaction_read_only TO on',
    'default_transaction_isolation TO serializable',
    'default_transaction_deferrable TO on',
    "statement_timeout TO '1s'",
    "lock_timeout TO '100ms'",
    "idle_in_transaction_session_timeout TO '100ms'",
    "idle_session_timeout TO '1s'",
    "role TO 'property_owner'",
    'row_security TO off',
    'client_encoding TO LATIN1',
    "DateStyle TO 'German, DMY'",
    'IntervalStyle TO sql_standard',
    "TimeZone TO 'Asia/Kathmandu'",
    'bytea_output TO escape',
    'extra_float_digits TO -15',
    'xmlbinary TO hex',
    'xmloption TO document',
    'array_nulls TO off',
    'transform_null_equals TO on',
    'standard_conforming_strings TO off',
    'quote_all_identifiers TO on',
    "default_tablespace TO 'property_space'",
    `temp_tablespaces TO ${TABLESPACES.join(', ')}`,
    "temp_tablespaces TO ''",
    'default_toast_compression TO lz4',
    'check_function_bodies TO off',
    'session_replication_role TO replica',
    'lo_compat_privileges TO on',
    "work_mem TO '64kB'",
    "maintenance_work_mem TO '1MB'",
    'log_statement TO none',
    `"app.tenant" TO ${literal(oddText(random))}`,
    'backslash_quote TO off',
    'constraint_exclusion TO off',
    'enable_seqscan TO off',
    "default_text_search_config TO 'pg_catalog.simple'",
    'jit TO off',
    'escape_string_warning TO off',
    'gin_fuzzy_search_limit TO 1',
    'max_parallel_workers_per_gather TO 0',
    'allow_system_table_mods TO on',
    ...(major >= 17 ? ["transaction_timeout TO '1s'", 'event_triggers TO off'] : []),
  ];
}

function locales(major: number): string[] {
  return [
    '',
    '',
    "TEMPLATE template0 LOCALE 'C'",
    "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' LOCALE 'C.UTF-8'",
    ...(major >= 16 ? ["TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'und' ICU_RULES '&a < g'"] : []),
    ...(major >= 17 ? ["TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"] : []),
  ];
}

/** The same seed, the same database. */
export function randomProperties(seed: string, major: number): Properties {
  const random = new Random(seed);
  const role = (): string => random.pick(ROLES);
  const name = random.pick(NAMES);
  const database = `DATABASE ${identifier(name)}`;
  const maybe = (text: string, probability: number): string => (random.chance(probability) ? text : '');
  const options = [random.pick(locales(major)), maybe(`OWNER ${role()}`, 0.5), maybe(`TABLESPACE ${HOME}`, 0.2)];
  const roles = [...ROLES, 'postgres'];
  const statements = [
    ...sessionSettings(random, major).map((setting) => `ALTER ${database} SET ${setting};`),
    ...sessionSettings(random, major).map(
      (setting) => `ALTER ROLE ${random.pick(roles)} IN ${database} SET ${setting};`,
    ),
    `ALTER ${database} CONNECTION LIMIT ${random.pick([0, 1, 90])};`,
    `ALTER ${database} IS_TEMPLATE true;`,
    `COMMENT ON ${database} IS ${literal(oddText(random))};`,
    `REVOKE ALL ON ${database} FROM PUBLIC;`,
    `GRANT CONNECT, TEMPORARY ON ${database} TO ${role()} WITH GRANT OPTION;`,
    `GRANT CREATE ON ${database} TO PUBLIC;`,
    'DROP SCHEMA public;',
    `ALTER SCHEMA public OWNER TO ${role()};`,
    `COMMENT ON SCHEMA public IS ${literal(oddText(random))};`,
    'GRANT CREATE ON SCHEMA public TO PUBLIC;',
    'REVOKE ALL ON SCHEMA public FROM PUBLIC, pg_database_owner;',
  ];
  const settings = random.shuffled(statements).slice(0, random.int(0, 10));
  return {
    name,
    create: `CREATE ${database} ${options.join(' ')};`,
    // What is no more cannot be changed.
    settings: settings.includes('DROP SCHEMA public;')
      ? settings.filter((text) => !/ public (?!;)/.test(text))
      : settings,
    freshHas: { postgres: random.chance(0.5), tablespaces: random.chance(0.5) },
  };
}
