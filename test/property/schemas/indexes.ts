import type { Theme } from './draw';

const INDEXES = [
  '(a)',
  '(a DESC NULLS LAST, b)',
  'USING hash (b)',
  'USING gin (j jsonb_path_ops)',
  'USING gin (w)',
  'USING gist (p)',
  'USING spgist (b)',
  'USING gist (w tsvector_ops (siglen = 20))',
  'USING brin (a int4_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 2)',
  '(b COLLATE "C" text_pattern_ops)',
  '(lower(b), (a * 2)) WHERE a > 1 AND b IS NOT NULL',
  "((j ->> 'a'))",
  '(b) INCLUDE (a, p)',
  "USING gin (to_tsvector('simple', b))",
  "(b varchar_pattern_ops) WHERE b IN ('x', 'y')",
  'USING spgist (p) WITH (fillfactor = 50)',
  'USING brin (b, a)',
  'USING btree (a) WITH (deduplicate_items = off)',
  'USING gin (w) WITH (fastupdate = off, gin_pending_list_limit = 64)',
  '((NULL::text))',
];

export const indexes: Theme = {
  'indexes of all kinds': (draw) => {
    const [table, expression] = draw.names();
    const [x, y] = draw.columns();
    const chosen = draw.shuffled(INDEXES).slice(0, draw.int(2, 8));
    return `
      CREATE TABLE ${table} (a int, b text, j jsonb, w tsvector, p point, ${x} int, ${y} text);
      INSERT INTO ${table} SELECT i, 'x' || i, jsonb_build_object('a', i), to_tsvector('simple', 'x y' || i), point(i, i), i, i
        FROM generate_series(1, 30) AS i;
      ${chosen.map((index) => `CREATE INDEX ${draw.name()} ON ${table} ${index};`).join('\n')}
      CREATE ${draw.maybe('UNIQUE')} INDEX ${expression} ON ${table}
        ((${x} + 1), ${y} ${draw.pick(['', 'DESC', 'COLLATE "C" NULLS FIRST'])});
      ALTER INDEX ${expression} ALTER COLUMN 1 SET STATISTICS ${draw.int(0, 500)};
      ${draw.pick(['', `ALTER TABLE ${table} CLUSTER ON ${expression}; CLUSTER ${table};`])}`;
  },

  'an index that is the replica identity': (draw) => {
    const [table, index] = draw.names();
    return `
      CREATE TABLE ${table} (id int NOT NULL, t text NOT NULL);
      INSERT INTO ${table} VALUES (1, 'x');
      CREATE UNIQUE INDEX ${index} ON ${table} (id, t);
      ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${index};`;
  },

  'an index that was never completed': (draw) => {
    const [table, index] = draw.names();
    return `
      CREATE TABLE ${table} (id int);
      INSERT INTO ${table} VALUES (1), (1);
      \\set ON_ERROR_STOP 0
      CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${table} (id);
      \\set ON_ERROR_STOP 1
      DELETE FROM ${table} WHERE ctid IN (SELECT min(ctid) FROM ${table});`;
  },

  'indexes of extensions': (draw) => {
    const [table, trigrams] = draw.names();
    draw.extension('pg_trgm', 'bloom', 'btree_gin');
    return `
      CREATE TABLE ${table} (a int, b text);
      INSERT INTO ${table} SELECT i, md5(i::text) FROM generate_series(1, 50) AS i;
      CREATE INDEX ${trigrams} ON ${table} USING gist (b gist_trgm_ops (siglen = 32));
      CREATE INDEX ON ${table} USING bloom (a, b) WITH (length = 80, col1 = 2);
      CREATE INDEX ON ${table} USING gin (a, b gin_trgm_ops);
      ${draw.maybe(`ALTER INDEX ${trigrams} DEPENDS ON EXTENSION pg_trgm;`)}`;
  },

  'extended statistics': (draw) => {
    const [table, one, two, three] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (${a} int, ${b} text, c date);
      INSERT INTO ${table} SELECT i % 5, i % 3, '2024-01-01' FROM generate_series(1, 40) AS i;
      CREATE STATISTICS ${one} (${draw.pick(['ndistinct', 'dependencies, mcv', 'mcv'])}) ON ${a}, ${b} FROM ${table};
      CREATE STATISTICS ${two} ON (lower(${b})), (${a} * 2), c FROM ${table};
      CREATE STATISTICS ${three} ON (${a} + 1) FROM ${table};
      ALTER STATISTICS ${one} SET STATISTICS ${draw.pick([0, 50, 1000])};
      ${draw.maybe(`ANALYZE ${table};`)}`;
  },
};
