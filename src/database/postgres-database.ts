import { isIP } from 'node:net';
import { Duration } from 'cdk8s';
import { Compression } from '../backup/compression';
import { checkImage } from '../kubernetes/image';
import { checkDuration, InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';

/** Where an official image comes from, and which one exactly. */
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
 * The image that has the client tools. Its major version must be the server's: an older client refuses to dump,
 * a newer one writes settings that the older server rejects on restore.
 */
export class PostgresImage {
  /**
   * The official Alpine image, `postgres:<version>-alpine`, whose user and group are both 70.
   * @param version e.g. `16.4`
   */
  public static alpine(version: string, options: PostgresImageOptions = {}): PostgresImage {
    return official(version, '-alpine', 70, options);
  }

  /**
   * The official Debian image, `postgres:<version>`, whose user and group are both 999.
   * @param version e.g. `16.4`
   */
  public static debian(version: string, options: PostgresImageOptions = {}): PostgresImage {
    return official(version, '', 999, options);
  }

  /** Any other image. */
  public static of(props: PostgresImageProps): PostgresImage {
    return new PostgresImage(props);
  }

  public readonly image: string;
  public readonly uid: number;
  public readonly gid: number;
  public readonly majorVersion: number;

  private constructor(props: PostgresImageProps) {
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

  /** The fastest compression that this image's tools have. */
  public get bestCompression(): Compression {
    return Compression.bestFor(this.majorVersion);
  }
}

function official(version: string, suffix: string, id: number, options: PostgresImageOptions): PostgresImage {
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
  return PostgresImage.of({
    image: `${options.repository ?? 'postgres'}:${version}${suffix}${digest}`,
    uid: id,
    gid: id,
    majorVersion: Number(major),
  });
}

/** A database on a server. */
export interface PostgresDatabaseProps {
  /** Name of the database, in any spelling that PostgreSQL allows. */
  readonly name: string;
  /** Role that dumps and restores. It must be a superuser: a restore creates a database and gives objects away. */
  readonly user: string;
  /** The role's password. */
  readonly password: SecretKey;
  /** Image with the client tools of the server's major version. */
  readonly image: PostgresImage;
  /**
   * TCP port of the server.
   * @default 5432
   */
  readonly port?: number;
  /**
   * Another database on the same server, where locks are taken and from where databases are renamed.
   * @default 'postgres'
   */
  readonly maintenanceDatabase?: string;
  /**
   * How long to wait for a server that does not accept connections yet, e.g. because it is restarting.
   * @default Duration.minutes(5)
   */
  readonly serverTimeout?: Duration;
}

/** One database: where it is, who logs in, and which tools fit it. */
export class PostgresDatabase {
  /**
   * @param host DNS name or address of the server, as seen from the namespace of the backup
   * @throws InvalidPropError
   */
  public static at(host: string, props: PostgresDatabaseProps): PostgresDatabase {
    return new PostgresDatabase(host, props);
  }

  public readonly host: string;
  public readonly port: number;
  public readonly name: string;
  public readonly user: string;
  public readonly password: SecretKey;
  public readonly image: PostgresImage;
  public readonly maintenanceDatabase: string;
  public readonly serverTimeout: Duration;

  private constructor(host: string, props: PostgresDatabaseProps) {
    if ((isIP(host) === 0 || host.includes('%')) && !/^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*\.?$/.test(host)) {
      throw new InvalidPropError(
        'database.host',
        host,
        'is neither a DNS name nor an address',
        'Write the Service\'s name, e.g. "shop-db" or "db.other-namespace.svc"',
      );
    }
    const port = props.port ?? 5432;
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new InvalidPropError('database.port', port, 'is not a TCP port', 'PostgreSQL listens on 5432 by default');
    }
    checkIdentifier('database.name', props.name);
    checkIdentifier('database.user', props.user);
    const maintenanceDatabase = props.maintenanceDatabase ?? 'postgres';
    checkIdentifier('database.maintenanceDatabase', maintenanceDatabase);
    if (props.name === maintenanceDatabase) {
      throw new InvalidPropError(
        'database.name',
        props.name,
        'is also the maintenance database, which a restore cannot swap',
        'Make an empty database for this, e.g. CREATE DATABASE maintenance, and name it as maintenanceDatabase',
      );
    }
    for (const [property, name] of [
      ['name', props.name],
      ['maintenanceDatabase', maintenanceDatabase],
    ] as const) {
      if (name === 'template0' || name === 'template1') {
        throw new InvalidPropError(
          `database.${property}`,
          name,
          'is a template: while a run is connected to it, no database can be created',
          'Name another database',
        );
      }
    }
    this.host = host;
    this.port = port;
    this.name = props.name;
    this.user = props.user;
    this.password = props.password;
    this.image = props.image;
    this.maintenanceDatabase = maintenanceDatabase;
    this.serverTimeout = checkDuration('database.serverTimeout', props.serverTimeout ?? Duration.minutes(5), 0);
  }

  /** The database in words, e.g. `the database shop on shop-db`. */
  public toString(): string {
    return `the database ${this.name} on ${this.host}`;
  }
}

/**
 * PostgreSQL takes every character but NUL, and truncates silently what is longer than 63 bytes.
 * Its own tools refuse line breaks (`pg_dump: database name contains a newline or carriage return`).
 */
export function checkIdentifier(property: string, identifier: string): void {
  const bytes = Buffer.byteLength(identifier, 'utf8');
  if (bytes < 1 || bytes > 63) {
    throw new InvalidPropError(
      property,
      identifier,
      `has ${bytes} bytes, PostgreSQL allows 1 to 63`,
      'Write the name as \\l or \\du shows it',
    );
  }
  if (/[\0\r\n]/.test(identifier) || Buffer.from(identifier, 'utf8').toString('utf8') !== identifier) {
    throw new InvalidPropError(
      property,
      identifier,
      'has a character that PostgreSQL or its tools refuse',
      'Rename it without line breaks, NUL characters and unpaired surrogates',
    );
  }
}
