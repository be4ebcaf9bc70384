import { Cron, Testing } from 'cdk8s';
import { BackupCronJob, RestoreDrill, RestoreJob, Retention } from '../../src';
import { identifier, literal } from '../support/postgres/database-state';
import { Instance } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SessionClient } from '../support/postgres/session-client';
import type { Userland } from '../support/machine/userlands';
import { chart, database, storage, type Manifest } from '../support/manifests/synth';
import { toolbox } from '../support/machine/toolbox';
import { difference, dumpOf, entriesOf, runClient, settingsLast } from './comparison';
import { CREATE_ROLES, CREATE_TABLESPACES, sqlOf, type Database } from './database';

const SETTINGS = {
  wal_level: 'logical',
  allow_in_place_tablespaces: 'on',
  client_min_messages: 'warning',
  autovacuum: 'off',
  // Nothing reads on while a client is waited for: a full pipe would stop the server.
  log_min_messages: 'fatal',
  log_min_error_statement: 'panic',
};

/** The ways in which a dump comes back. */
export const WAYS = ['beside the live database', 'into a fresh server', 'drill'] as const;

export type Way = (typeof WAYS)[number];

/** What is wrong with the backup or with one of the ways back. */
export interface Finding {
  readonly of: 'backup' | Way;
  /** What the pod told at its end, or what did not come back as it was. */
  readonly text: string;
}

/**
 * Takes databases from a server to itself, to a fresh one whose first superuser has another name, and to that of a
 * drill.
 */
export class RoundTrip {
  private constructor(private readonly source: PostgresServer) {}

  static async start(): Promise<RoundTrip> {
    return new RoundTrip(await startServer());
  }

  stop(): Promise<void> {
    return this.source.stop();
  }

  /** Makes a database, dumps it, and brings it back. */
  findings(made: Database, userland: Userland, ways: readonly Way[] = WAYS): Promise<Finding[]> {
    return this.withDatabase(made, () => new Trial(this.source, made, userland).findings(ways));
  }

  /** What PostgreSQL's own programs say of the same. */
  ownPrograms(made: Database): Promise<string> {
    const { name } = made.properties;
    return this.withDatabase(made, () =>
      reloaded(dumpOf(this.source, name), name).then(
        () => "PostgreSQL's own programs restore it.",
        (error: unknown) => String(error),
      ),
    );
  }

  private async withDatabase<T>(made: Database, use: () => Promise<T>): Promise<T> {
    const { name, create, settings } = made.properties;
    try {
      this.source.sql('postgres', create);
      runClient(this.source, name, 'psql', ['-Xqt', '--set=ON_ERROR_STOP=1'], sqlOf(made.schemas, toolbox().major));
      runClient(this.source, name, 'psql', ['-Xqt', '--set=ON_ERROR_STOP=1'], settings.join('\n'));
      return await use();
    } finally {
      dropDatabases(this.source);
    }
  }
}

/** One database, and its dump. */
class Trial {
  private readonly name: string;
  private readonly instance: Instance;
  private readonly dump: string;
  private readonly back: Readonly<Record<Way, () => Promise<Finding | undefined>>> = {
    'beside the live database': () => this.besideLive(),
    'into a fresh server': () => this.intoFresh(),
    drill: () => this.drill(),
  };
  private lossy?: Promise<string>;

  constructor(
    private readonly source: PostgresServer,
    private readonly made: Database,
    userland: Userland,
  ) {
    this.name = made.properties.name;
    this.instance = new Instance(source, userland, manifests(this.name));
    this.dump = dumpOf(source, this.name);
  }

  async findings(ways: readonly Way[]): Promise<Finding[]> {
    const backup = await this.instance.backup();
    if (backup.status !== 0) return [failure('backup', backup)];
    const findings = await Promise.all(
      ways.map((way) => this.back[way]().catch((error: unknown): Finding => ({ of: way, text: String(error) }))),
    );
    return findings.filter((finding) => finding !== undefined);
  }

