import { type ChildProcess, spawn } from 'node:child_process';
import globalSetup from '../test/support/jest/global-setup';
import globalTeardown from '../test/support/jest/global-teardown';
import { Instance } from '../test/support/pods/instance';
import { clearLeftovers } from '../test/support/machine/leftovers';
import { PostgresServer } from '../test/support/postgres/postgres-server';
import { client } from '../test/support/machine/toolbox';
import { fillIdentityDatabase } from './support/identity-database';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  "The runbook's restore (DROP, CREATE, pg_restore) against ours with all of its proof, alternating in one " +
    'run, from gzip and from zstd, for two sizes. A client that asks in a loop measures for how long the ' +
    'service cannot use its database.',
  { megabytes: [250, 1000], rounds: 3 },
);

const RUNBOOK = `
  PGDATABASE=postgres psql -Xqc "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'zitadel'" -c 'DROP DATABASE zitadel WITH (FORCE)' -c 'CREATE DATABASE zitadel' >/dev/null &&
  pg_restore -d zitadel "$BACKUP_DIR"/zitadel-*.dump`;

interface Sample {
  readonly total: number;
  readonly away: number;
}

async function main(): Promise<void> {
  for (const megabytes of chosen.megabytes) {
    const server = await PostgresServer.start({ settings: { shared_buffers: '512MB', max_wal_size: '8GB' } });
    fillIdentityDatabase(server, 'zitadel', megabytes);
    const size = Number(server.sql('postgres', "SELECT pg_database_size('zitadel')"));
    const tasks: Record<string, () => Promise<Sample>> = {};
    for (const compression of ['gzip:6', 'zstd:1']) {
      const instance = new Instance(server, 'busybox');
      // Its checks are those of ZITADEL's real tables.
      const backup = await instance.backup({ COMPRESSION: compression, CHECKS_DIR: '' });
      if (backup.status !== 0) throw new Error(backup.output);
      tasks[`runbook, ${compression}`] = () =>
        restore(server, () => instance.startRestore({}, undefined, ['sh', '-c', RUNBOOK]).result);
      tasks[`ours, ${compression}`] = async () => {
        const sample = await restore(server, () =>
          instance.restore({ RESTORE_SESSIONS: 'disconnect', CHECKS_DIR: '' }),
        );
        await instance.restore({ RESTORE_ACTION: 'drop-previous' });
        return sample;
      };
    }
    const samples = await rounds(chosen.rounds, tasks);
    console.log(`database of ${(size / 1e6).toFixed(0)} MB, medians of ${chosen.rounds}:`);
    console.log(
      "| What | Whole restore | of the runbook's | Service without its database | of the runbook's |\n| --- | " +
        '--- | --- | --- | --- |',
    );
    for (const [name, of] of Object.entries(samples)) {
      const base = samples[name.replace('ours', 'runbook')]!;
      const [total, away] = [median(of.map((sample) => sample.total)), median(of.map((sample) => sample.away))];
      const [totalBase, awayBase] = [
        median(base.map((sample) => sample.total)),
        median(base.map((sample) => sample.away)),
      ];
      console.log(
        `| ${name} | ${total.toFixed(1)} s | ${(total / totalBase).toFixed(2)} | ${(away * 1000).toFixed(0)} ms ` +
          `| 1/${(awayBase / away).toFixed(0)} |`,
      );
    }
    await server.stop();
  }
}

async function restore(
  server: PostgresServer,
  run: () => Promise<{ status: number; output: string }>,
): Promise<Sample> {
  const service = new Service(server);
  await service.ready;
  let result = { status: 0, output: '' };
  const total = await seconds(async () => {
    result = await run();
  });
  if (process.env.BENCH_LOG) process.stderr.write(result.output);
  if (result.status !== 0) throw new Error(result.output);
  return { total, away: await service.stop() };
}

const QUESTION =
  'SELECT count(*) FROM (SELECT FROM eventstore.events2 ORDER BY instance_id, "position" DESC LIMIT 1) AS newest;\n';
const PAUSE_MS = 5;

/** A client that asks for a row of its newest data, again and again, and connects again as soon as it is cut off. */
class Service {
  readonly ready: Promise<void>;
  private readonly ended: Promise<void>;
  private session?: ChildProcess;
  private going = true;
  private last?: number;
  private longest = 0;

  constructor(private readonly server: PostgresServer) {
    let first!: () => void;
    let end!: () => void;
    this.ready = new Promise((resolve) => {
      first = resolve;
    });
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.connect(first, end);
  }

  /** The longest time without an answer, in seconds. */
  async stop(): Promise<number> {
    this.going = false;
    await this.ended;
    return this.longest / 1000;
  }

  private connect(first: () => void, end: () => void): void {
    const { host, port, user, password } = this.server;
    const [program, ...args] = client('psql') as [string, ...string[]];
    this.session = spawn(program, [...args, '-XAtq', '-v', 'ON_ERROR_STOP=1'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: 'zitadel' },
    });
    const { stdin, stdout } = this.session;
    stdin!.on('error', () => {}); // it has been cut off
    stdin!.write(QUESTION);
    stdout!.on('data', (answer) => {
      if (String(answer) === '1\n') {
        this.answered();
        first();
      }
      if (this.going) setTimeout(() => stdin!.write(QUESTION), PAUSE_MS);
      else stdin!.end();
    });
    this.session.once('close', () => {
      if (this.going) this.connect(first, end);
      else end();
    });
  }

  private answered(): void {
    const now = performance.now();
    if (this.last !== undefined) this.longest = Math.max(this.longest, now - this.last);
    this.last = now;
  }
}

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
