import { PostgresDatabase, PostgresDatabaseProps, PostgresServerProps } from './postgres-database';

/** A server whose databases are reached in the same way, with one password. */
export class PostgresServer {
  /**
   * A server.
   * @param host DNS name or address of the server, as seen from the namespace of the backups
   */
  public static at(host: string, props: PostgresServerProps): PostgresServer {
    return new PostgresServer(host, props);
  }

  private constructor(
    /** DNS name or address of the server. */
    public readonly host: string,
    private readonly props: PostgresServerProps,
  ) {}

  /**
   * One of its databases.
   * @param name in any spelling that PostgreSQL allows, up to 63 bytes
   * @throws InvalidPropError when this or a prop of the server is not right
   */
  public database(name: string): PostgresDatabase {
    const { props } = this;
    const all: { readonly [Prop in keyof Required<PostgresDatabaseProps>]: PostgresDatabaseProps[Prop] } = {
      name,
      user: props.user,
      password: props.password,
      restoreAs: props.restoreAs,
      tls: props.tls,
      image: props.image,
      port: props.port,
      maintenanceDatabase: props.maintenanceDatabase,
      serverTimeout: props.serverTimeout,
    };
    return PostgresDatabase.at(this.host, all);
  }
}
