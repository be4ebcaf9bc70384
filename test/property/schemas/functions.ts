import type { Theme } from './draw';

const SETTINGS = [
  'statement_timeout = 5',
  "TimeZone = 'Europe/Berlin'",
  'session_replication_role = replica',
  'temp_tablespaces = pg_default',
  "search_path = ''",
];

export const functions: Theme = {
  'functions with and without a search path': (draw) => {
    const [table, view, unbound, bound, empty, atomic, odd] = draw.names();
    return `
      CREATE TABLE ${table} (a int);
      INSERT INTO ${table} VALUES (1);
      CREATE FUNCTION ${unbound}() RETURNS bigint LANGUAGE sql AS $made$ SELECT count(*) FROM ${table} $made$;
      CREATE FUNCTION ${bound}() RETURNS bigint LANGUAGE sql SET search_path = ${draw.schema}, public, pg_temp
        AS $made$ SELECT count(*) FROM ${table} $made$;
      CREATE FUNCTION ${empty}() RETURNS bigint LANGUAGE plpgsql SET search_path = '' SET work_mem = '1MB'
        AS $made$ BEGIN RETURN 1; END $made$;
      CREATE FUNCTION ${odd}() RETURNS text LANGUAGE sql
        SET search_path = "a ""b""", 'c, d', "$user" SET "my.setting" = ${draw.text()}
          SET DateStyle = 'German, DMY' AS $made$ SELECT ''::text $made$;
      CREATE FUNCTION ${atomic}(OUT n bigint) BEGIN ATOMIC SELECT count(*) FROM ${table} WHERE a IN (1, 2); END;
      CREATE VIEW ${view} AS SELECT ${unbound}() AS one, ${bound}() AS two, n FROM ${atomic}();
      CREATE INDEX ON ${table} ((a + 1)) WHERE a > 0;`;
  },

  'a check that calls a function with a search path of its own': (draw) => {
    const [table, allowed, known] = draw.names();
    return `
      CREATE FUNCTION ${known}(int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1 < 100';
      CREATE FUNCTION ${allowed}(x int) RETURNS bool STABLE LANGUAGE plpgsql SET search_path = ${draw.schema}
        AS $made$ BEGIN RETURN ${known}(x); END $made$;
      CREATE TABLE ${table} (a int CHECK (${allowed}(a)),
        b int GENERATED ALWAYS AS (CASE WHEN ${draw.schema}.${known}(a) THEN 1 END) STORED);
      INSERT INTO ${table} (a) VALUES (1), (NULL);`;
  },

  'functions of all kinds': (draw) => {
    const [one, two, three, four, five, six, type, window] = draw.names();
    const [a, b] = draw.columns();
    const volatility = draw.pick(['IMMUTABLE', 'STABLE', 'VOLATILE']);
    const marks = [volatility, ...draw.some(['STRICT', 'SECURITY DEFINER', 'LEAKPROOF', 'COST 7', 'PARALLEL SAFE'])];
    return `
      CREATE TYPE ${type} AS (x int, y text);
      CREATE FUNCTION ${one}(${a} int, ${b} text DEFAULT ${draw.text()}, VARIADIC c numeric[] DEFAULT '{}')
        RETURNS text LANGUAGE plpgsql
        ${marks.join(' ')} AS $f$BEGIN RETURN $q$ ; -- ' " \\ $$ $q$; END$f$;
      CREATE FUNCTION ${one}(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
      CREATE FUNCTION ${one}() RETURNS void LANGUAGE sql AS '';
      CREATE FUNCTION ${two}(IN ${type}, INOUT ${a} anyelement, OUT ${b} anyarray) LANGUAGE sql AS 'SELECT $2, ARRAY[$2]';
      CREATE FUNCTION ${three}(int) RETURNS TABLE (${a} int, ${b} ${type}) ROWS 5 LANGUAGE sql
        AS $made$ SELECT 1, ROW(1, 'x')::${type} $made$;
      CREATE FUNCTION ${four}(anycompatible, anycompatiblearray) RETURNS SETOF ${type} LANGUAGE sql AS 'SELECT 1, ''x''::text';
      CREATE FUNCTION ${five}() RETURNS int LANGUAGE internal IMMUTABLE AS 'pg_backend_pid';
      CREATE FUNCTION ${window}(float8) RETURNS float8 LANGUAGE internal IMMUTABLE STRICT WINDOW AS 'window_row_number';
      CREATE PROCEDURE ${six}(INOUT x int, y text DEFAULT 'z') LANGUAGE plpgsql
        AS $procedure$ BEGIN x := 1; COMMIT; END $procedure$;
      CREATE PROCEDURE ${six}(x int) BEGIN ATOMIC SELECT x; SELECT ${one}('x'::text); END;
      ALTER FUNCTION ${one}(text) SET ${draw.pick(SETTINGS)};`;
  },

  'functions whose body is parsed': (draw) => {
    const [table, type, change, merge, overloaded, needs] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${table} (${a} int PRIMARY KEY, ${b} text);
      CREATE TYPE ${type} AS ENUM ('x', 'y');
      CREATE FUNCTION ${change}(n int, t ${type} DEFAULT 'x') RETURNS SETOF ${table} BEGIN ATOMIC
        WITH gone AS (DELETE FROM ${table} WHERE ${a} = n RETURNING *)
          INSERT INTO ${table} SELECT * FROM gone ON CONFLICT (${a}) DO UPDATE
          SET ${b} = EXCLUDED.${b} || t::text WHERE ${table}.${a} > 0 RETURNING *; END;
      CREATE PROCEDURE ${merge}(n int) BEGIN ATOMIC
        MERGE INTO ${table} AS m USING (VALUES (n, 'x')) AS s (k, v) ON m.${a} = s.k WHEN MATCHED AND s.k > 3 THEN DELETE
          WHEN MATCHED THEN UPDATE SET ${b} = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v);
        UPDATE ${table} SET (${a}, ${b}) = (SELECT n, 'y'); END;
      CREATE FUNCTION ${overloaded}(x int) RETURNS int RETURN x + (SELECT count(*) FROM ${table})::int;
      CREATE VIEW ${needs} AS SELECT ${overloaded}(1) AS n, (${change}(1)).*;
      CREATE OR REPLACE FUNCTION ${overloaded}(x int) RETURNS int RETURN (SELECT x FROM ${table} LIMIT 1);`;
  },

  aggregates: (draw) => {
    const [sum, step, end, back, view] = draw.names();
    return `
      CREATE FUNCTION ${step}(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 0) + coalesce($2, 0)';
      CREATE FUNCTION ${back}(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT coalesce($1, 0) - coalesce($2, 0)';
      CREATE FUNCTION ${end}(int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1::text';
      CREATE AGGREGATE ${sum}(int) (SFUNC = ${step}, STYPE = int, FINALFUNC = ${end}, INITCOND = '0',
        COMBINEFUNC = ${step}, PARALLEL = SAFE,
        MSFUNC = ${step}, MINVFUNC = ${back}, MSTYPE = int, MFINALFUNC = ${end}, MINITCOND = '0');
      CREATE AGGREGATE ${sum}(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '${draw.int(-5, 5)}');
      CREATE VIEW ${view} AS SELECT ${sum}(i) OVER (ORDER BY i ROWS 2 PRECEDING) FROM generate_series(1, 3) AS i;`;
  },

  'languages and transforms': (draw) => {
    const [language, from, type, handler, inline, validator] = draw.names();
    const trusted = draw.maybe('TRUSTED');
    return `
      CREATE FUNCTION ${handler}() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
      CREATE FUNCTION ${inline}(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
      CREATE FUNCTION ${validator}(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
      CREATE ${trusted} LANGUAGE ${language} HANDLER ${handler} INLINE ${inline} VALIDATOR ${validator};
      COMMENT ON LANGUAGE ${language} IS ${draw.text()};
      ALTER LANGUAGE ${language} OWNER TO ${draw.role()};
      ${trusted && `REVOKE USAGE ON LANGUAGE ${language} FROM PUBLIC; GRANT USAGE ON LANGUAGE ${language} TO ${draw.role()};`}
      CREATE FUNCTION ${from}(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'int4out';
      CREATE TYPE ${type} AS ENUM ('x');
      ${draw.maybe(`CREATE TRANSFORM FOR ${type} LANGUAGE ${language} (FROM SQL WITH FUNCTION ${from}(internal));`)}`;
  },

  'functions of other owners': (draw) => {
    const [one, two] = draw.names();
    const owner = draw.role();
    return `
      CREATE FUNCTION ${one}(refcursor, "char", name, oid[], "timestamptz") RETURNS record SECURITY DEFINER
        LANGUAGE sql SET role = ${owner}
        AS 'SELECT 1, 2';
      CREATE FUNCTION ${two}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      GRANT ALL ON SCHEMA ${draw.schema} TO ${owner};
      ALTER FUNCTION ${one} OWNER TO ${owner};`;
  },
};
