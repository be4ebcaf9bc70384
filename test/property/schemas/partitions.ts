import type { Draw, Theme } from './draw';
import { anyColumns, definition, type Column } from './tables';

interface Key {
  /** What follows PARTITION BY. */
  readonly by: string;
  readonly bounds: readonly string[];
}

/** Ways to partition by a number, a word and a day. */
const KEYS: Readonly<Record<string, Key>> = {
  range: { by: 'RANGE (a)', bounds: ['FROM (MINVALUE) TO (0)', 'FROM (0) TO (10)', 'FROM (10) TO (MAXVALUE)'] },
  expression: {
    by: 'RANGE ((a % 10), lower(b) COLLATE "C")',
    bounds: ["FROM (MINVALUE, MINVALUE) TO (5, 'm')", "FROM (5, 'm') TO (MAXVALUE, MAXVALUE)"],
  },
  list: { by: 'LIST (b)', bounds: ["IN ('x', 'it''s')", "IN (NULL, '')", "IN ('; TABLE DATA', E'\\\\\\n')"] },
  hash: {
    by: 'HASH (a, c)',
    bounds: ['WITH (MODULUS 2, REMAINDER 0)', 'WITH (MODULUS 4, REMAINDER 1)', 'WITH (MODULUS 4, REMAINDER 3)'],
  },
  days: {
    by: 'RANGE (c)',
    bounds: [
      "FROM ('-infinity') TO ('2024-01-01')",
      "FROM ('2024-01-01') TO ('infinity')",
      "FROM ('infinity') TO (MAXVALUE)",
    ],
  },
};

const ROWS = [
  "1, 'x', '2023-01-01', 'p'",
  "-5, 'it''s', '2024-06-01', NULL",
  "12, NULL, 'infinity', ''",
  "99, E'\\\\\\n', '-infinity', '\\N'",
  "0, '', '2024-01-01', repeat('long ', 3000)",
  "7, '; TABLE DATA', '2020-02-29', '{}'",
  "10, 'other', '2024-12-31', 'q'",
];

/** Partitions of a table, each perhaps with partitions of its own; together they take all rows. */
function partitionsOf(draw: Draw, parent: string, way: string, more: Column, depth: number): string {
  const { bounds } = KEYS[way]!;
  const values = (bound: string): string => `FOR VALUES ${bound}`;
  const parts = way === 'hash' ? bounds.map(values) : [...draw.some(bounds).map(values), 'DEFAULT'];
  return parts.map((part) => partition(draw, parent, part, more, depth)).join('\n');
}

function partition(draw: Draw, parent: string, bound: string, more: Column, depth: number): string {
  const name = draw.name();
  const way = depth > 0 && draw.chance(0.4) ? draw.pick(Object.keys(KEYS)) : undefined;
  const by = way ? `PARTITION BY ${KEYS[way]!.by}` : '';
  const below = way ? partitionsOf(draw, name, way, more, depth - 1) : '';
  const kind = way ? '' : draw.maybe('UNLOGGED', 0.1);
  const setting = draw.pick([`SET DEFAULT ${draw.text()}`, 'DROP DEFAULT', 'SET STATISTICS 7']);
  const later = draw.maybe(`ALTER TABLE ${name} ALTER COLUMN d ${setting};`, 0.3);
  if (draw.chance(0.5)) {
    const own = draw.maybe("(d DEFAULT 'its own')", 0.2);
    return `CREATE ${kind} TABLE ${name} PARTITION OF ${parent} ${own} ${bound} ${by}; ${below} ${later}`;
  }
  return `
    CREATE ${kind} TABLE ${name} (d text, ${definition(more)}, gone int, c date, b text, a int) ${by};
    ALTER TABLE ${name} DROP COLUMN gone;
    ${below}
    ALTER TABLE ${parent} ATTACH PARTITION ${name} ${bound}; ${later}`;
}

