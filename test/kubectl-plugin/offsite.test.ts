import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toolbox } from '../support/machine/toolbox';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ObjectStore } from '../support/offsite/object-store';
import { lockedBucket } from '../support/offsite/shop';
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
