import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import globalSetup from '../test/support/jest/global-setup';
import globalTeardown from '../test/support/jest/global-teardown';
import { clearLeftovers } from '../test/support/machine/leftovers';
import { Instance } from '../test/support/pods/instance';
import { PodProcess } from '../test/support/pods/pod';
import { PostgresServer } from '../test/support/postgres/postgres-server';
import { fillIdentityDatabase } from './support/identity-database';
import { Limits } from './support/limits';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  "The runbook's backup against ours, alternating in one run, without limits and with the client held to the " +
    "runbook's own 200m CPU and 256Mi; with the floors of what a dump can cost. Medians; sizes of the files; " +
    'peak memory of the client.',
  { megabytes: 1200, rounds: 3 },
);

const TARGET = '"$BACKUP_DIR/zitadel-$(date -u +%Y%m%d-%H%M%S).dump"';
const DUMPS: Record<string, string | undefined> = {
  'runbook: pg_dump -Fc (gzip), find -mtime':
    `mkdir -p "$BACKUP_DIR" && pg_dump -Fc -f ${TARGET} && find "$BACKUP_DIR" -name "*.dump" -mtime +7 -exec rm ` +
    '{} +',
  'ours, dump alone': `mkdir -p "$BACKUP_DIR" && pg_dump --format=custom --compress="$COMPRESSION" --file=${TARGET}`,
  'ours, whole verified run': undefined,
  'ours, without hashes of the contents': undefined,
  'ours, without row counts and hashes': undefined,
  'floor: pg_dump without compression to /dev/null': 'mkdir -p "$BACKUP_DIR" && pg_dump -Fc -Z0 >/dev/null',
};
const COPY = 'floor: COPY to /dev/null on the server';

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
  readonly peak: number;
}

async function main(): Promise<void> {
  const server = await PostgresServer.start({ settings: { shared_buffers: '512MB', max_wal_size: '8GB' } });
  fillIdentityDatabase(server, 'zitadel', chosen.megabytes);
  const size = Number(server.sql('postgres', "SELECT pg_database_size('zitadel')"));
  console.log(
    `database of ${mega(size)} MB, PostgreSQL ${server.sql('postgres', 'SHOW server_version')}, ${chosen.rounds} ` +
      'rounds\n',
  );

  await table('no limits', server);
  const limits = Limits.of(200, 256 * 2 ** 20);
  if (limits === undefined) {
    console.log('with 200m CPU and 256Mi: skipped, this machine does not let us make control groups of version 1');
    return;
  }
  await table('client held to 200m CPU and 256Mi', server, limits);
  limits.remove();
}

async function table(title: string, server: PostgresServer, limits?: Limits): Promise<void> {
  const tasks = Object.fromEntries(
    Object.entries(DUMPS).map(([name, script]) => [name, () => dump(server, name, script, limits)]),
  );
  if (limits === undefined) tasks[COPY] = () => copy(server);
  const samples = await rounds(chosen.rounds, tasks);
  console.log(`${title}:\n| What | Time | of the runbook's | File | Peak memory |\n| --- | --- | --- | --- | --- |`);
  const base = median(Object.values(samples)[0]!.map((sample) => sample.seconds));
  for (const [name, of] of Object.entries(samples)) {
    const time = median(of.map((sample) => sample.seconds));
    const [bytes, peak] = [of[0]!.bytes, Math.max(...of.map((sample) => sample.peak))];
    console.log(
      `| ${name} | ${time.toFixed(1)} s | ${(time / base).toFixed(2)} | ${bytes ? `${mega(bytes)} MB` : ''} | ` +
        `${peak ? `${(peak / 2 ** 20).toFixed(0)} MiB` : ''} |`,
    );
  }
  console.log();
}

async function dump(
  server: PostgresServer,
  name: string,
  script: string | undefined,
  limits?: Limits,
): Promise<Sample> {
  const instance = new Instance(server, 'busybox', undefined, limits && { within: (start) => limits.start(start) });
  const env = {
    CHECKS_DIR: '',
    ROW_COUNTS: name.includes('without row counts') ? 'false' : 'true',
    ...(name.includes('without hashes') && { CONTENT_HASH_BYTES: '0' }),
  };
  let peak = 0;
  const time = await seconds(async () => {
    const pod = instance.startBackup(env, script === undefined ? undefined : ['sh', '-c', script]);
    const watch = setInterval(() => {
      peak = Math.max(peak, memoryOf(pod));
    }, 50);
    const result = await pod.result;
    clearInterval(watch);
    if (result.status !== 0) throw new Error(`${name} failed:\n${result.output}`);
  });
  const dumps = readdirSync(instance.folder).filter((file) => file.endsWith('.dump'));
  const bytes = dumps.reduce((sum, file) => sum + statSync(join(instance.folder, file)).size, 0);
  rmSync(instance.folder, { recursive: true });
  return { seconds: time, bytes, peak };
}

async function copy(server: PostgresServer): Promise<Sample> {
  const time = await seconds(() =>
    server.sql('zitadel', "COPY eventstore.events2 TO '/dev/null'; COPY projections.users TO '/dev/null'"),
  );
  return { seconds: time, bytes: 0, peak: 0 };
}

/** The private memory of a pod's processes, in bytes: the page cache goes when it must. */
function memoryOf(pod: PodProcess): number {
  if (pod.pid === undefined) return 0;
  const family = new Set([pod.pid]);
  let sum = 0;
  for (const pid of readdirSync('/proc')
    .map(Number)
    .filter((entry) => entry >= pod.pid!)
    .sort((a, b) => a - b)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!family.has(pid) && !family.has(Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]))) continue;
      family.add(pid);
      sum += Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
    } catch {
      // It has ended in between.
    }
  }
  return sum;
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(0);

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
