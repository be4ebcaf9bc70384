import { InvalidPropError } from '../errors';

/** The first major version of PostgreSQL whose client tools have zstd and lz4. */
const FIRST_WITH_ZSTD = 16;

/** The compression of a dump, by `pg_dump`. */
export class Compression {
  /**
   * Zstandard, PostgreSQL 16 and later. Level 1 is both faster than gzip's default and smaller on typical data.
   * @param level 1 (fast) to 22 (small); default 1
   * @throws InvalidPropError when the level is not a whole number of that range
   */
  public static zstd(level: number = 1): Compression {
    return new Compression('zstd', checkLevel('zstd', level, 22));
  }

  /** LZ4, PostgreSQL 16 and later: as fast as zstd level 1 but about twice the size. */
  public static lz4(): Compression {
    return new Compression('lz4');
  }

  /**
   * gzip, which every version has.
   * @param level 1 (fast) to 9 (small); default 6
   * @throws InvalidPropError when the level is not a whole number of that range
   */
  public static gzip(level: number = 6): Compression {
    return new Compression('gzip', checkLevel('gzip', level, 9));
  }

  /** No compression, for storage that compresses by itself. */
  public static none(): Compression {
    return new Compression('none');
  }

  private constructor(
    /** `zstd`, `lz4`, `gzip` or `none`. */
    public readonly method: string,
    /** The level of the method; undefined if it has none. */
    public readonly level?: number,
  ) {}

  /** The method and its level, as `pg_dump --compress` takes them from version 16 on, e.g. `zstd:1`. */
  public toString(): string {
    return this.level === undefined ? this.method : `${this.method}:${this.level}`;
  }
}

/** The fastest compression that the clients of a major version have. */
export function bestCompression(majorVersion: number): Compression {
  return majorVersion >= FIRST_WITH_ZSTD ? Compression.zstd() : Compression.gzip();
}

/**
 * The value of `pg_dump --compress`. Versions before 16 know only gzip, as a bare level.
 * @throws InvalidPropError when the client tools of that major version lack the method
 */
export function compressionOption(compression: Compression, majorVersion: number): string {
  if (majorVersion >= FIRST_WITH_ZSTD) {
    return compression.toString();
  }
  if (compression.method === 'zstd' || compression.method === 'lz4') {
    throw new InvalidPropError(
      'backupCronJob.compression',
      compression.toString(),
      `needs the client tools of PostgreSQL ${FIRST_WITH_ZSTD}, the image has ${majorVersion}`,
      'Use Compression.gzip(), or an image of the newer version if the server has it too',
    );
  }
  return String(compression.level ?? 0);
}

function checkLevel(method: string, level: number, max: number): number {
  if (!Number.isInteger(level) || level < 1 || level > max) {
    throw new InvalidPropError(
      'compression.level',
      level,
      `must be a whole number from 1 to ${max} for ${method}`,
      'Level 1 is the fastest',
    );
  }
  return level;
}
