import { take, type Theme } from './draw';

export const triggers: Theme = {
  'triggers of all kinds': (draw) => {
    const [table, view, act, old, refuse] = draw.names();
    const [a, b] = draw.columns();
    const [one, two, three, four, five, six] = draw.names();
    const changed = draw
      .some([one, two, three, four])
      .map(
        (trigger) =>
          `ALTER TABLE ${table} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} TRIGGER ${trigger};`,
      );
    return `
      CREATE FUNCTION ${act}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN RETURN coalesce(NEW, OLD); END $made$;
      CREATE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN RAISE 'no rows after this'; END $made$;
      CREATE TABLE ${table} (${a} int, ${b} text);
      INSERT INTO ${table} VALUES (1, 'x'), (2, NULL);
      CREATE VIEW ${view} AS SELECT * FROM ${table};
      CREATE TRIGGER ${one} BEFORE INSERT OR UPDATE OF ${a}, ${b} OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${two} AFTER UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
        EXECUTE FUNCTION ${act}(${draw.text()}, 'two', '3');
      CREATE CONSTRAINT TRIGGER ${three} AFTER INSERT ON ${table}
        ${draw.pick(['', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED'])}
        FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${four} AFTER DELETE ON ${table} REFERENCING OLD TABLE AS ${old}
        FOR EACH STATEMENT EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${five} INSTEAD OF INSERT ON ${view} FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${six} BEFORE ${draw.pick(['TRUNCATE', 'INSERT'])} ON ${table} EXECUTE FUNCTION ${refuse}();
      ${changed.join('\n')}`;
  },

  'triggers that would change or keep out each row': (draw) => {
    const [table, change, refuse] = draw.names();
    return `
      CREATE FUNCTION ${change}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN NEW.t := 'changed'; RETURN NEW; END $made$;
      CREATE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN RETURN NULL; END $made$;
      CREATE TABLE ${table} (t text);
      INSERT INTO ${table} VALUES ('as it was');
      CREATE TRIGGER ${change} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${change}();
      CREATE TRIGGER ${refuse} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${refuse}();
      ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${refuse};`;
  },

  'triggers of a partitioned table that would change or keep out each row': (draw) => {
    const [table, other, change, refuse] = draw.names();
    const parts = take(draw.int(1, 6), draw.names()).map(
      (part, index) => `CREATE TABLE ${part} PARTITION OF ${draw.pick([table, other])} FOR VALUES IN (${index});`,
    );
    return `
      CREATE FUNCTION ${change}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN NEW.t := NEW.t || ', changed'; RETURN NEW; END $made$;
      CREATE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS $made$ BEGIN RAISE 'not %', NEW; END $made$;
      CREATE TABLE ${table} (a int, t text) PARTITION BY LIST (a);
      CREATE TABLE ${other} (LIKE ${table}) PARTITION BY LIST (a);
      ${parts.join('\n')}
      CREATE TABLE ${draw.name()} PARTITION OF ${table} DEFAULT;
      CREATE TABLE ${draw.name()} PARTITION OF ${other} DEFAULT;
      INSERT INTO ${table} SELECT i % 9, 'as it was' FROM generate_series(1, ${draw.pick([50, 5000])}) AS i;
      INSERT INTO ${other} SELECT i % 9, 'as it was' FROM generate_series(1, 50) AS i;
      CREATE TRIGGER ${change} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${change}();
      CREATE TRIGGER ${refuse} AFTER INSERT ON ${other} FOR EACH ROW EXECUTE FUNCTION ${refuse}();`;
  },

  'event triggers': (draw) => {
    const [act, one, two, three] = draw.names();
    const login =
      draw.major >= 17
        ? draw.maybe(`
      CREATE EVENT TRIGGER ${three} ON login EXECUTE FUNCTION ${act}();
      ALTER EVENT TRIGGER ${three} ENABLE ALWAYS;`)
        : '';
    return `
      CREATE FUNCTION ${act}() RETURNS event_trigger LANGUAGE plpgsql AS $made$ BEGIN PERFORM tg_event; END $made$;
      CREATE EVENT TRIGGER ${one} ON ddl_command_end ${draw.maybe("WHEN TAG IN ('CREATE TABLE', 'COMMENT')")}
        EXECUTE FUNCTION ${act}();
      CREATE EVENT TRIGGER ${two} ON ${draw.pick(['sql_drop', 'table_rewrite', 'ddl_command_start'])} EXECUTE FUNCTION ${act}();
      ALTER EVENT TRIGGER ${one} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA', 'ENABLE'])};
      ${login}`;
  },

  'an event trigger that lets no extension in': (draw) => {
    const [refuse, trigger] = draw.names();
    draw.last.push(`
      CREATE EVENT TRIGGER ${trigger} ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION')
        EXECUTE FUNCTION ${draw.schema}.${refuse}();`);
    return `
      CREATE FUNCTION ${refuse}() RETURNS event_trigger LANGUAGE plpgsql
        AS $made$ BEGIN RAISE 'ask the administrator: %', tg_tag; END $made$;`;
  },

  'an event trigger that looks for its table along the search path': (draw) => {
    const [allowed, look, trigger] = draw.names();
    // Earlier versions cannot load without event triggers, and pg_restore refreshes materialized views after it has
    // made them.
    if (draw.major < 17) return '';
    draw.last.push(`CREATE EVENT TRIGGER ${trigger} ON ddl_command_end EXECUTE FUNCTION ${draw.schema}.${look}();`);
    return `
      CREATE TABLE ${allowed} (tag text);
      CREATE FUNCTION ${look}() RETURNS event_trigger LANGUAGE plpgsql AS $made$
        BEGIN IF tg_tag IN (SELECT tag FROM ${allowed}) THEN RAISE NOTICE 'known'; END IF; END $made$;`;
  },
};
