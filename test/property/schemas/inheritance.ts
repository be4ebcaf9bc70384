import { take, type Draw, type Theme } from './draw';
import { anyColumns, definition, insertRows, type Column } from './tables';

/** Parents, children and grandchildren, whose columns are local, inherited, or both. */
function family(draw: Draw): string {
  const [parent, other, child, grandchild] = draw.names();
  const { before, columns } = anyColumns(draw, 4);
  const [a, b, c, d] = columns as [Column, Column, Column, Column];
  const own = draw.some([definition(b), definition(d), 'own int']);
  return `
    ${before}
    CREATE TABLE ${parent} (${definition(a)}, gone int, ${definition(b)});
    CREATE TABLE ${other} (${definition(b)}, ${definition(c)}, id int DEFAULT ${draw.int(1, 9)});
    CREATE TABLE ${child} (${own.join(', ')}) INHERITS (${parent}${draw.maybe(`, ${other}`)});
    CREATE TABLE ${grandchild} (${draw.maybe(definition(a))}) INHERITS (${draw.pick([child, `${other}, ${child}`])});
    ALTER TABLE ${parent} ADD COLUMN late text DEFAULT ${draw.text()}, DROP COLUMN gone;
    ${draw.statements(
      `ALTER TABLE ${parent} ALTER COLUMN late SET NOT NULL;`,
      `ALTER TABLE ${child} ALTER COLUMN late SET DEFAULT 'of the child';`,
      `ALTER TABLE ${other} ALTER COLUMN id DROP DEFAULT;`,
      `ALTER TABLE ONLY ${grandchild} ADD COLUMN last date DEFAULT 'infinity';`,
      `ALTER TABLE ${parent} RENAME COLUMN late TO later;`,
    )}
    ${insertRows(draw, parent, [a, b])}
    ${insertRows(draw, other, [b, c])}
    ${insertRows(draw, child, [a, b])}
    ${insertRows(draw, grandchild, [a, b])}`;
}

export const inheritance: Theme = {
  'tables that inherit from several others': family,

  'tables that began and ceased to inherit': (draw) => {
    const [parent, joined, left, check] = draw.names();
    const [a, b] = draw.columns();
    return `
      CREATE TABLE ${parent} (${a} int NOT NULL, ${b} text, CONSTRAINT ${check} CHECK (${a} > 0));
      CREATE TABLE ${joined} (${b} text, own int GENERATED ALWAYS AS IDENTITY,
        ${a} int NOT NULL, CONSTRAINT ${check} CHECK (${a} > 0));
      CREATE TABLE ${left} (more int) INHERITS (${parent});
      INSERT INTO ${joined} (${a}) VALUES (1), (2);
      INSERT INTO ${left} VALUES (1, 'x', 2);
      ALTER TABLE ${joined} INHERIT ${parent};
      ALTER TABLE ${left} NO INHERIT ${parent};
      ${draw.maybe(`ALTER TABLE ${joined} NO INHERIT ${parent}; ALTER TABLE ${joined} INHERIT ${parent};`, 0.3)}`;
  },

  'constraints that are inherited, local, both, or valid here and not there': (draw) => {
    const [parent, child, grandchild, one, two, three, four] = draw.names();
    return `
      CREATE TABLE ${parent} (a int, b varchar(9), CONSTRAINT ${one} CHECK (a <> 5) NO INHERIT);
      CREATE TABLE ${child} (CONSTRAINT ${two} CHECK (a < 100)) INHERITS (${parent});
      CREATE TABLE ${grandchild} () INHERITS (${child});
      INSERT INTO ${parent} VALUES (1000, 'x');
      INSERT INTO ${grandchild} VALUES (6, 'y');
      ALTER TABLE ${parent} ADD CONSTRAINT ${three} CHECK (a < 50) NOT VALID;
      ${draw.maybe(`ALTER TABLE ${child} VALIDATE CONSTRAINT ${three};`)}
      ALTER TABLE ${child} ADD CONSTRAINT ${four} CHECK (b IN ('x', 'y')) NOT VALID;
      ${draw.statements(
        `ALTER TABLE ${grandchild} VALIDATE CONSTRAINT ${four};`,
        `ALTER TABLE ${child} ALTER COLUMN a SET NOT NULL;`,
        `ALTER TABLE ONLY ${parent} ADD CONSTRAINT ${two} CHECK (a < 10000) NO INHERIT;`,
      )}
      ALTER TABLE ${child} ADD UNIQUE (a, b);`;
  },

  'a table of many children': (draw) => {
    const parent = draw.name();
    const children = take(draw.int(5, 30), draw.names());
    return `
      CREATE TABLE ${parent} (a int, b text);
      ${children.map((child) => `CREATE TABLE ${child} () INHERITS (${parent}); INSERT INTO ${child} VALUES (1);`).join('\n')}`;
  },
};
