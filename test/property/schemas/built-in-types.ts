import { literal } from '../../support/postgres/database-state';

export interface ColumnType {
  readonly sql: string;
  /** Expressions. */
  readonly values: readonly string[];
}

/** The built-in types with values at their edges. What a value of the reg types names is there before any rows are. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['t', 'f'],
  bytea: ['', '\\x00ff', '\\x5c5c2e', '\\x27220a0d'],
  '"char"': ['', 'x', '\\377', '\\\\'],
  name: ['', 'x', `"it's"`],
  smallint: ['-32768', '0', '32767'],
  integer: ['-2147483648', '0', '2147483647'],
  bigint: ['-9223372036854775808', '0', '9223372036854775807'],
  text: [
    '',
    ' ',
    '\\N',
    '\\.',
    '\\\\.',
    'NULL',
    'tab\tline\nreturn\r',
    '\b\f\v',
    '\u0001',
    'é e\u0301 日本 😀',
    '"',
    "'",
    '$$',
    ':x',
    '--',
    '\\x41',
    '{}',
    ',',
  ],
  'character varying(7)': ['', 'x  ', '日本語 abc'],
  'character(5)': ['', 'x', 'x    ', '日本'],
  character: ['x', ' '],
  oid: ['0', '1', '4294967295'],
  tid: ['(0,0)', '(4294967295,65535)'],
  xid: ['0', '4294967295'],
  xid8: ['0', '18446744073709551615'],
  cid: ['0', '4294967295'],
  int2vector: ['', '1 2 3', '-1'],
  oidvector: ['', '1 2 3'],
  json: ['null', '{"a": 1,  "a":2}', ' [1.0, 1e400, -0, "\\u00e9\\n"] ', '""', '{"\\u0000": 1}'],
  jsonb: ['null', '{"b": 1, "a": {"c": []}}', '[1.0, 1e400, -0, 1.10, 12345678901234567890.123]', '""', '"\\u00e9\\n"'],
  jsonpath: ['$', 'strict $."a"[*] ? (@ > 1.0)', '$.x ? (@ like_regex "^a" flag "i")'],
  xml: [
    '',
    '<a b="c">d</a>',
    'text <b/> &amp; more',
    '<?xml version="1.0" standalone="yes"?><x/>',
    '<!-- x --><![CDATA[<]]>',
  ],
  point: ['(0,0)', '(-0,1e300)', '(NaN,Infinity)', '(0.1,0.30000000000000004)'],
  line: ['{1,2,3}', '{0,-1,0.1}'],
  lseg: ['[(0,0),(1,1)]'],
  path: ['((0,0),(1,1))', '[(0,0),(1,1),(2,0)]'],
  box: ['(1,1),(0,0)'],
  polygon: ['((0,0),(1,1),(2,0))'],
  circle: ['<(0,0),1>', '<(1e-300,0),0>'],
  real: ['NaN', 'Infinity', '-Infinity', '-0', '1e-45', '3.4028235e38', '0.1'],
  'double precision': ['NaN', 'Infinity', '-Infinity', '-0', '5e-324', '1.7976931348623157e308', '0.30000000000000004'],
  numeric: [
    'NaN',
    'Infinity',
    '-Infinity',
    '0',
    '0.000',
    '-1.50',
    '1e500',
    '1e-500',
    '123456789012345678901234567890.123456789',
  ],
  'numeric(10,2)': ['NaN', '12345678.90', '-0.01'],
  'numeric(3,-2)': ['12300', 'NaN'],
  'numeric(3,5)': ['0.00123'],
  money: ['-92233720368547758.08', '0', '1234.56'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  inet: ['0.0.0.0/0', '192.168.1.5/24', '::1', '2001:db8::ff00:42:8329/64'],
  cidr: ['10.0.0.0/8', '::/0', '10.1.2.3/32'],
  bit: ['0', '1'],
  'bit(12)': ['101010101010'],
  'bit varying': ['', '1', '0101'],
  'bit varying(5)': ['', '10101'],
  date: ['4713-01-01 BC', '5874897-12-31', 'infinity', '-infinity', '0001-01-01', '2024-02-29'],
  time: ['00:00:00', '24:00:00', '23:59:59.999999'],
  'time(0)': ['12:34:56'],
  timetz: ['00:00:00+15:59:59', '24:00:00-15:59', '12:00:00.5+00'],
  timestamp: ['4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999', 'infinity', '-infinity', '2024-10-27 02:30:00'],
  'timestamp(3)': ['2024-01-01 00:00:00.123'],
  timestamptz: [
    '4713-01-01 00:00:00+00 BC',
    '294276-12-31 23:59:59.999999+00',
    'infinity',
    '-infinity',
    '2024-10-27 02:30:00+02',
    '1800-01-01 00:00:00+00',
  ],
  interval: ['0', '1 year -2 mons +3 days -04:05:06.789', '-178000000 years', '00:00:00.000001', '-1 days +23:59:59'],
  'interval year to month': ['1-2'],
  'interval second(2)': ['1.23'],
  uuid: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  pg_lsn: ['0/0', 'FFFFFFFF/FFFFFFFF'],
  tsvector: ['', `'a':1A,2B 'it''s':3 '\\\\':4`, `' ' b`],
  tsquery: ['', `'a' & !( 'b':*AB | 'c' <2> 'd' )`],
  txid_snapshot: ['10:20:10,14,15', '1:1:'],
  pg_snapshot: ['10:20:10,14,15', '1:1:'],
  refcursor: ['', '<unnamed portal 1>'],
  aclitem: ['=r/property_owner', 'property_owner=arwdDxt/property_owner', '"property grantor é"=r*/property_owner'],
  regclass: ['-', 'pg_catalog.pg_class', '4294967295'],
  regcollation: ['-', 'pg_catalog."C"', '"default"'],
  regconfig: ['-', 'pg_catalog.simple', 'english'],
  regdictionary: ['-', 'pg_catalog.simple'],
  regnamespace: ['-', 'pg_catalog', 'information_schema'],
  regoper: ['0', 'pg_catalog.||/'],
  regoperator: ['0', '+(integer,integer)', 'pg_catalog.-(none,integer)'],
  regproc: ['-', 'pg_catalog.boolin'],
  regprocedure: ['-', 'pg_catalog.abs(integer)', 'pg_catalog.now()'],
  regrole: ['-', 'property_owner', '"property grantor é"'],
  regtype: ['-', 'integer', 'pg_catalog."char"', 'timestamp with time zone', 'text[]'],
  int4range: ['empty', '(,)', '[1,1]', '[-2147483648,2147483647)'],
  int8range: ['empty', '[1,)'],
  numrange: ['empty', '[1.10,2.0]', '(-Infinity,NaN]', '(,0)'],
  tsrange: ['empty', '[2024-01-01,infinity)', '["4713-01-01 00:00:00 BC",)'],
  tstzrange: ['empty', '[2024-01-01 00:00+00,infinity]'],
  daterange: ['empty', '[2024-01-01,2024-01-01]', '(,-infinity)'],
  int4multirange: ['{}', '{[1,2),[5,)}'],
  int8multirange: ['{}', '{(,)}'],
  nummultirange: ['{}', '{[1.0,1.0],(2,3)}'],
  tsmultirange: ['{}'],
  tstzmultirange: ['{[2024-01-01 00:00+00,2024-01-02 00:00+00)}'],
  datemultirange: ['{[2024-01-01,2024-01-02)}', '{(,)}'],
};

