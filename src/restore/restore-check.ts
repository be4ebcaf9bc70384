import { InvalidPropError } from '../errors';

/** A query, and the name under which logs and manifests speak of it. */
export interface SameAsDumpOptions {
  /** The subject of the check, in a few words of up to 200 characters. Unique among the checks of a backup. */
  readonly name: string;
  /**
   * A query that returns one value. It is read-only, and names without a schema are PostgreSQL's own: write
   * `public.orders`, not `orders`.
   */
  readonly query: string;
}

/** A query, and the value that it must return. */
export interface SqlCheckOptions extends SameAsDumpOptions {
  /** The value, as psql prints it: `t` for true, `0`, an empty string for null. */
  readonly expect: string;
}

/**
 * A statement that must be true of the data. It is evaluated in the snapshot of each dump, where a failure is a
 * warning. It is evaluated again in the restored database, where a failure stops the restore before the live database
 * is touched.
 */
export class RestoreCheck {
  /**
   * The query must return a fixed value.
   * @throws InvalidPropError when the name or the query is not legal
   */
  public static sql(options: SqlCheckOptions): RestoreCheck {
    return new RestoreCheck(options.name, options.query, options.expect);
  }

  /**
   * The query must return the value that it returned when the dump was taken.
   * @throws InvalidPropError when the name or the query is not legal
   */
  public static sameAsDump(options: SameAsDumpOptions): RestoreCheck {
    return new RestoreCheck(options.name, options.query);
  }

  private constructor(
    /** The subject of the check. */
    public readonly name: string,
    /** The query that returns one value. */
    public readonly query: string,
    /** The value that it must return; undefined for the value when the dump was taken. */
    public readonly expect?: string,
  ) {
    if (!/^[^\r\n]{1,200}$/.test(name)) {
      throw new InvalidPropError(
        'check.name',
        name,
        'is empty, has a line break or is too long',
        'Say in a few words what must be true',
      );
    }
    if (query.trim() === '') {
      throw new InvalidPropError('check.query', query, 'is empty', 'Write a query that returns one value');
    }
  }
}
