import { ChildProcess, spawn } from 'node:child_process';
import { PostgresServer } from './postgres-server';
import { client } from '../machine/toolbox';

const STAY = 'SELECT pg_sleep(600)';

/** A client that holds a session, or does what it is told to, and connects again at once whenever it is cut off. */
export class SessionClient {
  private going = true;
  private child: ChildProcess;
  private resolve!: () => void;
  private readonly ended = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });

  constructor(
    private readonly server: PostgresServer,
    private readonly database: string,
    private readonly commands = STAY,
    private readonly onLine: (line: string) => void = () => {},
    private readonly login: Pick<PostgresServer, 'user' | 'password'> = server,
  ) {
    this.child = this.connect();
  }

  stop(): Promise<void> {
    this.going = false;
    this.child.kill('SIGKILL');
    return this.ended;
  }

  private connect(): ChildProcess {
    const [program, ...args] = client('psql') as [string, ...string[]];
    const { host, port } = this.server;
    const { user, password } = this.login;
    const child = spawn(program, [...args, '-XAtq', '--file=-'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PGHOST: host,
        PGPORT: String(port),
        PGUSER: user,
        PGPASSWORD: password,
        PGDATABASE: this.database,
        PGAPPNAME: 'a-service',
        // So that the server notices when a client is gone in the middle of a query.
        PGOPTIONS: '-c client_connection_check_interval=20',
      },
    });
    child.stdin!.on('error', () => {}).end(this.commands);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => text.split('\n').forEach(this.onLine));
    child.once('exit', () => {
      if (this.going) this.child = this.connect();
      else this.resolve();
    });
    return child;
  }
}
