import { literal } from '../../support/postgres/database-state';
import { EXTENSIONS, type Theme } from './draw';

export const extensions: Theme = {
  'types of extensions': (draw) => {
    const table = draw.name();
    draw.extension('citext', 'hstore', 'ltree', 'cube', 'seg', 'isn', 'intarray');
    return `
      CREATE TABLE ${table} (a citext UNIQUE, b hstore, c ltree, d cube, e seg, f isbn, g citext[] DEFAULT '{}', h int[]);
      INSERT INTO ${table} (a, b, c, d, e, f, g, h) VALUES
        ('Abc', 'a=>"1 \\"2", b=>NULL', 'Top.x', '(1,2),(3,4)', '1 .. 2', '978-0-393-04002-9', '{x,NULL}', '{1,2}'),
        ('d', '', '', '(0)', '~5', NULL, NULL, NULL);
      CREATE INDEX ON ${table} USING gist (c);
      CREATE INDEX ON ${table} USING gin (h gin__int_ops);
      CREATE INDEX ON ${table} (lower(a::text)) WHERE a = 'X';`;
  },

  'what others may do with an extension': (draw) => {
    const [table, act] = draw.names();
    draw.extension('pgcrypto');
    return `
      ${draw.statements(
        `REVOKE EXECUTE ON FUNCTION ${EXTENSIONS}.gen_salt(text) FROM PUBLIC;`,
        `COMMENT ON EXTENSION pgcrypto IS ${draw.text()};`,
        `GRANT EXECUTE ON FUNCTION ${EXTENSIONS}.crypt(text, text) TO ${draw.role()} WITH GRANT OPTION;`,
      )}
      CREATE TABLE ${table} (t text, h bytea GENERATED ALWAYS AS (${EXTENSIONS}.digest(t, 'sha256')) STORED);
      INSERT INTO ${table} VALUES ('x');
      CREATE FUNCTION ${act}() RETURNS int LANGUAGE sql AS 'SELECT 1';
      ${draw.maybe(`ALTER FUNCTION ${act}() DEPENDS ON EXTENSION pgcrypto;`)}`;
  },

  'extensions with tables and triggers': (draw) => {
    const [table, trigger] = draw.names();
    draw.extension('lo', 'tablefunc', 'unaccent', 'dict_xsyn', 'uuid-ossp');
    return `
      CREATE TABLE ${table} (id uuid DEFAULT ${EXTENSIONS}.uuid_generate_v4(), raster lo, t text);
      INSERT INTO ${table} SELECT ${EXTENSIONS}.uuid_nil(), lo_create(${draw.number()}), unaccent('Hôtel');
      CREATE TRIGGER ${trigger} BEFORE UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION lo_manage(raster);
      ALTER TEXT SEARCH DICTIONARY unaccent (RULES = 'unaccent');
      CREATE VIEW ${draw.name()} AS SELECT * FROM normal_rand(3, 0, 1);`;
  },

  'two schemas that need each other': (draw) => {
    const [other, parent, part, table, view, sequence, type, function_] = draw.names();
    return `
      CREATE SCHEMA ${other};
      CREATE TYPE ${other}.${type} AS ENUM ('x', 'y');
      CREATE SEQUENCE ${other}.${sequence};
      CREATE TABLE ${parent} (a int NOT NULL, e ${other}.${type}) PARTITION BY LIST (a);
      CREATE TABLE ${other}.${part} PARTITION OF ${parent} DEFAULT;
      ALTER TABLE ${parent} ADD PRIMARY KEY (a);
      INSERT INTO ${parent} VALUES (1, 'x');
      CREATE TABLE ${other}.${table} (a int DEFAULT nextval(${literal(`${other}.${sequence}`)}) REFERENCES ${parent}, b int);
      INSERT INTO ${other}.${table} VALUES (1, 2);
      CREATE FUNCTION ${function_}(${other}.${table}) RETURNS ${other}.${type} LANGUAGE sql AS $made$ SELECT 'y'::${other}.${type} $made$;
      CREATE VIEW ${other}.${view} AS SELECT p.*, ${function_}(t) AS made
        FROM ${parent} AS p JOIN ${other}.${table} AS t USING (a);
      ${draw.maybe(`ALTER TABLE ${other}.${table} SET SCHEMA ${draw.schema};`)}
      ${draw.maybe(`ALTER SCHEMA ${other} OWNER TO ${draw.role()};`)}`;
  },
};
