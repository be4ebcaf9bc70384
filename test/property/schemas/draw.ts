import { identifier, literal } from '../../support/postgres/database-state';
import { Random } from '../../support/retention/retention-cases';
import { neighbourName, oddName, oddText } from './names';

/** Roles that own, and are granted, what is in the database, quoted. They do not log in. */
export const ROLES = ['property_owner', 'Property "reader"', "property's; --writer", 'property grantor é'].map(
  identifier,
);

/** Tablespaces, quoted. */
export const TABLESPACES = ['property_space', `Property's "space"`].map(identifier);

/** The tablespace that a whole database may be in, quoted. */
export const HOME = identifier('property home');

/** The schema of the extensions that features need. */
export const EXTENSIONS = 'extensions';

/** The choices of one feature of a schema: the same seed, the same SQL, whatever else is in the database. */
export class Draw extends Random {
  /** Extensions that the feature needs. */
  readonly extensions = new Set<string>();
  /** Statements that must come after those of all other features. */
  readonly last: string[] = [];
  private given = 0;

  /**
   * @param label what no other feature of the database is called: a few letters and two numbers
   * @param schema the schema's name, quoted
   * @param major the version of the server
   */
  constructor(
    seed: string,
    readonly label: string,
    readonly schema: string,
    readonly major: number,
  ) {
    super(seed);
  }

  /** A quoted name that nothing else in the database has. */
  name(): string {
    return identifier(oddName(this, `${this.label}n${++this.given}`));
  }

  /** Such names, as many as are taken. */
  *names(): Generator<string, never> {
    for (;;) yield this.name();
  }

  /** Quoted names of columns, or of whatever else must differ from its neighbours only, as many as are taken. */
  *columns(): Generator<string, never> {
    for (const taken = new Set<string>(); ;) {
      const name = neighbourName(this, `c${taken.size}`);
      if (!taken.has(name)) yield identifier(name);
      taken.add(name);
    }
  }

  /** A literal of odd text. */
  text(): string {
    return literal(oddText(this));
  }

  /** A number that no other feature of the database has. */
  number(): number {
    const [schema, feature] = this.label.match(/\d+/g)!.map(Number) as [number, number];
    return 1_000_000 + schema * 10_000 + feature * 100 + ++this.given;
  }

  /** Some of them, in their order; often all, seldom none. */
  some<T>(choices: readonly T[]): T[] {
    const probability = this.pick([0.3, 0.6, 1]);
    return choices.filter(() => this.chance(probability));
  }

  /** Some of the statements. */
  statements(...choices: readonly string[]): string {
    return this.some(choices).join('\n');
  }

  /** Some of the options in brackets, or nothing. */
  options(keyword: string, choices: readonly string[]): string {
    const chosen = this.some(choices);
    return chosen.length === 0 ? '' : `${keyword} (${chosen.join(', ')})`;
  }

  /** The text, or nothing. */
  maybe(text: string, probability = 0.5): string {
    return this.chance(probability) ? text : '';
  }

  role(): string {
    return this.pick(ROLES);
  }

  extension(...names: string[]): void {
    for (const name of names) this.extensions.add(name);
  }
}

/** The first of many. */
export function take<T>(count: number, many: Iterator<T>): T[] {
  return Array.from({ length: count }, () => many.next().value as T);
}

/** A part of a schema, which needs no other part. Its search path is the schema, then that of the extensions. */
export type Feature = (draw: Draw) => string;

/** Features by a name that tells what they are. */
export type Theme = Readonly<Record<string, Feature>>;
