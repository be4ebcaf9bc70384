import type { Theme } from './draw';

export const triggers: Theme = {
  'triggers of all kinds': (draw) => {
    const [table, view, act, other, refuse] = draw.names(5) as [string, string, string, string, string];
    const [a, b] = draw.columns(2) as [string, string];
    const made = draw.names(6);
    return `
      CREATE FUNCTION ${act}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;
      CREATE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no rows after this'; END $$;
      CREATE TABLE ${table} (${a} int, ${b} text);
      INSERT INTO ${table} VALUES (1, 'x'), (2, NULL);
      CREATE VIEW ${view} AS SELECT * FROM ${table};
      CREATE TRIGGER ${made[0]} BEFORE INSERT OR UPDATE OF ${a}, ${b} OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${made[1]} AFTER UPDATE ON ${table} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION ${act}(${draw.text()}, 'two', '3');
      CREATE CONSTRAINT TRIGGER ${made[2]} AFTER INSERT ON ${table} ${draw.pick(['', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED'])} FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${made[3]} AFTER DELETE ON ${table} REFERENCING OLD TABLE AS ${other} FOR EACH STATEMENT EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${made[4]} INSTEAD OF INSERT ON ${view} FOR EACH ROW EXECUTE FUNCTION ${act}();
      CREATE TRIGGER ${made[5]} BEFORE ${draw.pick(['TRUNCATE', 'INSERT'])} ON ${table} EXECUTE FUNCTION ${refuse}();
      ${made.slice(0, 4).map((trigger) => draw.maybe(`ALTER TABLE ${table} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} TRIGGER ${trigger};`, 0.3)).join('\n')}`;
  },
  'a trigger that would change or keep out each row': (draw) => {
    const [table, change, drop] = draw.names(3) as [string, string, string];
    return `
      CREATE FUNCTION ${change}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.t := 'changed'; RETURN NEW; END $$;
      CREATE FUNCTION ${drop}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE TABLE ${table} (t text); INSERT INTO ${table} VALUES ('as it was');
      CREATE TRIGGER ${change} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${change}();
      CREATE TRIGGER ${drop} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${drop}();
      ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${drop};`;
  },
  'event triggers': (draw) => {
    const [act, one, two, three] = draw.names(4) as [string, string, string, string];
    const login = draw.major >= 17 && draw.chance(0.5);
    return `
      CREATE FUNCTION ${act}() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tg_event; END $$;
      CREATE EVENT TRIGGER ${one} ON ddl_command_end ${draw.pick(['', "WHEN TAG IN ('CREATE TABLE', 'COMMENT')"])} EXECUTE FUNCTION ${act}();
      CREATE EVENT TRIGGER ${two} ON ${draw.pick(['sql_drop', 'table_rewrite', 'ddl_command_start'])} EXECUTE FUNCTION ${act}();
      ALTER EVENT TRIGGER ${one} ${draw.pick(['DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA', 'ENABLE'])};
      ${login ? `CREATE EVENT TRIGGER ${three} ON login EXECUTE FUNCTION ${act}(); ALTER EVENT TRIGGER ${three} ENABLE ALWAYS;` : ''}`;
  },
  'an event trigger that lets no extension in': (draw) => {
    const [refuse, trigger] = draw.names(2) as [string, string];
    draw.last.push(`CREATE EVENT TRIGGER ${trigger} ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION ${draw.schema}.${refuse}();`);
    return `CREATE FUNCTION ${refuse}() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'ask the administrator: %', tg_tag; END $$;`;
  },
};
