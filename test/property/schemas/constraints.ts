import { keyTypes } from './built-in-types';
import type { Theme } from './draw';

const ACTIONS = [
  '',
  'MATCH FULL',
  'ON DELETE CASCADE ON UPDATE SET DEFAULT',
  'ON DELETE SET NULL',
  'DEFERRABLE',
  'DEFERRABLE INITIALLY DEFERRED',
  'ON UPDATE RESTRICT',
];

/** Most of them are written otherwise when they are read again. */
const CHECKS = [
  "v IN ('a', 'b', 'c')",
  "c = ANY ('{x,y}')",
  'NOT (a IS DISTINCT FROM 3)',
  'a BETWEEN SYMMETRIC 9 AND 1',
  "v LIKE 'a%' ESCAPE '!'",
  "v SIMILAR TO '[ab]+'",
  'a IS NOT NULL IS TRUE',
  "(a, v) > (0, '')",
  "COALESCE(v, 'x') || c <> ''",
  "CASE a WHEN 1 THEN v = 'a' ELSE true END",
  "d + interval '1 day' > '2000-01-01'",
  'EXTRACT(year FROM d) > 1999',
  'n::numeric(5,2) > -1',
  "v::name <> 'x'",
  'NULL',
  'c COLLATE "C" < \'z\'',
  "j @? '$.a' IS NOT FALSE",
  'a = ANY (ARRAY[1, 2, 3]::bigint[])',
  "OVERLAY(v PLACING 'x' FROM 1) <> ''",
  "SUBSTRING(v FROM 1 FOR 2) <> ''",
  "TRIM(BOTH 'x' FROM v) <> 'q'",
  "POSITION('q' IN v) = 0",
  "d AT TIME ZONE 'UTC' IS NOT NULL",
  'a::text ~ $$^\\d*$$',
  'GREATEST(a, 0) >= LEAST(a, 0)',
  'NULLIF(a, 0) IS NULL OR true',
  'ROW(a, v) IS NOT NULL OR true',
  "d - '1 day'::interval < 'infinity'",
  'XMLSERIALIZE(CONTENT xmlelement(name "a", v) AS text) <> \'\'',
];

