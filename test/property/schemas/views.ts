import type { Theme } from './draw';

export const views: Theme = {
  'views on views': (draw) => {
    const [table, one, two, three, recursive] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (${a} int PRIMARY KEY, ${b} text, c timestamptz);
      INSERT INTO ${table} VALUES (1, 'x', 'infinity'), (2, NULL, NULL);
      CREATE VIEW ${one} ${draw.options('WITH', ['security_barrier = true', 'security_invoker = on'])} AS
        SELECT *, ${a} + 1 AS "?column?" FROM ${table} WHERE ${a} > 0
          ${draw.pick(['', 'WITH LOCAL CHECK OPTION', 'WITH CASCADED CHECK OPTION'])};
      CREATE VIEW ${two} (${b}, ${a}) AS
        SELECT ${b}, count(*) FILTER (WHERE ${a} > 1)
          OVER (PARTITION BY ${b} ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)
          FROM ${one}
        UNION ALL (SELECT DISTINCT ON (${b}) ${b}, ${a} FROM ${one} ORDER BY ${b}, ${a} DESC NULLS LAST LIMIT 3);
      CREATE VIEW ${three} AS WITH x AS MATERIALIZED (SELECT ${a} FROM ${table} GROUP BY ROLLUP (${a}))
        SELECT x.*, y.* FROM x LEFT JOIN LATERAL (SELECT ${b} FROM ${two} WHERE ${two}.${a} = x.${a}) AS y ON true;
      CREATE RECURSIVE VIEW ${recursive} (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM ${recursive} WHERE n < 5;
      ALTER VIEW ${one} ALTER COLUMN ${b} SET DEFAULT ${draw.text()};
      ${draw.maybe(`ALTER TABLE ${table} RENAME COLUMN c TO ${draw.name()};`)}`;
  },

  'views of all clauses': (draw) => {
    const [table, other] = draw.names();
    const newer =
      draw.major >= 17
        ? [`SELECT j.* FROM JSON_TABLE('[{"x": 1}]', '$[*]' COLUMNS (n FOR ORDINALITY, x int PATH '$.x')) AS j`]
        : [];
    const queries = [
      `SELECT a, grouping(a, b) FROM ${table} GROUP BY GROUPING SETS ((a), (a, b), ())`,
      `SELECT * FROM ${table} TABLESAMPLE bernoulli (50) REPEATABLE (7)`,
      `SELECT * FROM ${table} ORDER BY a FETCH FIRST 2 ROWS WITH TIES`,
      `SELECT * FROM ${table} AS t (x, y) FOR UPDATE OF t SKIP LOCKED`,
      "SELECT * FROM ROWS FROM (generate_series(1, 2), json_to_recordset('[]') AS (p int, q text)) WITH " +
        'ORDINALITY AS r',
      `SELECT a, u.b AS other FROM ${table} JOIN ${other} AS u USING (a) AS joined WHERE joined.a > 0`,
      `SELECT * FROM ${table} NATURAL FULL JOIN ${other}`,
      `WITH RECURSIVE t (n) AS (VALUES (1) UNION SELECT n + 1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET o
        CYCLE n SET c USING p
        SELECT n, c FROM t ORDER BY o`,
      "SELECT x.* FROM XMLTABLE('/r/c' PASSING (XMLPARSE(DOCUMENT '<r/>')) COLUMNS n int PATH '.', o FOR " +
        'ORDINALITY) AS x',
      "VALUES (1, 'x'), (2, NULL)",
      `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS m, string_agg(DISTINCT b, ',' ORDER BY b) AS s ` +
        `FROM ${table}`,
      `SELECT a, rank() OVER w, lag(b, 2, 'x') OVER (w ORDER BY a) FROM ${table} WINDOW w AS (PARTITION BY b)`,
      `SELECT (t).a, (ARRAY[t, NULL])[1] AS r, t IS NOT NULL AS n FROM ${table} AS t WHERE (a, b) IN (SELECT a, ` +
        `b FROM ${other})`,
      `SELECT a AS "1; VIEW", 'x' COLLATE "C" AS c, '2024-01-01 00:00+05'::timestamptz AS d, E'\\\\' AS e FROM ` +
        `ONLY ${table}`,
      `SELECT * FROM ${table} EXCEPT ALL SELECT * FROM ${other} INTERSECT TABLE ${table}`,
      ...newer,
    ];
    return `
      CREATE TABLE ${table} (a int, b text);
      CREATE TABLE ${other} (a int, b text);
      INSERT INTO ${table} VALUES (1, 'x'), (2, NULL);
      ${draw
        .shuffled(queries)
        .slice(0, draw.int(2, 8))
        .map((query) => `CREATE VIEW ${draw.name()} AS ${query};`)
        .join('\n')}`;
  },

  'a view that groups by a primary key': (draw) => {
    const [table, view, other, materialized, key] = draw.names();
    return `
      CREATE TABLE ${table} (id int CONSTRAINT ${key} PRIMARY KEY, t text, u text);
      INSERT INTO ${table} VALUES (1, 'x', 'y');
      CREATE VIEW ${view} AS SELECT id, t, u, count(*) FROM ${table} GROUP BY id;
      CREATE VIEW ${other} AS SELECT * FROM ${view} WHERE t = 'x';
      ${draw.maybe(`CREATE MATERIALIZED VIEW ${materialized} AS SELECT * FROM ${view};`)}`;
  },

  'views that need each other': (draw) => {
    const [one, two, needs] = draw.names();
    return `
      CREATE VIEW ${one} AS SELECT 1 AS a, 'x'::text AS b;
      CREATE FUNCTION ${needs}() RETURNS SETOF ${one} LANGUAGE sql AS 'SELECT 1, ''y''::text';
      CREATE VIEW ${two} AS SELECT a, b FROM ${needs}();
      CREATE OR REPLACE VIEW ${one} AS SELECT a, b FROM ${two};`;
  },

  'materialized views, with rows and without': (draw) => {
    const [table, one, two, index] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (${a} int, ${b} text);
      INSERT INTO ${table} VALUES (1, 'x'), (2, NULL);
      CREATE MATERIALIZED VIEW ${one} (${b}, ${a}) WITH (fillfactor = 70)
        AS SELECT ${b}, ${a} FROM ${table} ${draw.maybe('WITH NO DATA', 0.3)};
      CREATE UNIQUE INDEX ${index} ON ${one} (${a});
      CREATE MATERIALIZED VIEW ${two} AS SELECT count(*) AS n, now() IS NOT NULL AS t FROM ${table} ${draw.maybe('WITH NO DATA')};
      ALTER MATERIALIZED VIEW ${one} ALTER COLUMN ${a} SET STATISTICS 9;
      ${draw.maybe(`INSERT INTO ${table} VALUES (3, 'since the refresh');`)}
      ${draw.maybe(`ALTER MATERIALIZED VIEW ${one} CLUSTER ON ${index};`, 0.3)}`;
  },

  'rules of tables and views': (draw) => {
    const [table, log, view, rule, another, third] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (${a} int, ${b} text);
      CREATE TABLE ${log} (t text);
      INSERT INTO ${table} VALUES (1, 'x'), (2, NULL);
      CREATE VIEW ${view} AS SELECT * FROM ${table};
      CREATE RULE ${rule} AS ON INSERT TO ${table} ${draw.maybe(`WHERE NEW.${a} > 5`)}
        DO ALSO INSERT INTO ${log} VALUES ('inserted ' || NEW.${b});
      CREATE RULE ${another} AS ON UPDATE TO ${view} DO INSTEAD
        (UPDATE ${table} SET ${b} = NEW.${b} WHERE ${a} = OLD.${a}; NOTIFY "channel x"; DELETE FROM ${log});
      CREATE RULE ${third} AS ON DELETE TO ${view} DO INSTEAD DELETE FROM ${table} WHERE ${a} = OLD.${a} RETURNING ${table}.*;
      ALTER TABLE ${table} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA', 'ENABLE'])} RULE ${rule};
      ${draw.maybe(`INSERT INTO ${table} VALUES (9, 'y');`)}`;
  },

  'a rule that takes all that is inserted': (draw) => {
    const [table, rule, kept, another] = draw.names();
    return `
      CREATE TABLE ${table} (a int);
      INSERT INTO ${table} VALUES (1), (2);
      CREATE RULE ${rule} AS ON INSERT TO ${table} DO INSTEAD NOTHING;
      CREATE TABLE ${kept} (a int);
      INSERT INTO ${kept} VALUES (1);
      CREATE RULE ${rule} AS ON DELETE TO ${kept} DO INSTEAD NOTHING;
      CREATE RULE ${another} AS ON UPDATE TO ${kept} DO INSTEAD SELECT 1;`;
  },
};
