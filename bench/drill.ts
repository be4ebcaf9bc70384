import globalSetup from '../test/support/jest/global-setup';
import globalTeardown from '../test/support/jest/global-teardown';
import { Instance, MASTERKEY } from '../test/support/pods/instance';
import { clearLeftovers } from '../test/support/machine/leftovers';
import type { PodResult } from '../test/support/pods/pod';
import { PostgresServer } from '../test/support/postgres/postgres-server';
import {
  DataKey,
  encryptionSql,
  JWK,
  keyPairAdded,
  PEM,
  webKeyAdded,
} from '../test/support/zitadel/zitadel-encryption';
import { fillIdentityDatabase } from './support/identity-database';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  'A whole drill with all of its proof against a plain pg_restore of the same dump into the same kind of ' +
    'server with default settings, alternating in one run, in the same pod; and what counting and hashing add ' +
    'to a backup, alternating too.',
  { megabytes: [250, 1000], rounds: 3 },
);

/** Default settings but for what a pod needs: a socket that it can make, and no shared memory of the node. */
const PLAIN = `
  PGHOST=/drill PGPORT=5432 PGUSER=postgres && export PGHOST PGPORT PGUSER && initdb -D /drill/data -U postgres -A trust >/dev/null &&
  pg_ctl start -w -s -D /drill/data -l /drill/log -o "-c listen_addresses='' -c unix_socket_directories=/drill" &&
  psql -d postgres -Xqc 'CREATE ROLE zitadel' && createdb zitadel && pg_restore -d zitadel "$BACKUP_DIR"/zitadel-*.dump &&
  pg_ctl stop -s -m immediate -D /drill/data`;

/** What the manifest of a dump costs. */
const BACKUPS: Readonly<Record<string, Record<string, string>>> = {
  'without counts and hashes': { ROW_COUNTS: 'false' },
  'with counts': { CONTENT_HASH_BYTES: '0' },
  'with counts and hashes': {},
};

async function main(): Promise<void> {
  for (const megabytes of chosen.megabytes) {
    const server = await PostgresServer.start({ settings: { shared_buffers: '512MB', max_wal_size: '8GB' } });
    fillIdentityDatabase(server, 'zitadel', megabytes);
    const key = new DataKey('key', MASTERKEY);
    server.sql('zitadel', bench(encryptionSql([key], [webKeyAdded(key.value(JWK)), keyPairAdded(key.value(PEM))])));
    const size = Number(server.sql('postgres', "SELECT pg_database_size('zitadel')"));
    console.log(`database of ${(size / 1e6).toFixed(0)} MB, medians of ${chosen.rounds}:\n`);
    await backups(server);
    await drills(server);
    await server.stop();
  }
}

/** The tables of the benchmark have a few more columns than those of the tests. */
function bench(sql: string): string {
  const columns =
    "ALTER TABLE eventstore.events2 ALTER revision SET DEFAULT 2, ALTER creator SET DEFAULT '', ALTER owner SET " +
    "DEFAULT '', ALTER in_tx_order SET DEFAULT 0;";
  return `${columns}\n${sql}`;
}

async function backups(server: PostgresServer): Promise<void> {
  const tasks = Object.fromEntries(
    Object.entries(BACKUPS).map(([name, env]) => [
      name,
      () => {
        const instance = new Instance(server, 'busybox');
        return timed(() => instance.backup({ CHECKS_DIR: '', ...env }));
      },
    ]),
  );
  print('Backup', await rounds(chosen.rounds, tasks));
}

async function drills(server: PostgresServer): Promise<void> {
  const instance = new Instance(server, 'busybox');
  const backup = await instance.backup({ CHECKS_DIR: '' });
  if (backup.status !== 0) throw new Error(backup.output);
  print(
    'Drill',
    await rounds(chosen.rounds, {
      'plain pg_restore, default settings': () =>
        timed(() => instance.startDrill({}, undefined, ['sh', '-c', PLAIN]).result),
      'whole drill: counts, hashes, amcheck, key': () => timed(() => instance.drill({ CHECKS_DIR: '' })),
    }),
  );
}

async function timed(run: () => Promise<PodResult>): Promise<number> {
  let result: PodResult | undefined;
  const time = await seconds(async () => {
    result = await run();
  });
  if (process.env.BENCH_LOG) process.stderr.write(result!.output);
  if (result!.status !== 0) throw new Error(result!.output);
  return time;
}

function print(title: string, samples: Record<string, number[]>): void {
  console.log(`| ${title} | Time | of the first |\n| --- | --- | --- |`);
  const base = median(Object.values(samples)[0]!);
  for (const [name, of] of Object.entries(samples))
    console.log(`| ${name} | ${median(of).toFixed(1)} s | ${(median(of) / base).toFixed(2)} |`);
  console.log();
}

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
