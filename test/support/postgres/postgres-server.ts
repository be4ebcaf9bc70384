import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../machine/child';
import { atEndOfFile } from '../machine/leftovers';
import { isRoot, run, SYSTEM_PATH } from '../machine/machine';
import type { MemoryLimit } from '../machine/memory-limit';
import {
  initialise,
  randomPassword,
  SERVER_USER,
  serverProcess,
  templateFolder,
  templatePassword,
} from './postgres-template';
import { freshFolder, memoryFolder } from '../machine/run-folder';
import type { Mount, Sandbox } from '../machine/sandbox';
import { client } from '../machine/toolbox';

export interface ServerOptions {
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly initdbArgs?: readonly string[];
  /** Holds the server to an amount of memory. Its files are on a disk then: those in memory would count. */
  readonly memory?: MemoryLimit;
  /**
   * The first superuser.
   * @default postgres
   */
  readonly user?: string;
}

const START_LIMIT_MS = 30_000;
const UNTIL_LIMIT_MS = 30_000;
const QUIET = ['-XAtq', '--set=ON_ERROR_STOP=1'];
const SUPERUSER = 'postgres';

/** A real PostgreSQL server with its own data and port. */
export class PostgresServer {
  readonly host = '127.0.0.1';
  private child?: Child;
  private readonly shared = new Set<Mount>();
  private readonly forget: () => void;

  private constructor(
    readonly port: number,
    readonly password: string,
    private readonly folder: string,
    readonly user: string,
    private readonly memory?: MemoryLimit,
  ) {
    this.forget = atEndOfFile(() => this.remove());
  }

  static async start(options: ServerOptions = {}): Promise<PostgresServer> {
    for (;;) {
      const folder = freshFolder('s', options.memory === undefined ? memoryFolder() : undefined);
      const password = randomPassword();
      const server = new PostgresServer(await freePort(), password, folder, options.user ?? SUPERUSER, options.memory);
      try {
        await server.prepare(options);
        await server.launch();
        if (isTemplated(options)) server.takePassword();
        return server;
      } catch (error) {
        await server.remove();
        // Someone else was faster between our look at the port and the server's.
        if (!String(error).includes('could not bind')) throw error;
      }
    }
  }

