import type { Theme } from './draw';

export const operators: Theme = {
  'casts': (draw) => {
    const [one, two, cast] = draw.names(3) as [string, string, string];
    return `
      CREATE TYPE ${one} AS (a int); CREATE TYPE ${two} AS ENUM ('x', '1');
      CREATE FUNCTION ${cast}(${one}) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text';
      CREATE CAST (${one} AS text) WITH FUNCTION ${cast}(${one}) ${draw.pick(['', 'AS ASSIGNMENT', 'AS IMPLICIT'])};
      CREATE CAST (${two} AS int) WITH INOUT ${draw.maybe('AS ASSIGNMENT')};
      COMMENT ON CAST (${two} AS int) IS ${draw.text()};`;
  },
  'operators and their classes': (draw) => {
    const [type, compare, less, equal, class_, family, table] = draw.names(7) as [string, string, string, string, string, string, string];
    const operator = (symbol: string): string => `${draw.schema}.${symbol}`;
    return `
      CREATE TYPE ${type} AS (a int);
      CREATE FUNCTION ${compare}(${type}, ${type}) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS 'SELECT btint4cmp(($1).a, ($2).a)';
      CREATE FUNCTION ${less}(${type}, ${type}) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT ($1).a < ($2).a';
      CREATE FUNCTION ${equal}(${type}, ${type}) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT ($1).a = ($2).a';
      CREATE OPERATOR ${operator('<#~')} (FUNCTION = ${less}, LEFTARG = ${type}, RIGHTARG = ${type}, COMMUTATOR = OPERATOR(${operator('>#~')}), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
      CREATE OPERATOR ${operator('=#~')} (FUNCTION = ${equal}, LEFTARG = ${type}, RIGHTARG = ${type}, COMMUTATOR = OPERATOR(${operator('=#~')}), HASHES, MERGES);
      CREATE OPERATOR ${operator('<=#~')} (FUNCTION = ${less}, LEFTARG = ${type}, RIGHTARG = ${type});
      CREATE OPERATOR ${operator('>=#~')} (FUNCTION = ${less}, LEFTARG = ${type}, RIGHTARG = ${type});
      CREATE OPERATOR ${operator('>#~')} (FUNCTION = ${less}, LEFTARG = ${type}, RIGHTARG = ${type});
      CREATE OPERATOR ${operator('!#~')} (FUNCTION = int4um, RIGHTARG = int4);
      CREATE OPERATOR FAMILY ${family} USING btree;
      CREATE OPERATOR CLASS ${class_} FOR TYPE ${type} USING btree FAMILY ${family} AS
        OPERATOR 1 ${operator('<#~')}, OPERATOR 2 ${operator('<=#~')}, OPERATOR 3 ${operator('=#~')}, OPERATOR 4 ${operator('>=#~')}, OPERATOR 5 ${operator('>#~')}, FUNCTION 1 ${compare}(${type}, ${type});
      ALTER OPERATOR FAMILY ${family} USING btree ADD FUNCTION 4 (${type}, ${type}) btequalimage(oid);
      COMMENT ON OPERATOR ${operator('!#~')} (NONE, int4) IS ${draw.text()};
      CREATE TABLE ${table} (v ${type}, i int CHECK (OPERATOR(${operator('!#~')}) i < 5));
      INSERT INTO ${table} VALUES (ROW(2), 1), (ROW(1), 2), (NULL, NULL);
      CREATE INDEX ON ${table} (v ${class_});`;
  },
  'text search': (draw) => {
    const [config, copy, dictionary, template, parser] = draw.names(5) as [string, string, string, string, string];
    const table = draw.name();
    return `
      CREATE TEXT SEARCH DICTIONARY ${dictionary} (TEMPLATE = snowball, Language = ${draw.pick(['english', 'german'])}, StopWords = english);
      CREATE TEXT SEARCH CONFIGURATION ${copy} (COPY = pg_catalog.simple);
      CREATE TEXT SEARCH CONFIGURATION ${config} (PARSER = "default");
      ALTER TEXT SEARCH CONFIGURATION ${config} ADD MAPPING FOR asciiword, word WITH ${dictionary}, simple;
      ALTER TEXT SEARCH CONFIGURATION ${copy} DROP MAPPING FOR email;
      CREATE TEXT SEARCH TEMPLATE ${template} (INIT = dsimple_init, LEXIZE = dsimple_lexize);
      CREATE TEXT SEARCH PARSER ${parser} (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
      CREATE TABLE ${table} (t text, w tsvector GENERATED ALWAYS AS (to_tsvector('${draw.schema.replaceAll("'", "''")}.${config.replaceAll("'", "''")}'::regconfig, t)) STORED, c regconfig DEFAULT 'simple');
      INSERT INTO ${table} VALUES ('running foxes', DEFAULT, '${draw.schema.replaceAll("'", "''")}.${copy.replaceAll("'", "''")}');
      CREATE INDEX ON ${table} USING gin (w);`;
  },
  'collations and conversions': (draw) => {
    const [icu, libc, odd, conversion, table, domain] = draw.names(6) as [string, string, string, string, string, string];
    const builtin = draw.major >= 17 ? `CREATE COLLATION ${draw.name()} (provider = builtin, locale = 'C.UTF-8');` : '';
    return `
      CREATE COLLATION ${icu} (provider = icu, locale = '${draw.pick(['de-u-co-phonebk', 'und-u-kn', 'sv'])}');
      CREATE COLLATION ${odd} (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE COLLATION ${libc} (lc_collate = 'C', lc_ctype = 'C.UTF-8');
      ${builtin}
      CREATE ${draw.maybe('DEFAULT', 0.2)} CONVERSION ${conversion} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
      CREATE DOMAIN ${domain} AS text COLLATE ${icu};
      CREATE TABLE ${table} (a text COLLATE ${icu}, b text COLLATE ${odd} PRIMARY KEY, c ${domain}, CHECK (a COLLATE ${libc} <> 'z'));
      INSERT INTO ${table} VALUES ('ä', 'x', 'Ö'), ('a2', 'y', NULL);
      CREATE INDEX ON ${table} (a, c COLLATE ${libc});
      ${draw.maybe(`CREATE TYPE ${draw.name()} AS RANGE (SUBTYPE = text, COLLATION = ${libc}, MULTIRANGE_TYPE_NAME = ${draw.name()});`)}`;
  },
  'access methods': (draw) => {
    const [method, index, table, materialized] = draw.names(4) as [string, string, string, string];
    return `
      CREATE ACCESS METHOD ${method} TYPE TABLE HANDLER heap_tableam_handler;
      CREATE ACCESS METHOD ${index} TYPE INDEX HANDLER bthandler;
      COMMENT ON ACCESS METHOD ${method} IS ${draw.text()};
      CREATE TABLE ${table} (a int, b text) USING ${method};
      INSERT INTO ${table} VALUES (1, 'x');
      CREATE MATERIALIZED VIEW ${materialized} USING ${method} AS SELECT * FROM ${table};`;
  },
};
