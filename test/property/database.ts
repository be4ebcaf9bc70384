import { identifier } from '../support/database-state';
import { Random } from '../support/retention-cases';
import { columns } from './schemas/columns';
import { comments } from './schemas/comments';
import { constraints } from './schemas/constraints';
import { Draw, HOME, ROLES, TABLESPACES, type Theme } from './schemas/draw';
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
import { randomProperties, type Properties } from './settings';

export const FEATURES: Theme = {
  ...types, ...tables, ...inheritance, ...partitions, ...constraints, ...columns, ...indexes, ...views, ...triggers, ...security, ...functions, ...operators,
  ...replication, ...foreign, ...storage, ...comments, ...extensions,
};

/** One feature of a schema, by all that it takes to make it again. */
interface Part {
  readonly feature: string;
  readonly seed: string;
  readonly label: string;
}

export interface Schema {
  readonly label: string;
  /** Quoted. */
  readonly name: string;
  readonly parts: readonly Part[];
}

export interface Database {
  readonly properties: Properties;
  readonly schemas: readonly Schema[];
}

/** The same seed, the same database. */
export function randomDatabase(seed: string, schemas: number, major: number): Database {
  return { properties: randomProperties(`${seed}/properties`, major), schemas: Array.from({ length: schemas }, (_, number) => randomSchema(seed, number)) };
}

/** A schema of some features; the same seed and number, the same schema. */
function randomSchema(seed: string, number: number): Schema {
  const random = new Random(`${seed}/${number}/schema`);
  const label = `s${number}`;
  const features = random.shuffled(Object.keys(FEATURES)).slice(0, random.int(3, 8));
  const parts = features.map((feature, index) => ({ feature, label: `${label}f${index}`, seed: `${seed}/${number}/${index}/${feature}` }));
  return { label, name: identifier(oddName(random, label)), parts };
}

/** The roles that a generated database may use. */
export const CREATE_ROLES = ROLES.map((role) => `CREATE ROLE ${role};`).join('\n');

/** The tablespaces that it may use. */
export const CREATE_TABLESPACES = [...TABLESPACES, HOME].map((tablespace) => `CREATE TABLESPACE ${tablespace} LOCATION '';`).join('\n');

/** The statements that make the schemas in an empty database. */
export function sqlOf(schemas: readonly Schema[], major: number): string {
  const made = schemas.map((schema) => ({ schema, ...drawn(schema, major) }));
  const extensions = new Set(made.flatMap((one) => [...one.extensions]));
  return [
    ...[...extensions].map((extension) => `CREATE EXTENSION ${extension} SCHEMA public;`),
    ...made.map(({ schema, statements }) => `CREATE SCHEMA ${schema.name};\nSET search_path = ${schema.name}, public;\n${statements}`),
    ...made.flatMap(({ last }) => last),
  ].join('\n');
}

function drawn({ name, parts }: Schema, major: number): { statements: string; extensions: string[]; last: string[] } {
  const made = parts.map(({ feature, seed, label }) => {
    const draw = new Draw(seed, label, name, major);
    const sql = FEATURES[feature]!(draw);
    return { text: `-- ${label}: ${feature}\n${sql.replace(/^ {4,6}(?=\S)/gm, '').replace(/\n\s*\n/g, '\n').trim()}`, draw };
  });
  return {
    statements: made.map(({ text }) => text).join('\n'),
    extensions: made.flatMap(({ draw }) => [...draw.extensions]),
    last: made.flatMap(({ draw }) => draw.last),
  };
}
