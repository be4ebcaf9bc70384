import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import { BackupCronJob, BackupFormat, Retention } from '../../src';
import { isSandboxed, sandbox } from '../support/machine/sandbox';
import { SYSTEM_PATH } from '../support/machine/machine';
import { toolbox } from '../support/machine/toolbox';
import { Instance } from '../support/pods/instance';
import { databaseState } from '../support/postgres/database-state';
import { PostgresServer } from '../support/postgres/postgres-server';
import { chart, database, type Manifest, storage } from '../support/manifests/synth';

const PAGE = readFileSync(join(__dirname, '../../docs/files-on-the-storage.md'), 'utf8');
const KIT = PAGE.split('## Restore with nothing but these files')[1]!.split(/^### /m)[0]!;
/** What the page says to type, block by block. */
const blocks = [...KIT.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text!);
const FOLDER = '/mnt/nas/shop';
const NAME = 'shop-20261123-020000';

function manifests(format: BackupFormat): Manifest[] {
  const scope = chart();
  new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
    format,
  });
  return Testing.synth(scope);
}

let live: PostgresServer;
let fresh: PostgresServer;
beforeAll(async () => {
  live = await PostgresServer.start();
  live.sql('postgres', "CREATE ROLE shop LOGIN PASSWORD 'sh\"op'; CREATE ROLE reader; CREATE DATABASE shop OWNER shop");
  live.sql(
    'shop',
    `SET ROLE shop;
     CREATE TABLE public.orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 500) AS i;
     ALTER TABLE orders ADD PRIMARY KEY (id);
     GRANT SELECT ON orders TO reader;
     ALTER DATABASE shop SET statement_timeout = '5min'`,
  );
});
afterAll(() => live.stop());
beforeEach(async () => {
  fresh = await PostgresServer.start();
});
afterEach(() => fresh.stop());

/** Types the kit in one shell, on a machine that has the files and the programs of PostgreSQL only. */
function type(folder: string): { status: number | null; stdout: string; stderr: string } {
  const env = {
    PATH: `${toolbox().binDir}:${SYSTEM_PATH}`,
    LC_ALL: 'C.UTF-8',
    PGHOST: fresh.host,
    PGPORT: String(fresh.port),
    PGUSER: fresh.user,
    PGPASSWORD: fresh.password,
  };
  const typed = `set -e\n${blocks.join('\n')}`;
  const { command, env: around } = isSandboxed()
    ? sandbox({
        command: [toolbox().bash, '-c', typed],
        env,
        mounts: [{ source: folder, target: FOLDER, readOnly: true }],
        readOnlyRoot: false,
        shell: toolbox().dash,
        uid: 70,
        gid: 70,
      })
    : { command: ['bash', '-c', typed.replaceAll(FOLDER, folder)], env };
  // psql asks for the password of a role twice.
  return spawnSync(command[0]!, command.slice(1), { env: around, input: 'new one\nnew one\n', encoding: 'utf8' });
}

test.each([
  ['custom', BackupFormat.custom()],
  ['directory', BackupFormat.directory({ parallelJobs: 2 })],
])('the recovery kit brings back all of a dump in the %s format, with nothing but the files', async (_, format) => {
  const instance = new Instance(live, 'gnu', manifests(format));
  expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
  instance.copyDump(instance.dumps()[0]!, NAME.slice('shop-'.length));

  const { status, stdout, stderr } = type(instance.folder);
  expect(stderr.replaceAll(/.*role "postgres" already exists\n|.*(?:new password.*|it again): \n?/g, '')).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/: OK$/m);
  expect(stdout).toMatch(/"public\.orders": 500/);
  expect(stdout).toMatch(/^ +500$/m);
  expect(databaseState(fresh, 'shop').text).toBe(databaseState(live, 'shop').text);
  expect(fresh.sql('postgres', "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'shop'")).toBe('t');
});

test('the recovery kit stops at a dump that is not the one that was written', async () => {
  const instance = new Instance(live, 'gnu', manifests(BackupFormat.custom()));
  await instance.backup();
  const name = instance.copyDump(instance.dumps()[0]!, NAME.slice('shop-'.length));
  spawnSync('dd', [
    'if=/dev/zero',
    `of=${join(instance.folder, `${name}.dump`)}`,
    'bs=1',
    'count=1',
    'seek=900',
    'conv=notrunc',
  ]);
  const { status, stdout } = type(instance.folder);
  expect(stdout).toContain('FAILED');
  expect(status).not.toBe(0);
  expect(fresh.sql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'shop'")).toBe('0');
});

test('the page names every member of a manifest', async () => {
  const instance = new Instance(live, 'gnu', manifests(BackupFormat.custom()));
  await instance.backup();
  const manifest = JSON.parse(readFileSync(join(instance.folder, `${instance.dumps()[0]}.json`), 'utf8'));
  const listed = [
    ...PAGE.split('## Manifests')[1]!
      .split('\n## ')[0]!
      .matchAll(/`(\w+)`(?=[^|]*\|[^|]*\|$)/gm),
  ].map(([, member]) => member!);
  expect(Object.keys(manifest).filter((member) => !listed.includes(member))).toEqual([]);
});
