import { literal } from '../../support/postgres/database-state';
import type { Theme } from './draw';

export const operators: Theme = {
  casts: (draw) => {
    const [one, two, cast] = draw.names();
    return `
      CREATE TYPE ${one} AS (a int);
      CREATE TYPE ${two} AS ENUM ('x', '1');
      CREATE FUNCTION ${cast}(${one}) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text';
      CREATE CAST (${one} AS text) WITH FUNCTION ${cast}(${one}) ${draw.pick(['', 'AS ASSIGNMENT', 'AS IMPLICIT'])};
      CREATE CAST (${two} AS int) WITH INOUT ${draw.maybe('AS ASSIGNMENT')};
      COMMENT ON CAST (${two} AS int) IS ${draw.text()};`;
  },

  'operators and their classes': (draw) => {
    const [type, compare, less, equal, class_, family, table] = draw.names();
    const types = `LEFTARG = ${type}, RIGHTARG = ${type}`;
    const operator = (symbol: string): string => `${draw.schema}.${symbol}`;
    const strategies = ['<#~', '<=#~', '=#~', '>=#~', '>#~'].map(
      (symbol, index) => `OPERATOR ${index + 1} ${operator(symbol)}`,
    );
    return `
      CREATE TYPE ${type} AS (a int);
      CREATE FUNCTION ${compare}(${type}, ${type}) RETURNS int IMMUTABLE STRICT LANGUAGE sql
        AS 'SELECT btint4cmp(($1).a, ($2).a)';
      CREATE FUNCTION ${less}(${type}, ${type}) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT ($1).a < ($2).a';
      CREATE FUNCTION ${equal}(${type}, ${type}) RETURNS bool IMMUTABLE STRICT LANGUAGE sql AS 'SELECT ($1).a = ($2).a';
      CREATE OPERATOR ${operator('<#~')} (FUNCTION = ${less}, ${types}, COMMUTATOR = OPERATOR(${operator('>#~')}),
        RESTRICT = scalarltsel);
      CREATE OPERATOR ${operator('=#~')} (FUNCTION = ${equal}, ${types}, COMMUTATOR = OPERATOR(${operator('=#~')}),
        HASHES, MERGES);
      CREATE OPERATOR ${operator('<=#~')} (FUNCTION = ${less}, ${types});
      CREATE OPERATOR ${operator('>=#~')} (FUNCTION = ${less}, ${types});
      CREATE OPERATOR ${operator('>#~')} (FUNCTION = ${less}, ${types});
      CREATE OPERATOR ${operator('!#~')} (FUNCTION = int4um, RIGHTARG = int4);
      CREATE OPERATOR FAMILY ${family} USING btree;
      CREATE OPERATOR CLASS ${class_} FOR TYPE ${type} USING btree FAMILY ${family} AS
        ${strategies.join(', ')}, FUNCTION 1 ${compare}(${type}, ${type});
      ALTER OPERATOR FAMILY ${family} USING btree ADD FUNCTION 4 (${type}, ${type}) btequalimage(oid);
      COMMENT ON OPERATOR ${operator('!#~')} (NONE, int4) IS ${draw.text()};
      CREATE TABLE ${table} (v ${type}, i int CHECK (OPERATOR(${operator('!#~')}) i < 5));
      INSERT INTO ${table} VALUES (ROW(2), 1), (ROW(1), 2), (NULL, NULL);
      CREATE INDEX ON ${table} (v ${class_});`;
  },

  'text search': (draw) => {
    const [config, copy, dictionary, template, parser, table] = draw.names();
    const qualified = (name: string): string => literal(`${draw.schema}.${name}`);
    return `
      CREATE TEXT SEARCH DICTIONARY ${dictionary}
        (TEMPLATE = snowball, Language = ${draw.pick(['english', 'german'])}, StopWords = english);
      CREATE TEXT SEARCH CONFIGURATION ${copy} (COPY = pg_catalog.simple);
      CREATE TEXT SEARCH CONFIGURATION ${config} (PARSER = "default");
      ALTER TEXT SEARCH CONFIGURATION ${config} ADD MAPPING FOR asciiword, word WITH ${dictionary}, simple;
      ALTER TEXT SEARCH CONFIGURATION ${copy} DROP MAPPING FOR email;
      CREATE TEXT SEARCH TEMPLATE ${template} (INIT = dsimple_init, LEXIZE = dsimple_lexize);
      CREATE TEXT SEARCH PARSER ${parser} (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype,
        HEADLINE = prsd_headline);
      CREATE TABLE ${table} (t text, w tsvector GENERATED ALWAYS AS (to_tsvector(${qualified(config)}::regconfig, t)) STORED,
        c regconfig DEFAULT 'simple');
      INSERT INTO ${table} VALUES ('running foxes', DEFAULT, ${qualified(copy)});
      CREATE INDEX ON ${table} USING gin (w);`;
  },

  'collations and conversions': (draw) => {
    const [icu, libc, odd, builtin, conversion, table, domain, range, multirange] = draw.names();
    return `
      CREATE COLLATION ${icu} (provider = icu, locale = '${draw.pick(['de-u-co-phonebk', 'und-u-kn', 'sv'])}');
      CREATE COLLATION ${odd} (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE COLLATION ${libc} (lc_collate = 'C', lc_ctype = 'C.UTF-8');
      ${draw.major >= 17 ? `CREATE COLLATION ${builtin} (provider = builtin, locale = 'C.UTF-8');` : ''}
      CREATE ${draw.maybe('DEFAULT', 0.2)} CONVERSION ${conversion} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
      CREATE DOMAIN ${domain} AS text COLLATE ${icu};
      CREATE TABLE ${table} (a text COLLATE ${icu}, b text COLLATE ${odd} PRIMARY KEY,
        c ${domain}, CHECK (a COLLATE ${libc} <> 'z'));
      INSERT INTO ${table} VALUES ('ä', 'x', 'Ö'), ('a2', 'y', NULL);
      CREATE INDEX ON ${table} (a, c COLLATE ${libc});
      ${draw.maybe(`CREATE TYPE ${range} AS RANGE
        (SUBTYPE = text, COLLATION = ${libc}, MULTIRANGE_TYPE_NAME = ${multirange});`)}`;
  },

  'access methods': (draw) => {
    const [method, index, table, materialized] = draw.names();
    return `
      CREATE ACCESS METHOD ${method} TYPE TABLE HANDLER heap_tableam_handler;
      CREATE ACCESS METHOD ${index} TYPE INDEX HANDLER bthandler;
      COMMENT ON ACCESS METHOD ${method} IS ${draw.text()};
      CREATE TABLE ${table} (a int, b text) USING ${method};
      INSERT INTO ${table} VALUES (1, 'x');
      CREATE MATERIALIZED VIEW ${materialized} USING ${method} AS SELECT * FROM ${table};`;
  },
};
