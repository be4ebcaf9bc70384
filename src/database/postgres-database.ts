import { isIP } from 'node:net';
import { Duration } from 'cdk8s';
import { checkDuration, InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';
import { checkIdentifier } from './identifiers';
import { PostgresImage } from './postgres-image';
import { PostgresRole } from './postgres-role';
import { PEM, Tls, TlsClientCertificate } from './tls';

/** A database on a server. */
export interface PostgresDatabaseProps extends PostgresServerProps {
  /** Name of the database, in any spelling that PostgreSQL allows, up to 63 bytes. */
  readonly name: string;
}

/** The way to a server, and the tools that fit it. */
export interface PostgresServerProps {
  /**
   * Role that dumps, and that restores unless `restoreAs` names another. To dump, it must be able to read everything,
   * e.g. by `pg_read_all_data`. `docs/least-privilege.md` has the SQL that makes such roles.
   */
  readonly user: string;
  /** The role's password. */
  readonly password: SecretKey;
  /**
   * Role that restores: the owner of the database with `CREATEDB`, or a superuser. Every backup asks the server which
   * rights this role lacks, and fails with status 3 if a restore would fail. No pod of a backup gets its password.
   * @default - `user` and `password`
   */
  readonly restoreAs?: PostgresRole;
  /** Image with the client tools of the server's major version. */
  readonly image: PostgresImage;
  /**
   * TCP port of the server.
   * @default 5432
   */
  readonly port?: number;
  /**
   * Encryption of the connections, and the check of the server's certificate.
   * @default - libpq's `prefer`: encrypted if the server offers it, and the server is not checked; the policy `tls`
   * says so
   */
  readonly tls?: Tls;
  /**
   * Another database on the same server. Locks are taken in it, and databases are renamed from it.
   * @default 'postgres'
   */
  readonly maintenanceDatabase?: string;
  /**
   * Time to wait for a server that does not accept connections yet, e.g. because it is restarting.
   * @default Duration.minutes(5)
   */
  readonly serverTimeout?: Duration;
}

/** One database: its server, the role that logs in, and the tools that fit it. */
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
  /** Encryption of the connections; undefined for libpq's own. */
  public readonly tls?: Tls;
  /** Name of the database. */
  public readonly name: string;
  /** Role that dumps. */
  public readonly user: string;
  /** The role's password. */
  public readonly password: SecretKey;
  /** Role that restores. */
  public readonly restoreAs: PostgresRole;
  /** Image with the client tools. */
  public readonly image: PostgresImage;
  /** Another database on the same server, in which locks are taken. */
  public readonly maintenanceDatabase: string;
  /** Time to wait for a server that does not accept connections yet. */
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
    checkSystemAuthority(props);
    this.host = host;
    this.port = port;
    this.tls = props.tls;
    this.name = props.name;
    this.user = props.user;
    this.password = props.password;
    this.restoreAs = props.restoreAs ?? { user: props.user, password: props.password };
    if (props.restoreAs === undefined) {
      this.password._useFor('the backup and the restore log in with it');
    } else {
      checkRestoreRole(props, props.restoreAs);
      this.password._useFor('the backup logs in with it');
      this.restoreAs.password._useFor('the restore logs in with it');
      this.restoreAs.password._hideFromBackups();
      hideFromBackups(this.restoreAs.clientCertificate);
    }
    this.image = props.image;
    this.maintenanceDatabase = maintenanceDatabase;
    this.serverTimeout = checkDuration('database.serverTimeout', props.serverTimeout ?? Duration.minutes(5), 0);
  }

  /** The database in words, e.g. `the database shop on shop-db`. */
  public toString(): string {
    return `the database ${this.name} on ${this.host}`;
  }
}

function hideFromBackups(clientCertificate: TlsClientCertificate | undefined): void {
  clientCertificate?.certificate._useFor('the restore shows it to the server', PEM);
  clientCertificate?.key._useFor('the restore proves with it that the certificate is its own', PEM);
  clientCertificate?.key._hideFromBackups();
}

/** The restoring role needs a password of its own: with a shared one, the pods of backups could log in as both. */
function checkRestoreRole({ user, password, tls }: PostgresDatabaseProps, restoreAs: PostgresRole): void {
  if (restoreAs.clientCertificate !== undefined && tls === undefined) {
    throw new InvalidPropError(
      'database.restoreAs.clientCertificate',
      restoreAs.clientCertificate.certificate.toString(),
      'is for encrypted connections, and nothing says that they are',
      'Set tls, e.g. to Tls.verifyFull(TlsAuthority.configMap("shop-ca"))',
    );
  }
  checkIdentifier('database.restoreAs.user', restoreAs.user);
  if (restoreAs.user === user) {
    throw new InvalidPropError(
      'database.restoreAs.user',
      restoreAs.user,
      'is the role that dumps',
      'Leave out restoreAs, or name another role',
    );
  }
  if (restoreAs.password === password) {
    throw new InvalidPropError(
      'database.restoreAs.password',
      restoreAs.password.toString(),
      'is also the password of the role that dumps, and every backup would know it',
      'Expect another key for it',
    );
  }
}

/** The first major version of PostgreSQL whose clients know `sslrootcert=system`. */
const FIRST_WITH_SYSTEM = 16;

function checkSystemAuthority({ tls, image }: PostgresDatabaseProps): void {
  if (tls?.authority?.isSystem !== true) {
    return;
  }
  if (image.majorVersion < FIRST_WITH_SYSTEM) {
    throw new InvalidPropError(
      'database.tls',
      'TlsAuthority.system()',
      `needs the client tools of PostgreSQL ${FIRST_WITH_SYSTEM}, the image has ${image.majorVersion}`,
      'Put the certificate of the authority into a ConfigMap, and name it with TlsAuthority.configMap',
    );
  }
  if (!image._hasAuthorities) {
    throw new InvalidPropError(
      'database.tls',
      'TlsAuthority.system()',
      'finds no authority in the official Debian image, which has no ca-certificates',
      'Use PostgresImage.alpine, an image with ca-certificates by PostgresImage.of, or the certificate of the ' +
        'authority by TlsAuthority.configMap',
    );
  }
}
