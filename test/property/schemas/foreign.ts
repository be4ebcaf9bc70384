import { EXTENSIONS, type Theme } from './draw';

export const foreign: Theme = {
  'foreign tables of other servers': (draw) => {
    const [server, table, part, rest, child, parent, wrapper, own] = draw.names();
    const [a, b] = draw.columns();
    draw.extension('postgres_fdw');
    return `
      CREATE SERVER ${server} ${draw.maybe("TYPE 'x' VERSION '9.6'")} FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host '192.0.2.1', dbname ${draw.text()}, port '1', connect_timeout '2');
      CREATE USER MAPPING FOR ${draw.pick(['CURRENT_USER', 'PUBLIC', draw.role()])} SERVER ${server}
        OPTIONS (user 'x', password ${draw.text()});
      CREATE FOREIGN TABLE ${table} (
          ${a} int OPTIONS (column_name ${draw.text()}) NOT NULL,
            ${b} text COLLATE "C" DEFAULT 'x', CHECK (${a} > 0))
        SERVER ${server} OPTIONS (schema_name 'a b', table_name ${draw.text()});
      CREATE TABLE ${parent} (a int, b text) PARTITION BY RANGE (a);
      CREATE FOREIGN TABLE ${part} PARTITION OF ${parent} FOR VALUES FROM (0) TO (9) SERVER ${server};
      CREATE TABLE ${rest} PARTITION OF ${parent} DEFAULT;
      INSERT INTO ${parent} VALUES (-1, 'x');
      CREATE TABLE ${own} (a int, b text);
      CREATE FOREIGN TABLE ${child} (c int) INHERITS (${own}) SERVER ${server};
      CREATE FOREIGN DATA WRAPPER ${wrapper} HANDLER ${EXTENSIONS}.postgres_fdw_handler
        VALIDATOR ${EXTENSIONS}.postgres_fdw_validator;
      GRANT USAGE ON FOREIGN DATA WRAPPER ${wrapper} TO ${draw.role()};
      GRANT USAGE ON FOREIGN SERVER ${server} TO ${draw.role()} WITH GRANT OPTION;`;
  },

  'files as tables, and servers without a handler': (draw) => {
    const [server, table, wrapper, idle, tableOfIdle] = draw.names();
    draw.extension('file_fdw');
    return `
      CREATE SERVER ${server} FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE ${table} (a text OPTIONS (force_not_null 'true'), b int)
        SERVER ${server} OPTIONS (filename '/nowhere/${draw.label}', format 'csv', header 'true', null 'it''s');
      CREATE FOREIGN DATA WRAPPER ${wrapper} OPTIONS (x ${draw.text()});
      CREATE SERVER ${idle} FOREIGN DATA WRAPPER ${wrapper};
      CREATE FOREIGN TABLE ${tableOfIdle} (id int) SERVER ${idle};
      COMMENT ON SERVER ${idle} IS ${draw.text()};
      ALTER SERVER ${server} OWNER TO ${draw.pick(['CURRENT_USER', draw.role()])};`;
  },
};
