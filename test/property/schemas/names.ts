import type { Random } from '../../support/retention/retention-cases';

/** What breaks careless quoting in SQL, psql, a shell, awk, a path or a line-based list. */
const TRAPS = [
  '"',
  '""',
  "'",
  "''",
  '\\',
  '\\\\',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '  ',
  '%',
  '%I %L %s',
  '$$',
  '$body$',
  ':name',
  ":'name'",
  ':"name"',
  ';',
  '; DROP',
  '--',
  '/*',
  '*/',
  '.',
  '\\.',
  '\\restrict',
  '\\connect x',
  '=',
  '{',
  '}',
  '{,}',
  '(',
  ')',
  '[1]',
  ',',
  '|',
  '||',
  '&',
  '#',
  '!',
  '~',
  '^',
  '@',
  '<',
  '>',
  '*',
  '?',
  '`id`',
  '$(id)',
  '${HOME}',
  '$1',
  'dbname=x',
  'postgresql://x/y',
  'NULL',
  '\u00a0',
  '\u200b',
  'é',
  'e\u0301',
  'ß',
  'İ',
  '日本',
  '😀',
  'مرحبا',
];

/** What stands in pg_restore's list, in the places where a reader of the list looks. */
const KEYWORDS = [
  'TABLE',
  'TABLE DATA',
  'TABLE ATTACH',
  'INDEX',
  'INDEX ATTACH',
  'CONSTRAINT',
  'FK CONSTRAINT',
  'CHECK CONSTRAINT',
  'ACL',
  'ACL LANGUAGE',
  'COMMENT',
  'DATABASE',
  'DATABASE PROPERTIES',
  'DEFAULT',
  'DEFAULT ACL',
  'SEQUENCE',
  'SEQUENCE OWNED BY',
  'SEQUENCE SET',
  'BLOB',
  'BLOB METADATA',
  'BLOBS',
  'LARGE OBJECT',
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'VIEW',
  'MATERIALIZED VIEW',
  'MATERIALIZED VIEW DATA',
  'ROW SECURITY',
  'POLICY',
  'RULE',
  'TRIGGER',
  'EVENT TRIGGER',
  'PUBLICATION',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  'STATISTICS',
  'STATISTICS DATA',
  'USER MAPPING',
  'SERVER',
  'FOREIGN TABLE',
  'FOREIGN DATA WRAPPER',
  'EXTENSION',
  'SCHEMA',
  'TYPE',
  'SHELL TYPE',
  'DOMAIN',
  'FUNCTION',
  'PROCEDURE',
  'AGGREGATE',
  'OPERATOR',
  'OPERATOR CLASS',
  'CAST',
  'COLLATION',
  'CONVERSION',
  'TEXT SEARCH CONFIGURATION',
  'SECURITY LABEL',
  'TRANSFORM',
  'PROCEDURAL LANGUAGE',
  'public',
  'pg_catalog',
  '1; 1259 16384 TABLE public x postgres',
  '2; 2606 16385 CONSTRAINT public x y postgres',
  '; 0 0 TABLE DATA',
];

const RESERVED = [
  'select',
  'table',
  'user',
  'order',
  'group',
  'null',
  'true',
  'all',
  'default',
  'current_user',
  'session_user',
  'constraint',
  'check',
  'primary',
  'unique',
  'references',
  'column',
  'from',
  'where',
  'only',
  'analyze',
  'verbose',
  'freeze',
  'values',
  'value',
  'row',
  'array',
  'interval',
  'character',
  'none',
  'Upper',
];

const LONGEST = 63; // bytes

/** Text with something in it that has broken a program before. */
export function oddText(random: Random): string {
  const parts = Array.from({ length: random.int(1, 4) }, () =>
    random.pick([random.pick(TRAPS), random.pick(KEYWORDS), 'text']),
  );
  return parts.join(random.pick(['', ' ']));
}

/** A name that holds an id, and often a trap. */
export function oddName(random: Random, id: string): string {
  const words = random.pick([[''], [''], ['_Upper'], TRAPS, TRAPS, KEYWORDS, KEYWORDS, RESERVED, undefined]);
  if (words === undefined) return cut(`${id}_${random.pick(['x', 'ü', '日', '"', ' x']).repeat(LONGEST)}`);
  const between = random.pick(['', ' ', '_']);
  return cut(random.chance(0.5) ? `${random.pick(words)}${between}${id}` : `${id}${between}${random.pick(words)}`);
}

/** A name that need not differ from others than its neighbours: it may be a trap and nothing else. */
export function neighbourName(random: Random, id: string): string {
  return random.chance(0.4) ? random.pick([...KEYWORDS, ...RESERVED, ...TRAPS]) : oddName(random, id);
}

/** PostgreSQL would cut it too, and then it might be another's. */
function cut(name: string): string {
  let text = name;
  while (Buffer.byteLength(text) > LONGEST) text = [...text].slice(0, -1).join('');
  return text;
}