export const constraints: Theme = {
  'constraints that are not valid, and rows that break them': (draw) => {
    const [table, other, domain, check, key, reference, domainCheck] = draw.names();
    return `
      CREATE DOMAIN ${domain} AS text ${draw.maybe('COLLATE "C"')};
      CREATE TABLE ${other} (id int PRIMARY KEY);
      CREATE TABLE ${table} (a int, b text, d ${domain}, CONSTRAINT ${key} PRIMARY KEY (a));
      INSERT INTO ${table} VALUES (1, 'bad', 'bad'), (2, 'good', 'good');
      ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (b <> 'bad') ${draw.maybe('NO INHERIT')} NOT VALID;
      ALTER TABLE ${table} ADD CONSTRAINT ${reference} FOREIGN KEY (a) REFERENCES ${other} ${draw.pick(ACTIONS)} NOT VALID;
      ${draw.maybe(`ALTER DOMAIN ${domain} ADD CONSTRAINT ${domainCheck} CHECK (VALUE <> 'worse');
        ALTER DOMAIN ${domain} SET NOT NULL;`)}
      ALTER DOMAIN ${domain} ADD CHECK (VALUE <> 'worst') NOT VALID;
      ${draw.maybe(`DELETE FROM ${table} WHERE a = 1; ALTER TABLE ${table} VALIDATE CONSTRAINT ${check};`)}`;
  },

  'a domain with a constraint that its own rows break': (draw) => {
    const [table, domain, check] = draw.names();
    return `
      CREATE DOMAIN ${domain} AS int DEFAULT 7;
      CREATE TABLE ${table} (a ${domain}, b ${domain}[]);
      INSERT INTO ${table} VALUES (-1, '{-1,NULL}'), (DEFAULT, NULL);
      ALTER DOMAIN ${domain} ADD CONSTRAINT ${check} CHECK (VALUE > 0) NOT VALID;`;
  },

  'foreign keys of all kinds': (draw) => {
    const [one, two, unique, key] = draw.names();
    return `
      CREATE TABLE ${one} (id int PRIMARY KEY, a bigint, b text, parent int REFERENCES ${one} ${draw.pick(ACTIONS)});
      CREATE TABLE ${two} (x bigint, y text, z int REFERENCES ${one} ${draw.pick(ACTIONS)}, CONSTRAINT ${unique} UNIQUE (x, y));
      INSERT INTO ${one} VALUES (1, 5, 'y', 2), (2, NULL, NULL, 1);
      INSERT INTO ${two} VALUES (5, 'y', 1), (NULL, 'n', 2);
      ${draw.maybe(`ALTER TABLE ${one} ADD FOREIGN KEY (a, b) REFERENCES ${two} (x, y) ON DELETE SET NULL (b);`)}
      ALTER TABLE ${one} ADD CONSTRAINT ${key} FOREIGN KEY (a, b) REFERENCES ${two} (x, y) ${draw.pick(ACTIONS)};
      ${draw.maybe(`ALTER TABLE ${two} DISABLE TRIGGER ALL;`, 0.2)}`;
  },

  'unique and primary keys of all kinds': (draw) => {
    const [table, made, key] = draw.names();
    const [one, two] = [draw.pick(keyTypes), draw.pick(keyTypes)];
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (id int, ${a} ${one.sql}, ${b} ${two.sql}, r int);
      INSERT INTO ${table} VALUES (1, ${one.values[0]}, NULL, 1), (2, NULL, ${two.values[0]}, 2);
      CREATE UNIQUE INDEX ${made} ON ${table} (id) ${draw.maybe(`INCLUDE (${b})`)};
      ALTER TABLE ${table} ADD CONSTRAINT ${key} ${draw.pick(['PRIMARY KEY', 'UNIQUE'])}
        USING INDEX ${made} ${draw.maybe('DEFERRABLE')};
      ALTER TABLE ${table} ADD UNIQUE ${draw.pick(['', 'NULLS NOT DISTINCT', 'NULLS DISTINCT'])} (${a}, ${b})
        ${draw.pick(['', 'DEFERRABLE INITIALLY DEFERRED', 'INCLUDE (r)'])};
      ALTER TABLE ${table} ADD UNIQUE (r) WITH (fillfactor = 50);
      ${draw.pick(['', `ALTER TABLE ${table} REPLICA IDENTITY FULL;`, `ALTER TABLE ${table} CLUSTER ON ${key};`])}
      ${draw.maybe(`ALTER TABLE ${table} RENAME CONSTRAINT ${key} TO ${draw.name()};`)}`;
  },

  'exclusion constraints': (draw) => {
    const [table, first, second, third] = draw.names();
    const [a, b] = draw.columns();
    draw.extension('btree_gist');
    const when = draw.pick(['', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED', `WHERE (${a} > 0)`]);
    return `
      CREATE TABLE ${table} (${a} int, ${b} tsrange, c circle,
        CONSTRAINT ${first} EXCLUDE USING gist (${a} WITH =, ${b} WITH &&) ${when},
        CONSTRAINT ${second} EXCLUDE USING ${draw.pick(['hash', 'btree', 'gist'])} ((${a} * 2) WITH =) WHERE (${a} < 0),
        CONSTRAINT ${third} EXCLUDE USING gist (c WITH &&, ${b} range_ops WITH -|-) ${draw.maybe(`INCLUDE (${a})`)}
          ${draw.maybe('WITH (fillfactor = 90)')});
      INSERT INTO ${table} VALUES (1, '[2024-01-01,2024-01-02)', '<(0,0),1>'), (2, 'empty', '<(9,9),1>'), (NULL, '(,)', NULL);`;
  },

  'checks of all kinds': (draw) => {
    const table = draw.name();
    const newer = draw.major >= 16 ? ['JSON_ARRAY(a, v) IS JSON'] : [];
    const checks = [...CHECKS, ...newer, `${table} IS DISTINCT FROM NULL`, `pg_column_size(${table}.*) > 0`];
    const chosen = draw
      .shuffled(checks)
      .slice(0, draw.int(3, 9))
      .map((check) => `CONSTRAINT ${draw.name()} CHECK (${check})`);
    return `
      CREATE TABLE ${table} (a int, v varchar(3), c char(2), d timestamp, n numeric, j jsonb, ${chosen.join(',\n')});
      INSERT INTO ${table} VALUES (3, 'a', 'x', '2024-01-01', 1, '{"a": 1}');`;
  },
};
