import { rmSync } from 'node:fs';
import globalSetup from '../test/support/jest/global-setup';
import globalTeardown from '../test/support/jest/global-teardown';
import { Instance } from '../test/support/pods/instance';
import { clearLeftovers } from '../test/support/machine/leftovers';
import { PostgresServer } from '../test/support/postgres/postgres-server';
import { options } from './support/options';
import { seconds } from './support/rounds';

const chosen = options(
  'What many tables cost: pg_dump alone, a whole backup, a rehearsed restore. Each table has three indexes ' +
    'and ten rows; the server holds as many locks as pg_dump needs.',
  { tables: 20000 },
);
const BATCH = 500; // tables of one transaction, whose locks the server holds at once

async function main(): Promise<void> {
  const tables = chosen.tables;
  const server = await PostgresServer.start({
    settings: { max_locks_per_transaction: '512', shared_buffers: '512MB' },
  });
  server.sql('postgres', 'CREATE DATABASE zitadel');
  for (let first = 1; first <= tables; first += BATCH) {
    server.sql(
      'zitadel',
      `SELECT format('CREATE TABLE t%1$s AS SELECT n AS id, md5(n::text) AS a, n AS b FROM generate_series(1, 10) AS n;
         ALTER TABLE t%1$s ADD PRIMARY KEY (id); CREATE INDEX ON t%1$s (a); CREATE INDEX ON t%1$s (b)', n)
         FROM generate_series(${first}, ${Math.min(first + BATCH - 1, tables)}) AS n \\gexec`,
    );
  }
  const instance = new Instance(server, 'busybox');
  const run = async (what: string, pod: () => Promise<{ readonly status: number; readonly output: string }>) => {
    const time = await seconds(async () => {
      const { status, output } = await pod();
      if (status !== 0) throw new Error(`${what} failed:\n${output}`);
    });
    console.log(`| ${what} | ${time.toFixed(0)} s |`);
  };
  console.log(`${tables} tables with three indexes each:\n| What | Time |\n| --- | --- |`);
  await run(
    'pg_dump alone',
    () =>
      instance.startBackup({}, ['sh', '-c', 'mkdir -p "$BACKUP_DIR" && pg_dump -Fc -Z1 -f "$BACKUP_DIR/alone"']).result,
  );
  rmSync(instance.folder, { recursive: true });
  await run('a whole backup', () => instance.backup({ CHECKS_DIR: '' }));
  await run('a rehearsed restore', () => instance.restore({ CHECKS_DIR: '', RESTORE_ACTION: 'rehearse' }));
}

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
