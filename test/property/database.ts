import { identifier, literal } from '../support/postgres/database-state';
import { Random } from '../support/retention/retention-cases';
import { randomProperties, type Properties } from './properties';
import { columns } from './schemas/columns';
import { comments } from './schemas/comments';
import { constraints } from './schemas/constraints';
import { Draw, EXTENSIONS, HOME, ROLES, TABLESPACES, type Theme } from './schemas/draw';
import { extensions } from './schemas/extensions';
import { foreign } from './schemas/foreign';
import { functions } from './schemas/functions';
import { indexes } from './schemas/indexes';
import { inheritance } from './schemas/inheritance';
import { oddName } from './schemas/names';
import { operators } from './schemas/operators';
import { partitions } from './schemas/partitions';
import { replication } from './schemas/replication';
import { security } from './schemas/security';
import { storage } from './schemas/storage';
import { tables } from './schemas/tables';
import { triggers } from './schemas/triggers';
import { types } from './schemas/types';
import { views } from './schemas/views';

export const FEATURES: Theme = {
  ...types,
  ...tables,
  ...inheritance,
  ...partitions,
  ...constraints,
  ...columns,
  ...indexes,
  ...views,
  ...triggers,
  ...security,
  ...functions,
  ...operators,
  ...replication,
  ...foreign,
  ...storage,
  ...comments,
  ...extensions,
};

/** A feature of a schema, by all that it takes to make it again. */
interface Part {
  readonly feature: string;
  readonly seed: string;
  readonly label: string;
}

export interface Schema {
  readonly label: string;
  /** Quoted. */
  readonly name: string;
  /** A role that owns the schema; quoted, and empty for the superuser. */
  readonly owner: string;
  /** A role that owns its tables; quoted, and empty where each feature decides. */
  readonly ownerOfTables: string;
  readonly parts: readonly Part[];
}

export interface Database {
  readonly properties: Properties;
  readonly schemas: readonly Schema[];
}

/** The roles that a generated database may use. */
export const CREATE_ROLES = ROLES.map((role) => `CREATE ROLE ${role};`).join('\n');

/** The tablespaces that it may use. */
export const CREATE_TABLESPACES = [...TABLESPACES, HOME]
  .map((space) => `CREATE TABLESPACE ${space} LOCATION '';`)
  .join('\n');

/** The same seed, the same database. */
export function randomDatabase(seed: string, schemas: number, major: number): Database {
  return {
    properties: randomProperties(`${seed}/properties`, major),
    schemas: Array.from({ length: schemas }, (_, number) => randomSchema(seed, number)),
  };
}

function randomSchema(seed: string, number: number): Schema {
  const random = new Random(`${seed}/${number}/schema`);
  const label = `s${number}`;
  const features = random.shuffled(Object.keys(FEATURES)).slice(0, random.int(3, 8));
  const parts = features.map((feature, index) => ({
    feature,
    label: `${label}f${index}`,
    seed: `${seed}/${number}/${index}/${feature}`,
  }));
  const role = (): string => (random.chance(0.3) ? random.pick(ROLES) : '');
  return { label, name: identifier(schemaName(random, label)), owner: role(), ownerOfTables: role(), parts };
}

/** The statements that make the schemas in an empty database. */
export function sqlOf(schemas: readonly Schema[], major: number): string {
  const made = schemas.map((schema) => ({ schema, ...drawn(schema, major) }));
  const needed = [...new Set(made.flatMap((one) => one.extensions))];
  return [
    ...(needed.length > 0 ? [`CREATE SCHEMA ${EXTENSIONS};`, `GRANT USAGE ON SCHEMA ${EXTENSIONS} TO PUBLIC;`] : []),
    ...needed.map((extension) => `CREATE EXTENSION ${identifier(extension)} SCHEMA ${EXTENSIONS};`),
    ...made.flatMap(({ schema, statements }) => [
      `CREATE SCHEMA ${schema.name} ${schema.owner && `AUTHORIZATION ${schema.owner}`};`,
      `SET search_path = ${schema.name}, ${EXTENSIONS}, public;`,
      ...statements,
      ...(schema.ownerOfTables ? [giveTables(schema)] : []),
    ]),
    'RESET search_path;',
    ...(major >= 17 ? ['SET event_triggers = off;'] : []),
    ...made.flatMap(({ last }) => last),
  ].join('\n');
}

function drawn({ name, parts }: Schema, major: number): { statements: string[]; extensions: string[]; last: string[] } {
  const draws = parts.map(({ seed, label }) => new Draw(seed, label, name, major));
  const statements = parts.map(
    ({ feature, label }, index) => `-- ${label}: ${feature}\n${FEATURES[feature]!(draws[index]!).trim()}`,
  );
  return {
    statements,
    extensions: draws.flatMap((draw) => [...draw.extensions]),
    last: draws.flatMap((draw) => draw.last),
  };
}

function giveTables({ name, ownerOfTables }: Schema): string {
  return `
    SELECT format('ALTER TABLE %s OWNER TO %s', oid::regclass, ${literal(ownerOfTables)}) FROM pg_class
     WHERE relnamespace = ${literal(name)}::regnamespace AND relkind IN ('r', 'p') ORDER BY oid \\gexec`;
}

/** PostgreSQL keeps the prefix `pg_` for schemas of its own. */
function schemaName(random: Random, label: string): string {
  return oddName(random, label).replace(/^pg_/, 'p_');
}