  private async besideLive(): Promise<Finding | undefined> {
    runClient(this.source, this.name, 'psql', ['-Xqtc', 'SELECT lo_create(7)']); // the service goes on
    const session = new SessionClient(this.source, this.name);
    const restore = await this.instance
      .restore({ RESTORE_SESSIONS: 'disconnect', RESTORE_IGNORE: 'replication' }, 'beside')
      .finally(() => session.stop());
    const way = 'beside the live database';
    return restore.status === 0 ? await this.losses(way, dumpOf(this.source, this.name)) : failure(way, restore);
  }

  private async intoFresh(): Promise<Finding | undefined> {
    const { postgres, tablespaces } = this.made.properties.freshHas;
    const fresh = await PostgresServer.start({ user: 'other', settings: SETTINGS });
    try {
      if (postgres) fresh.sql('postgres', 'CREATE ROLE postgres SUPERUSER');
      if (tablespaces) fresh.sql('postgres', CREATE_TABLESPACES);
      const address = { PGHOST: fresh.host, PGPORT: `${fresh.port}`, PGUSER: fresh.user, PGPASSWORD: fresh.password };
      const restore = await this.instance.restore(address, 'fresh');
      const way = 'into a fresh server';
      return restore.status === 0
        ? await this.losses(way, dumpOf(fresh, this.name), tablespaces)
        : failure(way, restore);
    } finally {
      await fresh.stop('immediate');
    }
  }

  private async drill(): Promise<Finding | undefined> {
    const drill = await this.instance.drill();
    return drill.status === 0 && this.instance.evidence().verdict === 'proven' ? undefined : failure('drill', drill);
  }

  /** What did not come back as it was, but for what PostgreSQL's own programs lose too. */
  private async losses(way: Way, restored: string, withTablespaces = true): Promise<Finding | undefined> {
    const [before, after] = [entriesOf(this.dump, withTablespaces), entriesOf(restored, withTablespaces)];
    if (difference(before, after) === '') return undefined;
    this.lossy ??= reloaded(this.dump, this.name);
    const text = await this.lossy.then(
      (lossy) => difference(before, after, entriesOf(lossy, withTablespaces)),
      (error: unknown) => String(error),
    );
    return text === '' ? undefined : { of: way, text };
  }
}

async function startServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start({ settings: SETTINGS });
  server.sql('postgres', CREATE_ROLES);
  server.sql('postgres', CREATE_TABLESPACES);
  return server;
}

function failure(of: Finding['of'], { status, output }: PodResult): Finding {
  return { of, text: `status ${status}\n${output.split('\n').slice(-40).join('\n')}` };
}

/** What pg_dump writes of the database that psql makes of a dump. */
async function reloaded(dump: string, name: string): Promise<string> {
  const server = await startServer();
  try {
    const { stderr } = runClient(server, 'postgres', 'psql', ['-Xqt'], settingsLast(dump));
    if (/ERROR|FATAL/.test(stderr))
      throw new Error(`PostgreSQL's own programs cannot restore it:\n${stderr.slice(0, 4000)}`);
    return dumpOf(server, name);
  } finally {
    await server.stop('immediate');
  }
}

/** Drops all databases but PostgreSQL's own, also those that are closed, are templates, or have subscriptions. */
function dropDatabases(server: PostgresServer): void {
  const names = server.sql(
    'postgres',
    `
    SELECT coalesce(json_agg(datname), '[]') FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')`,
  );
  for (const name of JSON.parse(names) as string[]) {
    server.sql('postgres', `ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS true IS_TEMPLATE false`);
    runClient(
      server,
      name,
      'psql',
      ['-Xq'],
      `
      SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger \\gexec
      SELECT format('ALTER SUBSCRIPTION %I DISABLE', subname), format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', subname),
             format('DROP SUBSCRIPTION %I', subname)
        FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid WHERE datname = ${literal(name)} \\gexec`,
    );
    server.sql('postgres', `DROP DATABASE ${identifier(name)} WITH (FORCE)`);
  }
}

function manifests(databaseName: string): Manifest[] {
  const scope = chart();
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope, { name: databaseName }),
    storage: storage(scope),
    schedule: Cron.schedule({ hour: '2', minute: '0' }),
    retention: Retention.keep({ daily: 7 }),
  });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup });
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup });
  return Testing.synth(scope) as Manifest[];
}
