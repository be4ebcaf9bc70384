import { InvalidPropError } from '../errors';
import { checkImage } from '../kubernetes/image';

/** The repository and the digest of an official image. */
export interface PostgresImageOptions {
  /**
   * Repository, for clusters that pull through a mirror.
   * @default 'postgres'
   */
  readonly repository?: string;
  /**
   * Digest that pins the image, `sha256:` and 64 hexadecimal digits.
   * @default - the tag alone decides
   */
  readonly digest?: string;
}

/** An image that is not one of the official ones. */
export interface PostgresImageProps {
  /**
   * Reference with a tag or a digest. It must have `sh`, bash 5.1 or later, the PostgreSQL client tools and
   * `sha256sum`.
   */
  readonly image: string;
  /** Numeric user that the image's `postgres` user has; not 0. */
  readonly uid: number;
  /** Numeric group that the image's `postgres` user has; not 0. */
  readonly gid: number;
  /** Major version of the client tools, e.g. 16. It must be the server's. */
  readonly majorVersion: number;
}

/**
 * The image that has the client tools. Its major version must be the server's: an older client refuses to dump, and a
 * newer client writes settings that the older server rejects on restore.
 */
export class PostgresImage {
  /**
   * The official Alpine image, `postgres:<version>-alpine`, whose user and group are both 70.
   * @param version e.g. `16.4`
   * @throws InvalidPropError when the version does not name one release, or the digest is not valid
   */
  public static alpine(version: string, options: PostgresImageOptions = {}): PostgresImage {
    return PostgresImage.official(version, '-alpine', 70, options, true);
  }

  /**
   * The official Debian image, `postgres:<version>`, whose user and group are both 999.
   * @param version e.g. `16.4`
   * @throws InvalidPropError when the version does not name one release, or the digest is not valid
   */
  public static debian(version: string, options: PostgresImageOptions = {}): PostgresImage {
    return PostgresImage.official(version, '', 999, options, false);
  }

  /**
   * Any other image.
   * @throws InvalidPropError
   */
  public static of(props: PostgresImageProps): PostgresImage {
    return new PostgresImage(props);
  }

  private static official(
    version: string,
    suffix: string,
    id: number,
    options: PostgresImageOptions,
    hasAuthorities: boolean,
  ): PostgresImage {
    const [, major, minor] = /^(\d{2})(\.\d+)?$/.exec(version) ?? [];
    if (major === undefined || (minor === undefined && options.digest === undefined)) {
      throw new InvalidPropError(
        'image.version',
        version,
        'does not name one release of PostgreSQL',
        'Write the server\'s version, e.g. "16.4" (SHOW server_version), or add a digest: a tag like "16" moves',
      );
    }
    if (options.digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(options.digest)) {
      throw new InvalidPropError(
        'image.digest',
        options.digest,
        'is not a digest',
        'Write sha256:<64 hexadecimal digits>',
      );
    }
    const digest = options.digest === undefined ? '' : `@${options.digest}`;
    return new PostgresImage(
      {
        image: `${options.repository ?? 'postgres'}:${version}${suffix}${digest}`,
        uid: id,
        gid: id,
        majorVersion: Number(major),
      },
      hasAuthorities,
    );
  }

  /** Reference with a tag or a digest. */
  public readonly image: string;
  /** Numeric user that the pods run as. */
  public readonly uid: number;
  /** Numeric group that the pods run as. */
  public readonly gid: number;
  /** Major version of the client tools. */
  public readonly majorVersion: number;

  private constructor(
    props: PostgresImageProps,
    /**
     * True if the image has certificates of public authorities, as far as known.
     * @internal
     */
    public readonly _hasAuthorities = true,
  ) {
    for (const [property, id] of [
      ['uid', props.uid],
      ['gid', props.gid],
    ] as const) {
      if (!Number.isInteger(id) || id < 1 || id > 2 ** 31 - 1) {
        throw new InvalidPropError(
          `image.${property}`,
          id,
          'must be a number from 1 to 2147483647',
          'Restricted pods never run as root; the official images use 70 (Alpine) and 999 (Debian)',
        );
      }
    }
    if (!Number.isInteger(props.majorVersion) || props.majorVersion < 13 || props.majorVersion > 99) {
      throw new InvalidPropError(
        'image.majorVersion',
        props.majorVersion,
        'must be a major version of PostgreSQL from 13 on',
        'Earlier servers lack DROP DATABASE … WITH (FORCE), which a restore needs. Upgrade the server first',
      );
    }
    this.image = checkImage('image', props.image);
    this.uid = props.uid;
    this.gid = props.gid;
    this.majorVersion = props.majorVersion;
  }
}
