import { rmSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../machine/child';
import { eventually } from '../machine/eventually';
import { atEndOfFile } from '../machine/leftovers';
import { isRoot } from '../machine/machine';
import { freshFolder } from '../machine/run-folder';
import { toolbox } from '../machine/toolbox';
import { freePort, type PostgresServer } from './postgres-server';
import { SERVER_USER, serverProcess } from './postgres-template';

/** Tests that need PgBouncer: they are skipped, and counted, where a machine has none. */
export const describeWithPooler = toolbox().pgbouncer === null ? describe.skip : describe;

/** A PgBouncer in front of a server. */
export class Pooler {
  private constructor(
    readonly port: number,
    private readonly child: Child,
  ) {}

  /** @param settings lines of the section `pgbouncer` */
  static async start(server: PostgresServer, settings: Readonly<Record<string, string>>): Promise<Pooler> {
    const folder = freshFolder('pooler');
    const port = await freePort();
    const users = join(folder, 'users');
    const configuration = join(folder, 'pgbouncer.ini');
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    writeFileSync(users, `${quoted(server.user)} ${quoted(server.password)}\n`);
    const all = {
      listen_addr: server.host,
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: users,
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    const databases = `[databases]\n* = host=${server.host} port=${server.port}\n`;
    writeFileSync(configuration, `${databases}[pgbouncer]\n${lines.join('')}`);
    if (isRoot) for (const path of [folder, users, configuration]) chownSync(path, SERVER_USER.uid, SERVER_USER.gid);
    const own = serverProcess(folder, 'postgres');
    const child = new Child({ ...own, command: [toolbox().pgbouncer!, configuration] });
    atEndOfFile(async () => {
      await child.destroy();
      rmSync(folder, { recursive: true, force: true });
    });
    await eventually('PgBouncer listens', () => child.output().includes('process up') || !child.isRunning);
    if (!child.isRunning) throw new Error(`PgBouncer did not start:\n${child.output()}`);
    return new Pooler(port, child);
  }

  stop(): Promise<void> {
    return this.child.destroy();
  }
}
