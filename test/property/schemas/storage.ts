import { TABLESPACES, type Theme } from './draw';

export const storage: Theme = {
  'large objects': (draw) => {
    const table = draw.name();
    const [empty, large, granted] = [draw.number(), draw.number(), draw.number()];
    return `
      SELECT lo_create(${empty}), lo_from_bytea(${granted}, '\\x00ff5c0a'),
        lo_from_bytea(${large}, convert_to(repeat(${draw.text()}, 20000), 'UTF8'));
      ${draw.maybe(`SELECT lo_put(${granted}, 5000, '\\x01');`)}
      GRANT SELECT ON LARGE OBJECT ${granted} TO ${draw.role()};
      ${draw.statements(
        `ALTER LARGE OBJECT ${granted} OWNER TO ${draw.role()};`,
        `COMMENT ON LARGE OBJECT ${large} IS ${draw.text()};`,
        `REVOKE ALL ON LARGE OBJECT ${empty} FROM CURRENT_USER;`,
      )}
      CREATE TABLE ${table} (id oid);
      INSERT INTO ${table} VALUES (${large}), (99);`;
  },

  'many small large objects': (draw) => {
    const first = draw.number() * 1000;
    return `
      SELECT count(lo_from_bytea((${first} + i)::oid, convert_to(md5(i::text), 'UTF8')))
        FROM generate_series(1, ${draw.int(3, 60)}) AS i;`;
  },

  tablespaces: (draw) => {
    const [table, parent, part, materialized, index] = draw.names();
    const [one, two] = draw.shuffled(TABLESPACES) as [string, string];
    return `
      CREATE TABLE ${table} (a int PRIMARY KEY USING INDEX TABLESPACE ${two}, b text) TABLESPACE ${one};
      INSERT INTO ${table} VALUES (1, repeat('x', 9000));
      CREATE INDEX ${index} ON ${table} (b) TABLESPACE ${draw.pick([one, two, 'pg_default'])};
      CREATE TABLE ${parent} (a int, b int) PARTITION BY LIST (a) TABLESPACE ${one};
      CREATE TABLE ${part} PARTITION OF ${parent} DEFAULT ${draw.maybe(`TABLESPACE ${two}`)};
      CREATE INDEX ON ${parent} (b) TABLESPACE ${two};
      INSERT INTO ${parent} VALUES (1, 2);
      CREATE MATERIALIZED VIEW ${materialized} TABLESPACE ${two} AS SELECT a FROM ${table};
      ${draw.maybe(`ALTER TABLE ${table} ADD UNIQUE (b) USING INDEX TABLESPACE ${one};`)}`;
  },
};