/** Values that are longer than a page, one of which is compressed well. */
const LONG = [
  "repeat('lorem ipsum é ', 9000)",
  '(SELECT string_agg(md5(i::text), chr(10)) FROM generate_series(1, 700) AS i)',
];

export const builtInTypes: readonly ColumnType[] = Object.entries(VALUES).map(([sql, values]) => ({
  sql,
  values: [...values.map((value) => `${literal(value)}::${sql}`), ...(sql === 'text' ? LONG : [])],
}));

/** Types with an order, whose values are few bytes. */
const KEY_TYPES = ['bigint', 'numeric', 'date', 'uuid', 'timestamptz', 'inet'];

export const keyTypes = builtInTypes.filter(({ sql }) => KEY_TYPES.includes(sql));

/** An array over a type, of one or several dimensions, with odd lower bounds, with nulls, or empty. */
export function arrayOf({ sql, values }: ColumnType): ColumnType {
  const array = `${sql}[]`;
  const [first, last] = [values[0]!, values.at(-1)!];
  return {
    sql: array,
    values: [
      `'{}'::${array}`,
      `ARRAY[${[...values.slice(0, 3), 'NULL'].join(', ')}]::${array}`,
      `ARRAY[[${first}, NULL], [${last}, ${first}]]::${array}`,
      `array_fill(${first}, ARRAY[2, 1, 2], ARRAY[-3, 0, 7])`,
    ],
  };
}

/** Two types are arrays themselves, and have none. */
export const hasArrays = ({ sql }: ColumnType): boolean => !['int2vector', 'oidvector'].includes(sql);

/** The values that may be a default: no subquery is. */
export function constantsOf({ values }: ColumnType): string[] {
  return values.filter((value) => !value.includes('SELECT'));
}
