import type { Theme } from './draw';

export const replication: Theme = {
  'publications': (draw) => {
    const [table, other, parts, all, some, schema, none] = draw.names();
    const [a, b, c] = draw.columns();
    const options = draw.some(["publish = 'insert, truncate'", 'publish_via_partition_root = true']);
    // Later, as rows of what is published can be changed only where they have an identity.
    draw.last.push(
      draw.maybe(`CREATE PUBLICATION ${all} FOR ALL TABLES WITH (publish = '${draw.pick(['', 'delete', 'insert, update'])}');`),
      `CREATE PUBLICATION ${schema} FOR TABLES IN SCHEMA ${draw.schema};`,
    );
    return `
      CREATE TABLE ${table} (${a} int PRIMARY KEY, ${b} text, ${c} int);
      CREATE TABLE ${other} (id int PRIMARY KEY);
      CREATE TABLE ${parts} (id int PRIMARY KEY) PARTITION BY LIST (id);
      INSERT INTO ${table} VALUES (1, 'x', 2);
      CREATE PUBLICATION ${some} FOR TABLE ${table} (${a}, ${b}) ${draw.maybe(`WHERE (${a} > 1)`)}, ${parts} ${options.length > 0 ? `WITH (${options.join(', ')})` : ''};
      ${draw.maybe(`ALTER PUBLICATION ${some} ADD TABLE ONLY ${other};`)}
      CREATE PUBLICATION ${none};
      ALTER PUBLICATION ${none} OWNER TO ${draw.role()};`;
  },
  'subscriptions': (draw) => {
    const [one, two, three] = draw.names();
    const options = draw.some([
      'binary = true', `streaming = ${draw.major >= 16 ? draw.pick(['parallel', 'on']) : 'on'}`, 'synchronous_commit = local', 'two_phase = true', 'disable_on_error = true',
      ...(draw.major >= 16 ? ["origin = none", 'password_required = false', 'run_as_owner = true'] : []), ...(draw.major >= 17 ? ['failover = true'] : []),
    ]);
    return `
      SET client_min_messages = error;
      CREATE SUBSCRIPTION ${one} CONNECTION 'host=/nowhere dbname=''it\\''s'' password=secret' PUBLICATION ${draw.name()}, "TABLE DATA" WITH (connect = false, slot_name = NONE);
      CREATE SUBSCRIPTION ${two} CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p WITH (connect = false, slot_name = 'other_${draw.label}'${options.map((option) => `, ${option}`).join('')});
      CREATE SUBSCRIPTION ${three} CONNECTION '' PUBLICATION p WITH (connect = false, enabled = false, create_slot = false, slot_name = 'slot_${draw.label}');
      ${draw.maybe(`ALTER SUBSCRIPTION ${three} ENABLE;`, 0.3)}
      COMMENT ON SUBSCRIPTION ${one} IS ${draw.text()};
      RESET client_min_messages;`;
  },
};