function partitioned(draw: Draw): string {
  const table = draw.name();
  const way = draw.pick(Object.keys(KEYS));
  const {
    before,
    columns: [more],
  } = anyColumns(draw, 1) as { before: string; columns: [Column] };
  const { name, type } = more;
  return `
    ${before}
    CREATE TABLE ${table} (a int, b text, gone int, c date, d text DEFAULT 'of all', ${definition(more)})
      PARTITION BY ${KEYS[way]!.by};
    ALTER TABLE ${table} DROP COLUMN gone;
    ${partitionsOf(draw, table, way, more, draw.int(1, 3))}
    INSERT INTO ${table} (a, b, c, d, ${name}) VALUES
    ${ROWS.map((row) => `(${row}, ${draw.pick(['NULL', ...type.values])})`).join(',\n')};
    ${draw.statements(
      `CREATE INDEX ON ${table} (a, lower(b));`,
      `ALTER TABLE ${table} ADD CHECK (a < 1000) NOT VALID;`,
      `CREATE POLICY ${draw.name()} ON ${table} USING (a > 0); ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;`,
      `CREATE RULE ${draw.name()} AS ON INSERT TO ${table} WHERE NEW.a < -1000 DO INSTEAD NOTHING;`,
    )}`;
}

export const partitions: Theme = {
  'partitions of several levels': partitioned,

  'indexes of partitions, attached one by one': (draw) => {
    const [table, low, high, deep, index, lowIndex, highIndex, deepIndex] = draw.names();
    const key = draw.pick([
      '(b)',
      '(b DESC NULLS LAST)',
      '(b text_pattern_ops)',
      '(b COLLATE "C") WHERE a <> 3',
      '(lower(b), a)',
      '(a) INCLUDE (b)',
    ]);
    return `
      CREATE TABLE ${table} (a int, b text) PARTITION BY RANGE (a);
      CREATE TABLE ${low} PARTITION OF ${table} FOR VALUES FROM (MINVALUE) TO (0);
      CREATE TABLE ${high} PARTITION OF ${table} FOR VALUES FROM (0) TO (MAXVALUE) PARTITION BY LIST (b);
      CREATE TABLE ${deep} PARTITION OF ${high} DEFAULT;
      INSERT INTO ${table} SELECT i, i::text FROM generate_series(-9, 9) AS i;
      CREATE INDEX ${index} ON ONLY ${table} ${key};
      CREATE INDEX ${lowIndex} ON ${low} ${key};
      CREATE INDEX ${highIndex} ON ONLY ${high} ${key};
      CREATE INDEX ${deepIndex} ON ${deep} ${key};
      ${draw.statements(
        `ALTER INDEX ${index} ATTACH PARTITION ${lowIndex};`,
        `ALTER INDEX ${highIndex} ATTACH PARTITION ${deepIndex};`,
        `ALTER INDEX ${index} ATTACH PARTITION ${highIndex};`,
      )}
      CREATE INDEX ON ${table} (a, b);
      ${draw.maybe(`ALTER TABLE ${low} CLUSTER ON ${lowIndex};`, key.includes('WHERE') ? 0 : 0.3)}`;
  },

  'keys from, to and of a partitioned table': (draw) => {
    const [table, first, rest, deep, plain, other, key] = draw.names();
    const actions = draw.some(['ON DELETE CASCADE', 'ON UPDATE SET NULL', 'DEFERRABLE INITIALLY DEFERRED']).join(' ');
    return `
      CREATE TABLE ${plain} (id int PRIMARY KEY);
      INSERT INTO ${plain} SELECT generate_series(1, 9);
      CREATE TABLE ${table} (a int, b int, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
      CREATE TABLE ${first} PARTITION OF ${table} FOR VALUES IN (1, 2);
      CREATE TABLE ${rest} (b int NOT NULL, a int NOT NULL) PARTITION BY HASH (b);
      CREATE TABLE ${deep} PARTITION OF ${rest} FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      ALTER TABLE ${table} ATTACH PARTITION ${rest} DEFAULT;
      ALTER TABLE ${table} ADD CONSTRAINT ${key} FOREIGN KEY (b) REFERENCES ${plain} ${actions};
      INSERT INTO ${table} SELECT i, i FROM generate_series(1, 5) AS i;
      CREATE TABLE ${other} (x int, y int,
        FOREIGN KEY (x, y) REFERENCES ${table} ${draw.pick(['', 'MATCH FULL', 'ON DELETE SET NULL'])});
      INSERT INTO ${other} VALUES (1, 1), (NULL, NULL);
      ${draw.statements(
        `ALTER TABLE ${table} ADD FOREIGN KEY (a, b) REFERENCES ${table};`,
        `ALTER TABLE ${first} REPLICA IDENTITY NOTHING;`,
        `ALTER TABLE ${first} ADD FOREIGN KEY (a) REFERENCES ${plain} NOT VALID;`,
        `ALTER TABLE ${table} REPLICA IDENTITY FULL;`,
      )}`;
  },

  'triggers, checks, statistics and identity of a partitioned table': (draw) => {
    const [table, part, attached, act, row, statement, check, statistics] = draw.names();
    const identity = draw.major >= 17 ? 'id int GENERATED ALWAYS AS IDENTITY (START -7 INCREMENT -2), ' : '';
    return `
      CREATE FUNCTION ${act}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := NEW.b || TG_NAME; RETURN NEW; END';
      CREATE TABLE ${table} (${identity}a int, b text, g int GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY RANGE (a);
      CREATE TABLE ${part} PARTITION OF ${table} FOR VALUES FROM (0) TO (10);
      CREATE TRIGGER ${row} BEFORE INSERT OR UPDATE OF b ON ${table}
        FOR EACH ROW ${draw.maybe('WHEN (NEW.a > 2)')} EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${statement} AFTER DELETE ON ${part} REFERENCING OLD TABLE AS old
        FOR EACH STATEMENT EXECUTE FUNCTION ${act}();
      ${draw.maybe(`ALTER TABLE ${part} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} TRIGGER ${row};`)}
      ${draw.maybe(`ALTER TABLE ${table} DISABLE TRIGGER ${row};`, 0.2)}
      INSERT INTO ${table} (a, b) SELECT i, 'x' FROM generate_series(0, 9) AS i;
      ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (a < 100) NOT VALID;
      ${draw.maybe(`ALTER TABLE ${part} VALIDATE CONSTRAINT ${check};`)}
      CREATE TABLE ${attached} (a int, b text, CONSTRAINT ${check} CHECK (a < 100), g int GENERATED ALWAYS AS (a * 2) STORED);
      ${identity === '' ? '' : `ALTER TABLE ${attached} ADD COLUMN id int NOT NULL;`}
      ALTER TABLE ${table} ATTACH PARTITION ${attached} FOR VALUES FROM (10) TO (20);
      CREATE STATISTICS ${statistics} (dependencies, ndistinct) ON a, b FROM ${table};`;
  },

  'a partition that was detached, and a parent without any': (draw) => {
    const [table, part, empty] = draw.names();
    return `
      CREATE TABLE ${table} (a int DEFAULT 3, b text, PRIMARY KEY (a)) PARTITION BY RANGE (a);
      CREATE TABLE ${part} PARTITION OF ${table} FOR VALUES FROM (0) TO (9);
      INSERT INTO ${table} VALUES (1, 'x');
      ALTER TABLE ${table} DETACH PARTITION ${part};
      CREATE TABLE ${empty} (a int NOT NULL, b text) PARTITION BY ${draw.pick(['RANGE (a)', 'LIST ((a % 2))', 'HASH (a, b)'])};
      CREATE INDEX ON ${empty} (b);`;
  },
};
