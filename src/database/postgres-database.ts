import { isIP } from 'node:net';
import { Duration } from 'cdk8s';
import { checkDuration, InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';
import { checkIdentifier } from './identifiers';
import { PostgresImage } from './postgres-image';

/** A database on a server. */
export interface PostgresDatabaseProps extends PostgresServerProps {
  /** Name of the database, in any spelling that PostgreSQL allows, up to 63 bytes. */
  readonly name: string;
}

/** How a server is reached, and what fits it. */
export interface PostgresServerProps {
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
   * A database on a server.
   * @param host DNS name or address of the server, as seen from the namespace of the backup
   * @throws InvalidPropError
   */
  public static at(host: string, props: PostgresDatabaseProps): PostgresDatabase {
    return new PostgresDatabase(host, props);
  }

  /** DNS name or address of the server. */
  public readonly host: string;
  /** TCP port of the server. */
  public readonly port: number;
  /** Name of the database. */
  public readonly name: string;
  /** Role that dumps and restores. */
  public readonly user: string;
  /** The role's password. */
  public readonly password: SecretKey;
  /** Image with the client tools. */
  public readonly image: PostgresImage;
  /** Another database on the same server, where locks are taken. */
  public readonly maintenanceDatabase: string;
  /** How long to wait for a server that does not accept connections yet. */
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
    this.password._useFor('the backup and the restore log in with it');
    this.image = props.image;
    this.maintenanceDatabase = maintenanceDatabase;
    this.serverTimeout = checkDuration('database.serverTimeout', props.serverTimeout ?? Duration.minutes(5), 0);
  }

  /** The database in words, e.g. `the database shop on shop-db`. */
  public toString(): string {
    return `the database ${this.name} on ${this.host}`;
  }
}
