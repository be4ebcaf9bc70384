import type { Theme } from './draw';

export const comments: Theme = {
  'comments on everything': (draw) => {
    const [table, check, index, view, function_, type, domain, domainCheck, rule, policy, trigger, sequence] =
      draw.names();
    const [statistics, materialized, collation, config, aggregate, procedure] = draw.names();
    const [a, b] = draw.columns();
    const objects = [
      `TABLE ${table}`,
      `COLUMN ${table}.${a}`,
      `COLUMN ${table}.${b}`,
      `CONSTRAINT ${check} ON ${table}`,
      `INDEX ${index}`,
      `VIEW ${view}`,
      `COLUMN ${view}.${a}`,
      `RULE "_RETURN" ON ${view}`,
      `FUNCTION ${function_}(int)`,
      `TYPE ${type}`,
      `COLUMN ${type}.x`,
      `DOMAIN ${domain}`,
      `CONSTRAINT ${domainCheck} ON DOMAIN ${domain}`,
      `RULE ${rule} ON ${table}`,
      `POLICY ${policy} ON ${table}`,
      `TRIGGER ${trigger} ON ${table}`,
      `SEQUENCE ${sequence}`,
      `STATISTICS ${statistics}`,
      `MATERIALIZED VIEW ${materialized}`,
      `COLUMN ${materialized}.${a}`,
      `COLLATION ${collation}`,
      `TEXT SEARCH CONFIGURATION ${config}`,
      `AGGREGATE ${aggregate}(int)`,
      `PROCEDURE ${procedure}()`,
      `SCHEMA ${draw.schema}`,
    ];
    return `
      CREATE TABLE ${table} (${a} int, ${b} text, CONSTRAINT ${check} CHECK (${a} > 0));
      INSERT INTO ${table} VALUES (1, 'x');
      CREATE INDEX ${index} ON ${table} (${a});
      CREATE VIEW ${view} AS SELECT ${a} FROM ${table};
      CREATE FUNCTION ${function_}(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
      CREATE TYPE ${type} AS (x int);
      CREATE DOMAIN ${domain} AS int CONSTRAINT ${domainCheck} CHECK (VALUE > 0);
      CREATE RULE ${rule} AS ON DELETE TO ${table} DO INSTEAD NOTHING;
      CREATE POLICY ${policy} ON ${table} USING (true);
      CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER ${trigger} BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${trigger}();
      CREATE SEQUENCE ${sequence};
      CREATE STATISTICS ${statistics} ON ${a}, ${b} FROM ${table};
      CREATE MATERIALIZED VIEW ${materialized} AS SELECT * FROM ${table};
      CREATE COLLATION ${collation} FROM "C";
      CREATE TEXT SEARCH CONFIGURATION ${config} (COPY = simple);
      CREATE AGGREGATE ${aggregate}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
      CREATE PROCEDURE ${procedure}() LANGUAGE sql AS '';
      ${draw
        .some(objects)
        .map((object) => `COMMENT ON ${object} IS ${draw.text()};`)
        .join('\n')}`;
  },
};
