import { arrayOf, builtInTypes, constantsOf, hasArrays, type ColumnType } from './built-in-types';
import { take, type Draw, type Theme } from './draw';

export interface MadeType {
  /** The statements that make it. */
  readonly before: string;
  readonly type: ColumnType;
}

/** Types that a range may be over, with two values in order. */
const SUBTYPES = [
  ['text', "'A'::text", "'é'::text"],
  ['float8', "'-Infinity'::float8", "'NaN'::float8"],
  ['timetz', "'00:00+00'::timetz", "'01:00+00'::timetz"],
  ['inet', "'10.0.0.1'::inet", "'10.0.0.2'::inet"],
  ['int[]', "'{1}'::int[]", "'{1,2}'::int[]"],
] as const;

function enumType(draw: Draw): MadeType {
  const name = draw.name();
  const labels = Array.from({ length: draw.int(1, 4) }, (_, index) => draw.text().replace(/^'/, `'${index}`));
  const fitting = labels.filter((label) => Buffer.byteLength(label) < 64);
  const before = `
    CREATE TYPE ${name} AS ENUM (${[...fitting, "'old'"].join(', ')});
    ALTER TYPE ${name} ADD VALUE 'between' BEFORE 'old';
    ALTER TYPE ${name} ${draw.pick(["RENAME VALUE 'old' TO 'new'", "ADD VALUE 'new'"])};`;
  return {
    before,
    type: { sql: name, values: [...fitting, "'between'", "'new'"].map((label) => `${label}::${name}`) },
  };
}

function compositeType(draw: Draw, depth: number): MadeType {
  const name = draw.name();
  const parts = Array.from({ length: draw.int(0, 4) }, () => anyType(draw, depth + 1));
  const names = take(parts.length, draw.columns());
  const fields = parts.map(({ type }, index) => `${names[index]} ${type.sql}`);
  const row = (value: (type: ColumnType) => string): string =>
    `ROW(${parts.map(({ type }) => value(type)).join(', ')})::${name}`;
  const before = `
    ${parts.map((part) => part.before).join('\n')}
    CREATE TYPE ${name} AS (${[...fields, 'gone int'].join(', ')});
    ALTER TYPE ${name} DROP ATTRIBUTE gone;`;
  const values = [row(() => 'NULL'), row((type) => draw.pick(type.values)), row((type) => type.values[0]!)];
  return { before, type: { sql: name, values } };
}

function rangeType(draw: Draw): MadeType {
  const [name, multirange] = draw.names();
  const own = draw.chance(0.3) ? enumType(draw) : undefined;
  const [subtype, low, high] = own ? [own.type.sql, own.type.values[0]!, own.type.values.at(-1)!] : draw.pick(SUBTYPES);
  // The name that PostgreSQL makes of a long one may end within a character.
  const named = /[^ -~]/.test(name) || draw.chance(0.5);
  const options = [
    `SUBTYPE = ${subtype}`,
    ...(named ? [`MULTIRANGE_TYPE_NAME = ${multirange}`] : []),
    ...(subtype === 'text' ? draw.some(['COLLATION = "C"', 'SUBTYPE_OPCLASS = text_pattern_ops']) : []),
    ...(subtype === 'float8' ? draw.some(['SUBTYPE_DIFF = float8mi']) : []),
  ];
  const values = [
    `'empty'::${name}`,
    `${name}(${low}, ${high}, '[]')`,
    `${name}(NULL, ${high})`,
    `${name}(${low}, NULL)`,
  ];
  return {
    before: `${own?.before ?? ''} CREATE TYPE ${name} AS RANGE (${options.join(', ')});`,
    type: { sql: name, values },
  };
}

function domainType(draw: Draw, depth: number): MadeType {
  const [name, check, later] = draw.names();
  const { before, type } = anyType(draw, depth + 1);
  const parts = [
    ['text', 'character', 'name'].includes(type.sql) ? draw.maybe('COLLATE "C"') : '',
    draw.maybe(`DEFAULT ${draw.pick(constantsOf(type))}`),
    draw.maybe(`CONSTRAINT ${check} CHECK (VALUE IS NOT NULL OR VALUE IS NULL)`),
    draw.maybe('CHECK (pg_column_size(VALUE) > 0)'),
  ];
  const notValid = draw.maybe(`ALTER DOMAIN ${name} ADD CONSTRAINT ${later} CHECK (VALUE::text <> 'never') NOT VALID;`);
  const values = type.values.map((value) => `(${value})::${name}`);
  const made = `${before} CREATE DOMAIN ${name} AS ${type.sql} ${parts.join(' ')}; ${notValid}`;
  return { before: made, type: { sql: name, values } };
}

/** PostgreSQL stores no expression with a constant of regrole. */
const STORABLE = builtInTypes.filter(({ sql }) => sql !== 'regrole');

/** A type of any kind: built-in, an array, or made for it. The deeper in other types, the simpler. */
export function anyType(draw: Draw, depth = 0): MadeType {
  const chance = draw.next() + depth * 0.2;
  if (chance < 0.1) return enumType(draw);
  if (chance < 0.2) return rangeType(draw);
  if (chance < 0.3) return domainType(draw, depth);
  if (chance < 0.4) return compositeType(draw, depth);
  if (chance > 0.55) return { before: '', type: draw.pick(STORABLE) };
  const { before, type } = anyType(draw, depth + 1);
  return { before, type: hasArrays(type) && !type.sql.endsWith('[]') ? arrayOf(type) : type };
}

/** A table with a column for each type, and a row for each value. */
function tableOf(draw: Draw, columnTypes: readonly ColumnType[]): string {
  const table = draw.name();
  const names = take(columnTypes.length, draw.columns());
  const count = Math.max(...columnTypes.map(({ values }) => values.length));
  const rows = Array.from({ length: count }, (_, row) =>
    columnTypes.map(({ values }) => values[row] ?? 'NULL').join(', '),
  );
  return `
    CREATE TABLE ${table} (${columnTypes.map(({ sql }, index) => `${names[index]} ${sql}`).join(', ')});
    INSERT INTO ${table} VALUES (${rows.join('),\n(')});`;
}

export const types: Theme = {
  'every built-in type': (draw) => tableOf(draw, builtInTypes),

  'an array of every built-in type': (draw) => tableOf(draw, builtInTypes.filter(hasArrays).map(arrayOf)),

  'types made of types': (draw) => {
    const made = [enumType(draw), rangeType(draw), domainType(draw, 0), compositeType(draw, 0)];
    const arrays = made.map(({ type }) => arrayOf(type));
    return (
      `${made.map(({ before }) => before).join('\n')} ` +
      `${tableOf(draw, [...made.map(({ type }) => type), ...arrays])}`
    );
  },

  'a base type, with input and output of its own': (draw) => {
    const [name, shell, input, output, table] = draw.names();
    const options = draw.some([
      'LIKE = text',
      'COLLATABLE = true',
      "CATEGORY = 'x'",
      'PREFERRED = true',
      "DEFAULT = 'it''s'",
      "DELIMITER = ';'",
    ]);
    return `
      CREATE TYPE ${shell};
      CREATE TYPE ${name};
      CREATE FUNCTION ${input}(cstring) RETURNS ${name} LANGUAGE internal IMMUTABLE STRICT AS 'textin';
      CREATE FUNCTION ${output}(${name}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
      CREATE TYPE ${name} (${[`INPUT = ${input}`, `OUTPUT = ${output}`, ...options].join(', ')});
      CREATE TABLE ${table} (a ${name}, b ${name}[]);
      INSERT INTO ${table} VALUES ('it''s', NULL), (NULL, '{NULL,x}');`;
  },
};
