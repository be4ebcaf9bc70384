import type { Theme } from './draw';

export const replication: Theme = {
  publications: (draw) => {
    const [table, other, parts, all, some, schema, none] = draw.names();
    const [a, b, c] = draw.columns();
    const newer = draw.major >= 18 ? ['publish_generated_columns = stored'] : [];
    // Later, as rows of what is published can be changed only where they have an identity.
    draw.last.push(
      draw.maybe(
        `CREATE PUBLICATION ${all} FOR ALL TABLES WITH (publish = '${draw.pick(['', 'delete', 'insert, update'])}');`,
      ),
      `CREATE PUBLICATION ${schema} FOR TABLES IN SCHEMA ${draw.schema};`,
    );
    return `
      CREATE TABLE ${table} (${a} int PRIMARY KEY, ${b} text, ${c} int);
      CREATE TABLE ${other} (id int PRIMARY KEY);
      CREATE TABLE ${parts} (id int PRIMARY KEY) PARTITION BY LIST (id);
      INSERT INTO ${table} VALUES (1, 'x', 2);
      CREATE PUBLICATION ${some} FOR TABLE ${table} (${a}, ${b}) ${draw.maybe(`WHERE (${a} > 1)`)}, ${parts}
        ${draw.options('WITH', ["publish = 'insert, truncate'", 'publish_via_partition_root = true', ...newer])};
      ${draw.maybe(`ALTER PUBLICATION ${some} ADD TABLE ONLY ${other};`)}
      CREATE PUBLICATION ${none};
      ALTER PUBLICATION ${none} OWNER TO ${draw.role()};
      ${draw.maybe(`COMMENT ON PUBLICATION ${none} IS ${draw.text()};`)}`;
  },

  subscriptions: (draw) => {
    const [one, two, three, publication] = draw.names();
    const options = [
      'connect = false',
      `slot_name = 'two_${draw.label}'`,
      ...draw.some(['binary = true', 'streaming = on', 'synchronous_commit = local', 'two_phase = true']),
      ...draw.some(['disable_on_error = true']),
      ...draw.some(draw.major >= 16 ? ['origin = none', 'password_required = false', 'run_as_owner = true'] : []),
      ...draw.some(draw.major >= 17 ? ['failover = true'] : []),
    ];
    return `
      SET client_min_messages = error;
      CREATE SUBSCRIPTION ${one} CONNECTION 'host=/nowhere dbname=''it\\''s'' password=secret'
        PUBLICATION ${publication}, "TABLE DATA"
        WITH (connect = false, slot_name = NONE);
      CREATE SUBSCRIPTION ${two} CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (${options.join(', ')});
      CREATE SUBSCRIPTION ${three} CONNECTION '' PUBLICATION p
        WITH (connect = false, enabled = false, create_slot = false, slot_name = 'three_${draw.label}');
      ${draw.maybe(`ALTER SUBSCRIPTION ${three} ENABLE;`, 0.3)}
      COMMENT ON SUBSCRIPTION ${one} IS ${draw.text()};
      RESET client_min_messages;`;
  },
};
