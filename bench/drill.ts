// usage: npm run bench:drill [-- --megabytes 250,1000 --rounds 3]
// A whole drill, with all of its proof, against a plain pg_restore of the same dump into the same kind of server with its
// default settings, in the same pod, alternating in one run. Medians.
import { parseArgs } from 'node:util';
import globalSetup from '../test/support/global-setup';
import globalTeardown from '../test/support/global-teardown';
import { Instance, MASTERKEY } from '../test/support/instance';
import { clearLeftovers } from '../test/support/leftovers';
import { PostgresServer } from '../test/support/postgres-server';
import { DataKey, encryptionSql, JWK, webKeyAdded } from '../test/support/zitadel-encryption';
import { fillIdentityDatabase } from './support/identity-database';
import { median, rounds, seconds } from './support/rounds';

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '250,1000' }, rounds: { type: 'string', default: '3' } } });

const PLAIN = `
  initdb --pgdata=/drill/data --username=postgres --auth=trust --encoding=UTF8 >/dev/null 2>&1 &&
  pg_ctl start --wait --silent --pgdata=/drill/data --log=/drill/log --options="-c listen_addresses='' -c unix_socket_directories=/drill" &&
  export PGHOST=/drill PGPORT=5432 PGUSER=postgres && PGDATABASE=postgres psql -Xqc 'CREATE DATABASE zitadel' &&
  pg_restore --dbname=zitadel "$BACKUP_DIR"/zitadel-*.dump && pg_ctl stop --silent --mode=immediate --pgdata=/drill/data`;

async function main(): Promise<void> {
  const key = new DataKey('webKey', MASTERKEY);
  for (const megabytes of values.megabytes.split(',').map(Number)) {
    const server = await PostgresServer.start({ settings: { shared_buffers: '512MB', max_wal_size: '8GB' } });
    fillIdentityDatabase(server, 'zitadel', megabytes);
    // What a proof of the key needs, beside what the events have in common.
    server.sql('zitadel', `
      ALTER TABLE eventstore.events2 ALTER revision SET DEFAULT 1, ALTER creator SET DEFAULT '', ALTER "owner" SET DEFAULT '', ALTER in_tx_order SET DEFAULT 0;
      ${encryptionSql([key], Array.from({ length: 20 }, () => webKeyAdded(key.value(JWK))))}`);
    const size = Number(server.sql('postgres', "SELECT pg_database_size('zitadel')"));
    const instance = new Instance(server, 'ash');
    const backup = await instance.backup({ CHECKS: '0' });
    if (backup.status !== 0) throw new Error(backup.output);
    await server.stop();
    const samples = await rounds(Number(values.rounds), {
      'plain pg_restore': () => timed(() => instance.startDrill({}, ['sh', '-c', PLAIN]).result),
      'drill, with proof': () => timed(() => instance.drill({ CHECKS: '0' })),
    });
    console.log(`database of ${(size / 1e6).toFixed(0)} MB, medians of ${values.rounds}:\n| What | Time | of the plain one's |\n| --- | --- | --- |`);
    const base = median(samples['plain pg_restore']!);
    for (const [name, of] of Object.entries(samples)) console.log(`| ${name} | ${median(of).toFixed(1)} s | ${(median(of) / base).toFixed(2)} |`);
  }
}

async function timed(run: () => Promise<{ status: number; output: string }>): Promise<number> {
  let result = { status: 0, output: '' };
  const time = await seconds(async () => { result = await run(); });
  if (process.env.BENCH_LOG) process.stderr.write(result.output);
  if (result.status !== 0) throw new Error(result.output);
  return time;
}

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
