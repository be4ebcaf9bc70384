import { ROLES, type Theme } from './draw';

const [OWNER, READER, WRITER, GRANTOR] = ROLES as [string, string, string, string];

export const security: Theme = {
  'row security': (draw) => {
    const [table, unused, other, function_, one, two, three, four] = draw.names();
    const [a, b] = draw.columns();
    const to = draw.pick([draw.role(), 'PUBLIC', `${OWNER}, ${READER}`]);
    return `
      CREATE TABLE ${table} (${a} int, ${b} name DEFAULT CURRENT_USER);
      CREATE TABLE ${other} (id int);
      CREATE TABLE ${unused} (a int);
      INSERT INTO ${table} VALUES (1, 'x'), (-2, 'y');
      CREATE FUNCTION ${function_}(int) RETURNS bool STABLE LANGUAGE sql AS 'SELECT $1 > 0';
      CREATE POLICY ${one} ON ${table} USING (${b} = CURRENT_USER);
      CREATE POLICY ${two} ON ${table} AS RESTRICTIVE FOR ${draw.pick(['ALL', 'UPDATE'])} TO ${to}
        USING (${a} IN (SELECT id FROM ${other})) WITH CHECK (${function_}(${a}));
      CREATE POLICY ${three} ON ${table} FOR INSERT TO ${draw.role()}
        WITH CHECK (EXISTS (SELECT FROM ${other} AS o WHERE o.id = ${table}.${a}));
      CREATE POLICY ${four} ON ${unused} FOR ${draw.pick(['SELECT', 'DELETE'])} USING (false);
      ${draw.statements(
        `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;`,
        `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;`,
        `ALTER TABLE ${other} ENABLE ROW LEVEL SECURITY;`,
        `ALTER TABLE ${table} OWNER TO ${draw.role()};`,
      )}`;
  },

  'owners and grants of all kinds': (draw) => {
    const [table, sequence, function_, type, view, domain] = draw.names();
    const [a, b] = draw.columns();
    const [one, two] = draw.shuffled(ROLES) as [string, string];
    const maintain = draw.major >= 17 ? `GRANT MAINTAIN ON ${table} TO ${two};` : '';
    return `
      CREATE TABLE ${table} (${a} int, ${b} text);
      CREATE SEQUENCE ${sequence};
      CREATE FUNCTION ${function_}(int, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE TYPE ${type} AS ENUM ('x');
      CREATE DOMAIN ${domain} AS int;
      CREATE VIEW ${view} AS SELECT * FROM ${table};
      GRANT USAGE, CREATE ON SCHEMA ${draw.schema} TO ${one}, ${two};
      ALTER TABLE ${table} OWNER TO ${one};
      ALTER SEQUENCE ${sequence} OWNER TO ${two};
      ${draw.statements(
        `ALTER TYPE ${type} OWNER TO ${one};`,
        `ALTER FUNCTION ${function_}(int, text[]) OWNER TO ${one};`,
        `ALTER VIEW ${view} OWNER TO ${two};`,
        `GRANT SELECT, UPDATE ON ${table} TO ${two} WITH GRANT OPTION;`,
        `GRANT INSERT (${a}), REFERENCES (${b}, ${a}) ON ${table} TO ${two};`,
        `GRANT ALL ON ${view} TO PUBLIC;`,
        `REVOKE ALL ON ${table} FROM ${one};`,
        `REVOKE EXECUTE ON FUNCTION ${function_}(int, text[]) FROM PUBLIC;`,
        `GRANT USAGE ON SEQUENCE ${sequence} TO ${one} WITH GRANT OPTION;`,
        `REVOKE USAGE ON TYPE ${type} FROM PUBLIC;`,
        `GRANT USAGE ON DOMAIN ${domain} TO ${two};`,
        maintain,
      )}
      SET ROLE ${one};
      ${draw.maybe(`GRANT TRIGGER ON ${table} TO PUBLIC;`)}
      RESET ROLE;`;
  },

  'grants that were handed on': (draw) => {
    const table = draw.name();
    return `
      CREATE TABLE ${table} (a int, b int);
      ALTER TABLE ${table} OWNER TO ${OWNER};
      GRANT USAGE ON SCHEMA ${draw.schema} TO PUBLIC;
      GRANT SELECT ON ${table} TO ${GRANTOR} WITH GRANT OPTION;
      SET ROLE ${GRANTOR};
      GRANT SELECT ON ${table} TO ${READER} WITH GRANT OPTION;
      SET ROLE ${READER};
      GRANT SELECT ON ${table} TO ${WRITER};
      RESET ROLE;
      ${draw.maybe(`REVOKE ALL ON ${table} FROM ${OWNER};`)}`;
  },

  'default privileges': (draw) => {
    const [table, function_] = draw.names();
    const one = draw.role();
    const inSchema = draw.maybe(`IN SCHEMA ${draw.schema}`);
    const grants = [
      `GRANT SELECT, INSERT ON TABLES TO ${draw.role()} WITH GRANT OPTION`,
      'GRANT ALL ON SEQUENCES TO PUBLIC',
      `GRANT EXECUTE ON ROUTINES TO ${draw.role()}`,
      ...(inSchema === ''
        ? [
            'GRANT USAGE ON SCHEMAS TO PUBLIC',
            'REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
            'REVOKE USAGE ON TYPES FROM PUBLIC',
            `REVOKE ALL ON TABLES FROM ${one}`,
          ]
        : []),
    ];
    return `
      ${draw
        .some(grants)
        .map((grant) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${one} ${inSchema} ${grant};`)
        .join('\n')}
      GRANT ALL ON SCHEMA ${draw.schema} TO ${one};
      SET ROLE ${one};
      CREATE TABLE ${table} (id serial);
      CREATE FUNCTION ${function_}() RETURNS int LANGUAGE sql AS 'SELECT 1';
      RESET ROLE;`;
  },

  'grants on what PostgreSQL itself has': (draw) =>
    draw.statements(
      'REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC;',
      `GRANT SELECT ON pg_catalog.pg_authid TO ${draw.role()};`,
      `GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO ${draw.role()};`,
      'REVOKE SELECT ON pg_catalog.pg_stats FROM PUBLIC;',
      'REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;',
      'REVOKE SELECT ON information_schema.tables FROM PUBLIC;',
      `GRANT SELECT (rolname) ON pg_catalog.pg_authid TO ${draw.role()} WITH GRANT OPTION;`,
    ),
};
