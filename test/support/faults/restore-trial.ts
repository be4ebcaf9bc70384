import { basename } from 'node:path';
import type { ClusterProps } from './fault-cluster';
import { contents } from './fault-contents';
import { databaseState, dropDatabases, identifier, literal, type DatabaseState } from '../postgres/database-state';
import { takeSample, Trial, type Moment, type Sample } from './fault-trial';
import { createIdentityDatabase } from '../zitadel/identity-database';
import type { Env } from '../pods/instance';
import type { PodProcess, PodResult } from '../pods/pod';
import type { PostgresServer } from '../postgres/postgres-server';
import type { Userland } from '../machine/userlands';

/** A table whose rows are not let in while there is a role `standstill`. */
const BARRIER = `
  CREATE FUNCTION public.pass(id int) RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    WHILE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'standstill') LOOP PERFORM pg_catalog.pg_sleep(0.01); END LOOP;
    RETURN true;
  END $$;
  CREATE TABLE public.barrier (id int CHECK (public.pass(id)));
  INSERT INTO public.barrier VALUES (1)`;

export interface RestoreSample {
  readonly dump: Sample;
  /** What the database was when the dump was taken, as pg_dump writes it. */
  readonly dumped: string;
}

/** A dump of a database on the NAS, and the database as it has become since then. */
export class RestoreTrial extends Trial {
  /** The name of the live database. */
  readonly database: string;
  /** What the live database must be after a restore, as pg_dump writes it. */
  dumped: string;
  /** What the live database was when the first run began. */
  live!: DatabaseState;
  /** What a plain run is asked. */
  plain: Env = {};
  /** What the run that met the fault was asked. */
  last: { readonly env: Env; readonly request: string } = { env: {}, request: 'request' };

  constructor(server: PostgresServer, userland: Userland, { dump, dumped }: RestoreSample, props: ClusterProps = {}) {
    super(server, userland, dump, props);
    this.database = props.databaseName ?? 'shop';
    this.dumped = dumped;
    this.make();
    this.goOn();
  }

  /** The names of the databases that a request makes. */
  previousOf(request = this.last.request): string {
    return `${this.database}_before_${request}`;
  }

  get side(): string {
    return `${this.database}_restore`;
  }

  startRestore(env: Env = {}, request = 'request'): PodProcess {
    this.last = { env, request };
    return this.follow(() => this.instance.startRestore(env, request));
  }

  restore(env: Env = {}, request = 'request'): Promise<PodResult> {
    return this.startRestore(env, request).result;
  }

  async restoreUntil(moment: Moment, env: Env = {}, request = 'request'): Promise<PodProcess> {
    const run = this.startRestore(env, request);
    await moment.reached();
    return run;
  }

  /**
   * Takes a dump of the database with something more in it, and changes its settings; the database goes on afterwards.
   */
  async dumpWith(sql: string, env: Env = {}, settings = ''): Promise<string> {
    this.make();
    this.server.sql(this.database, sql);
    expect((await this.instance.backup(env)).status).toBe(0);
    this.server.sql('postgres', settings);
    this.dumped = databaseState(this.server, this.database).text;
    this.goOn();
    return this.instance.dumps().at(-1)!;
  }

  /** Takes the live database as it is now for what it was before. */
  settleDatabase(): void {
    this.live = databaseState(this.server, this.database);
  }

  /** Stops while rows are loaded. */
  holdLoad(): Moment {
    let held = true;
    this.server.sql('postgres', 'CREATE ROLE standstill');
    const pass = (): void => {
      if (held) this.server.sql('postgres', 'DROP ROLE standstill');
      held = false;
    };
    this.afterwards(pass);
    const loading =
      "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'COPY public.barrier%' AND state = 'active')";
    return { reached: () => this.server.until('rows are loaded', loading), pass };
  }

  /** Waits until the server has noticed that the pods are gone, and has ended what they asked. */
  async quiet(): Promise<void> {
    const quiet = `NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND application_name <> 'a-service')`;
    await this.server.until('no session of a pod is left', quiet);
  }

  /** The dumps on the NAS, without what a restore puts beside them. */
  dumpsNow(): Record<string, string> {
    return withoutRecords(contents(this.folder).files);
  }

  dumpsBefore(): Record<string, string> {
    return withoutRecords(this.before.files);
  }

  /** Drops all databases: nothing depends on a role any more. */
  dropAll(): void {
    dropDatabases(this.server);
  }

  /** A former database, as an earlier restore leaves it. */
  addPrevious(request: string): void {
    const name = this.previousOf(request);
    this.server.sql(
      'postgres',
      `
      CREATE DATABASE ${identifier(name)} ALLOW_CONNECTIONS false;
      COMMENT ON DATABASE ${identifier(name)} IS ${literal(`cdk8s-postgres-backup: ${basename(this.folder)} until 2026-01-01T00:00:00Z, replaced by x`)}`,
    );
  }

  /** Starts a restore and stops the server in the middle of the transaction that exchanges the names. */
  async restoreUntilExchange(env: Env = {}): Promise<{ readonly run: PodProcess; readonly pass: () => void }> {
    const exchange = this.holdAt('psql', '*--set=previous=*');
    const run = await this.restoreUntil(exchange, env);
    // Comments can be read and not written.
    this.server.sql('postgres', "BEGIN; LOCK TABLE pg_shdescription IN SHARE MODE; PREPARE TRANSACTION 'comments'");
    let locked = true;
    const pass = (): void => {
      if (locked) this.server.sql('postgres', "ROLLBACK PREPARED 'comments'");
      locked = false;
    };
    this.afterwards(pass);
    exchange.pass();
    const waiting =
      "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'BEGIN;%RENAME TO%')";
    await this.server.until('the exchange has begun', waiting);
    return { run, pass };
  }

  private make(): void {
    this.dropAll();
    makeDatabase(this.server, this.database);
  }

  /** The service goes on after the dump. */
  private goOn(): void {
    this.server.sql(
      this.database,
      `
      CREATE TABLE public.since_the_dump (n bigint);
      INSERT INTO public.since_the_dump SELECT generate_series(1, 10);
      UPDATE projections.users SET state = 1 WHERE id < 100`,
    );
    this.settleDatabase();
  }
}

function makeDatabase(server: PostgresServer, name: string): void {
  createIdentityDatabase(server, name);
  server.sql(name, BARRIER);
}

export async function takeRestoreSample(server: PostgresServer): Promise<RestoreSample> {
  makeDatabase(server, 'shop');
  return { dump: await takeSample(server), dumped: databaseState(server, 'shop').text };
}

function withoutRecords(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([file]) => !/^restores(\/|$)|\.hold$/.test(file)));
}