  /** The postmaster's process id. */
  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('The server is not running.');
    return pid;
  }

  /** Lets the server see another folder, from its next start on, until the returned function is called. */
  share(source: string, target = source): () => void {
    const mount = { source, target, readOnly: false };
    this.shared.add(mount);
    return () => this.shared.delete(mount);
  }

  /** Everything the server logged since it was last started. */
  log(): string {
    return this.child?.output() ?? '';
  }

  /** The output of SQL commands run with psql. */
  sql(database: string, sql: string): string {
    return this.psql(this.password, database, sql);
  }

  /** Waits until a condition holds. The server looks by itself, in one session: a new one for each look is costly. */
  async until(what: string, condition: string): Promise<void> {
    const look = `
      SET statement_timeout = ${UNTIL_LIMIT_MS};
      DO $$ BEGIN
        WHILE NOT (${condition}) LOOP PERFORM pg_stat_clear_snapshot(), pg_sleep(0.01); END LOOP;
      END $$`;
    const { program, args, env } = this.psqlCommand(this.password, 'postgres', QUIET);
    const psql = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
    psql.stdin.end(look);
    const [errors, [status]] = await Promise.all([text(psql.stderr), once(psql, 'close')]);
    if (status !== 0) throw new Error(`This never came about: ${what}\n${errors}`);
  }

  /** How psql ended that was given commands and options, whatever the commands did. */
  runPsql(
    database: string,
    commands: string,
    ...options: string[]
  ): { status: number | null; stdout: string; stderr: string } {
    return this.startPsql(this.password, database, commands, options);
  }

  /** Puts a file where the server can read it; returns its path. */
  writeFile(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    if (isRoot) chownSync(path, SERVER_USER.uid, SERVER_USER.gid);
    return path;
  }

  /** Where the server's own files are. */
  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** Stops the server and removes its data. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.shutDown(mode);
    await this.remove();
  }

  /** Starts the server again with the same port and data, stopping it first where it runs. */
  async restart(): Promise<void> {
    await this.shutDown('fast');
    await this.launch();
  }

  /** Stops the server, and keeps its data. */
  halt(): Promise<void> {
    return this.shutDown('fast');
  }

  /** Kills the server as a power cut would. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  private async prepare(options: ServerOptions): Promise<void> {
    const { settings = {}, initdbArgs = [] } = options;
    if (!isTemplated(options)) {
      await initialise(this.folder, this.password, [`--username=${this.user}`, ...initdbArgs]);
    } else {
      run(['cp', '-a', join(templateFolder(), 'data'), this.folder]);
      if (isRoot) chownSync(this.folder, SERVER_USER.uid, SERVER_USER.gid);
    }
    const lines = {
      listen_addresses: this.host,
      port: String(this.port),
      unix_socket_directories: this.folder,
      fsync: 'off',
      full_page_writes: 'off',
      wal_init_zero: 'off',
      ...settings,
    };
    const text = Object.entries(lines).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    appendFileSync(join(this.folder, 'data', 'postgresql.conf'), text.join(''));
  }

  private async launch(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    const statusFile = join(this.folder, 'data', 'postmaster.pid');
    for (;;) {
      // Its process has ended; what a killed one left here must not pass for the new one's.
      rmSync(statusFile, { force: true });
      const start = (): Child => new Child(this.process());
      const child = this.memory === undefined ? start() : this.memory.start(start);
      this.child = child;
      while (child.isRunning && !isReady(statusFile)) {
        if (Date.now() > deadline)
          throw new Error(`The server is not ready after ${START_LIMIT_MS} ms:\n${child.output()}`);
        await sleep(10);
      }
      if (child.isRunning) return;
      const { output } = await child.ended;
      // Outside a sandbox the backends of a killed server take a moment to notice.
      const stillThere = /pre-existing shared memory block|lock file .* already exists/.test(output);
      if (!stillThere || Date.now() > deadline) throw new Error(`The server did not start:\n${output}`);
    }
  }

  private process(): Sandbox {
    const own = serverProcess(this.folder, 'postgres', '-D', join(this.folder, 'data'));
    return { ...own, mounts: [...own.mounts, ...this.shared] };
  }

  private async shutDown(mode: 'fast' | 'immediate'): Promise<void> {
    this.child?.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await this.child?.ended;
  }

  private async remove(): Promise<void> {
    await this.child?.destroy();
    rmSync(this.folder, { recursive: true, force: true });
    this.forget();
  }

  /** Gives a server made from the template the password of its own. */
  private takePassword(): void {
    const fast = 'SET scram_iterations = 1'; // every connection of every pod computes them
    this.psql(
      templatePassword(),
      'postgres',
      `${fast}; ALTER ROLE postgres PASSWORD '${this.password.replaceAll("'", "''")}'`,
    );
  }

  private psql(password: string, database: string, sql: string): string {
    const { status, stdout, stderr } = this.startPsql(password, database, sql, QUIET);
    if (status !== 0) throw new Error(stderr.trim());
    return stdout.trim();
  }

  private startPsql(password: string, database: string, sql: string, options: readonly string[]) {
    const { program, args, env } = this.psqlCommand(password, database, options);
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      env,
      input: sql,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (error) throw error;
    return { status, stdout, stderr };
  }

  private psqlCommand(password: string, database: string, options: readonly string[]) {
    const address = {
      PGHOST: this.host,
      PGPORT: String(this.port),
      PGUSER: this.user,
      PGDATABASE: database,
      PGPASSWORD: password,
    };
    const env = { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8', PGCLIENTENCODING: 'UTF8', ...address };
    const [program, ...args] = client('psql');
    return { program, args: [...args, ...options, '--file=-'], env };
  }
}

/** Whether it is a copy of what was made once for all servers without wishes. */
function isTemplated({ initdbArgs, user }: ServerOptions): boolean {
  return initdbArgs === undefined && user === undefined;
}

/** What the server itself tells pg_ctl: its status is the last line of this file. */
function isReady(statusFile: string): boolean {
  try {
    return readFileSync(statusFile, 'utf8').split('\n')[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** Below the ports that connections get by themselves, so that a stopped server's stays free for its restart. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
