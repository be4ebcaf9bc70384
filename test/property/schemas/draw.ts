import { identifier, literal } from '../../support/database-state';
import { Random } from '../../support/retention-cases';
import { oddName, oddNames, oddText } from './names';

/** The choices of one feature of a schema: the same seed, the same SQL, whatever else is in the database. */
export class Draw extends Random {
  /** Extensions of the schema public that the feature needs. */
  readonly extensions = new Set<string>();
  /** Statements that must come after those of all other features. */
  readonly last: string[] = [];
  private given = 0;

  /**
   * @param label what no other feature of the database is called, a few letters and digits
   * @param schema the schema's name, quoted
   * @param major the version of the server
   */
  constructor(seed: string, readonly label: string, readonly schema: string, readonly major: number) {
    super(seed);
  }

  /** A quoted name that nothing else in the database has. */
  name(): string {
    return identifier(oddName(this, `${this.label}n${++this.given}`));
  }

  names(count: number): string[] {
    return Array.from({ length: count }, () => this.name());
  }

  /** Quoted names of columns, or of whatever else must differ from its neighbours only. */
  columns(count: number): string[] {
    return oddNames(this, count).map(identifier);
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

/** A part of a schema, which needs no other part. Its search path is the schema, then public. */
export type Feature = (draw: Draw) => string;

/** Features by a name that tells what they are. */
export type Theme = Readonly<Record<string, Feature>>;

/** Roles that own, and are granted, what is in the database, quoted. They do not log in. */
export const ROLES = ['property_owner', 'Property "reader"', "property's; --writer", 'property grantor é'].map(identifier);

/** Quoted. */
export const TABLESPACES = ['property_space', `Property's "space"`].map(identifier);

/** The tablespace that a whole database may be in, quoted. */
export const HOME = identifier('property home');
