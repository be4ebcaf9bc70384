import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEndOfFile } from '../support/machine/leftovers';
import { SYSTEM_PATH } from '../support/machine/machine';
import { freshFolder } from '../support/machine/run-folder';
import { toolbox } from '../support/machine/toolbox';
import { ToType } from '../support/manifests/typed-commands';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ObjectStore } from '../support/offsite/object-store';
import { PROGRAMS } from '../support/offsite/programs';
import { COPIER, lockedBucket, PASSWORD, SALT } from '../support/offsite/shop';
import { shopCluster } from '../support/offsite/shop-cluster';
import type { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { PluginRun, type Said } from '../support/runbook/plugin-shell';
import type { RunbookCluster } from '../support/runbook/runbook-cluster';
import { RunbookShell } from '../support/runbook/runbook-shell';
import { fingerprint } from '../support/secrets/fingerprint';

(toolbox().kubectl === null ? describe.skip : describeWithBucket)('kubectl pgbackup, where dumps are copied', () => {
  let server: PostgresServer;
  let store: ObjectStore;
  let instance: Instance;
  let cluster: RunbookCluster;
  let shell: RunbookShell;
  let dump: string;
  let dumped: string;

  const authorityFile = (folder: string): string => {
    const file = join(folder, 'ca.crt');
    writeFileSync(file, store.authority.certificate);
    return file;
  };
  const pages = new ToType(__filename);
  const live = (): string => fingerprint(server, 'shop');
  const run = (args: string, terminal = false): PluginRun =>
    new PluginRun({ ...shell.env, ...(terminal && { TERM: 'xterm' }) }, ['-n', 'shop', ...args.split(' ')], terminal);
  const pgbackup = (args: string): Promise<Said> => run(args).ended;
  const newestJob = () => cluster.jobs.at(-1)! as unknown as { metadata: { ownerReferences: { name: string }[] } };

  beforeAll(async () => {
    [server, store] = await Promise.all([PostgresServer.start(), lockedBucket(30)]);
    server.sql('postgres', 'CREATE DATABASE shop');
    server.sql('shop', 'CREATE TABLE orders AS SELECT id, md5(id::text) AS note FROM generate_series(1, 1000) AS id');
    ({ cluster, instance } = shopCluster(server, store));
    shell = new RunbookShell(await cluster.open());
    expect(await pgbackup('backup')).toMatchObject({ status: 0 });
    [dump] = instance.dumps() as [string];
    dumped = live();
  });
  afterAll(async () => {
    await cluster?.close();
    await server?.stop();
    await store?.stop();
  });

  test('before the first copy, status says that there is none', async () => {
    const { stdout } = await pgbackup('status');
    expect(stdout).toMatch(/YELLOW +newest copy +no run of shop-db-copy has copied all\. Copy now: kubectl pgbackup /);
    expect(stdout).toMatch(/YELLOW +copy proven +never\. Drill now: kubectl pgbackup -n shop drill --from offsite\n/);
  });

  test('copy copies; status tells the age of the newest copy and its lock without a Job, also to programs', async () => {
    expect(await pgbackup('copy')).toMatchObject({ status: 0, stdout: expect.stringContaining(`${dump} is off site`) });
    const jobs = cluster.jobs.length;
    const { stdout } = await pgbackup('status');
    const [status] = JSON.parse((await pgbackup('status -o json')).stdout);
    expect(cluster.jobs).toHaveLength(jobs);
    expect(stdout).toMatch(
      new RegExp(`GREEN +newest copy +${dump}, taken \\d+ s ago; all was copied \\d+ s ago; locked until 20\\d\\d-`),
    );
    const written = JSON.parse(readFileSync(join(instance.folder, 'offsite', `${dump}.json`), 'utf8'));
    expect(status.copies).toEqual([
      {
        copy: 'shop-db-copy',
        newest: dump,
        taken: expect.stringMatching(/^20.*Z$/),
        place: 'dumps/internal/shop',
        readBack: true,
        objectLock: 'COMPLIANCE',
        lockedUntil: written.lockedUntil,
        encryption: 'crypt',
        lastCopied: expect.stringMatching(/^20.*Z$/),
        ageSeconds: expect.any(Number),
        allowedSeconds: 2 * 86_400 - 6 * 3600,
      },
    ]);
    expect(status.copyLastProven).toBeNull();
  });

  test('a copy that is older than its schedule allows is red', async () => {
    const { annotations } = cluster.object('CronJob', 'shop-db-copy').metadata as {
      annotations: Record<string, string>;
    };
    const allowed = annotations['cdk8s-postgres-backup/overdue-after-seconds']!;
    annotations['cdk8s-postgres-backup/overdue-after-seconds'] = '0';
    const { status, stdout } = await pgbackup('status');
    annotations['cdk8s-postgres-backup/overdue-after-seconds'] = allowed;
    expect(stdout).toMatch(/RED +newest copy .* at most 0 s\. Copy now: /);
    expect(status).toBe(1);
  });

  test('a drill of the dumps proves nothing of the copies, and a drill of a copy does', async () => {
    expect((await pgbackup('drill')).status).toBe(0);
    expect(instance.evidence()).toMatchObject({ source: 'nas', dump });
    const { secretKey } = instance.secrets['shop-offsite']!;
    instance.secrets['shop-offsite']!.secretKey = 'another';
    expect((await pgbackup('drill --from offsite')).status).toBe(1);
    instance.secrets['shop-offsite']!.secretKey = secretKey!;
    expect((await pgbackup('status')).stdout).toMatch(/GREEN +last proven [^]*RED +copy proven +never/);
    expect((await pgbackup('drill --from offsite')).status).toBe(0);
    expect(instance.evidence()).toMatchObject({
      source: 'offsite',
      dump,
      seconds: { fetch: expect.any(Number), restore: expect.any(Number) },
    });
    expect((await pgbackup('status')).stdout).toMatch(/^GREEN [^]*GREEN +copy proven +\d+ s ago; a restore takes /);
  });

  /** A dump on a page is an example, and so is what names the backup: here it is the namespace. */
  const ofHere = (commands: string): string =>
    commands.replaceAll(/\bshop-\d{8}-\d{6}\b/g, dump).replaceAll('kubectl pgbackup ', 'kubectl pgbackup -n shop ');

  test('the commands of docs/operations.md copy, list, drill and restore', async () => {
    server.sql('shop', 'DELETE FROM orders WHERE id > 10');
    const { status, output } = await shell.type([ofHere(pages.take('docs/operations.md'))]);
    expect([status, output]).toEqual([0, output]);
    expect(output).toContain('verdict: proven');
    expect(live()).toBe(dumped);
  });

  test('the commands of docs/files-on-the-storage.md fetch a copy as it was on the NAS', () => {
    const target = freshFolder('fetched');
    atEndOfFile(() => rmSync(target, { recursive: true }));
    const commands = pages.take('docs/files-on-the-storage.md');
    const { status, stderr } = spawnSync(
      'bash',
      [
        '-euc',
        ofHere(commands)
          .replaceAll('/mnt/nas/shop', target)
          .replace(/https:\/\/\S+/, store.endpoint),
      ],
      {
        // What it asks for, in its order.
        input: [COPIER.id, COPIER.secret, PASSWORD, SALT].map((line) => `${line}\n`).join(''),
        env: { PATH: `${PROGRAMS}:${SYSTEM_PATH}`, HOME: target, RCLONE_CA_CERT: authorityFile(target) },
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([0, stderr]);
    const files = readdirSync(instance.folder).filter((file) => file.startsWith(`${dump}.`));
    expect(files).toContain(`${dump}.dump`);
    for (const file of files) {
      expect([file, readFileSync(join(target, file)).equals(readFileSync(join(instance.folder, file)))]).toEqual([
        file,
        true,
      ]);
    }
  });

  describe('with the NAS gone', () => {
    beforeAll(() => {
      for (const name of readdirSync(instance.nas)) rmSync(join(instance.nas, name), { recursive: true });
      server.sql('shop', 'DROP TABLE orders');
    });

    test('the NAS has nothing, and the bucket lists and would restore its copies', async () => {
      expect((await pgbackup('list')).status).toBe(1);
      expect(JSON.parse((await pgbackup('list --from offsite -o json')).stdout)).toEqual([
        expect.objectContaining({ dump, verified: true }),
      ]);
      expect(await pgbackup('preflight --from offsite')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`a restore of ${dump}.dump would begin`),
      });
      expect(newestJob().metadata.ownerReferences[0]!.name).toBe('shop-db-restore-offsite');
    });

    test('a restore asks, and says how to go back without the NAS; undo goes back', async () => {
      const before = live();
      const restore = run('restore --from offsite', true);
      await restore.said(/Type yes to go on/);
      restore.type('yes');
      const { status, stdout } = await restore.ended;
      expect(stdout).toMatch(/undo: +kubectl pgbackup -n shop undo --from offsite; /);
      expect([status, live()]).toEqual([0, dumped]);
      const undo = run('undo --from offsite', true);
      await undo.said(/Type yes to go on/);
      undo.type('yes');
      expect([(await undo.ended).status, live()]).toEqual([0, before]);
    });
  });

  test('the commands of docs/offsite.md list the copies, and restore the newest', async () => {
    expect(live()).not.toBe(dumped);
    const { status, output } = await shell.type([ofHere(pages.take('docs/offsite.md'))]);
    expect([status, output]).toEqual([0, output]);
    const [listed, restored] = ['list-offsite', 'restore-offsite'].map((job) => cluster.pod(job).result);
    expect(await listed).toMatchObject({ status: 0, output: expect.stringContaining(dump) });
    expect(await restored).toMatchObject({ status: 0 });
    expect(live()).toBe(dumped);
  });

  test('every block of commands that is to be typed here was typed', () => {
    expect(pages.left).toEqual([]);
  });

  test('a copy that fails is red, with its reason', async () => {
    instance.secrets['shop-offsite']!.secretKey = 'another';
    expect((await pgbackup('backup')).status).toBe(0);
    expect((await pgbackup('copy')).status).toBe(1);
    const { status, stdout } = await pgbackup('status');
    expect(stdout).toMatch(/RED +last copy +copy-\S+ has failed: .*The secret part of the key is wrong/);
    expect(status).toBe(1);
  });

  test.each([
    ['verify --from offsite', '--from is not for verify, but for: list restore'],
    ['list --from tape', '--from (tape) is neither nas nor offsite'],
  ])('"%s" is refused before anything is done', async (args, why) => {
    expect(await pgbackup(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(why) });
  });

  test('without a template for the bucket, the construct that is missing is named', async () => {
    cluster.remove('CronJob', 'shop-db-restore-offsite');
    const { status, stderr } = await pgbackup('list --from offsite');
    expect(stderr).toContain('Add a RestoreJob with offsite to the chart.');
    expect(status).toBe(2);
  });
});
