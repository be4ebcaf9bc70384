import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import { parse, stringify } from 'yaml';
import { BackupCronJob, PostgresDatabase, PostgresImage, RestoreDrill, Retention, SecretExpectations } from '../../src';
import { pattern } from '../support/faults/fault';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { chart, storage, type Manifest } from '../support/manifests/synth';
import { toolbox } from '../support/machine/toolbox';
import { which } from '../support/machine/machine';
import { DataKey, encryptionSql, JWK, webKeyAdded } from '../support/zitadel/zitadel-encryption';
import { usually } from '../support/machine/userlands';

const key = new DataKey('oidcKey', MASTERKEY);
const OLD = 'zitadel-20260101-020000';
const OLDER = 'zitadel-20250101-020000';

describe.each(usually('gnu'))('a drill under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;
  let newest: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    server.sql('zitadel', encryptionSql([key], [webKeyAdded(key.value(JWK))]));
    instance = new Instance(server, userland);
    expect((await instance.backup()).status).toBe(0);
    newest = instance.dumps()[0]!;
    instance.copyDump(newest, OLD.slice(8));
    instance.copyDump(newest, OLDER.slice(8));
  });
  afterAll(() => server.stop());

  const drills = (): string[] =>
    readdirSync(join(instance.folder, 'drills'))
      .filter((file) => file !== 'latest.json')
      .sort();

  test('on rotation gives every restore point its turn, and then begins again', async () => {
    const turns = [];
    for (let turn = 1; turn <= 4; turn++) {
      expect((await instance.drill({ DRILL_PICK: 'rotate' })).status).toBe(0);
      turns.push(instance.evidence().dump);
    }
    expect(turns).toEqual([OLDER, OLD, newest, OLDER]);
  });

  test('tells the trend against former drills, and keeps the evidence of so many', async () => {
    const before = drills();
    const ended = before.map((file) => instance.evidence(file).ended);
    const { stdout } = await instance.drill({ KEEP_EVIDENCE: '3' });
    const trend = /former drills \(verdict, seconds of the restore, time\):\n((?:proven \d+ \S+Z\n)+)/.exec(
      stdout,
    )?.[1];
    expect(trend?.match(/\S+Z/g)).toEqual(ended.reverse());
    expect(drills()).toHaveLength(3);
    expect(drills().slice(0, 2)).toEqual(before.slice(-2));
    expect(instance.evidence()).toEqual(instance.evidence(drills().at(-1)));
  });

  test('has names on the NAS that every file system takes, by the time at which it ended', () => {
    const names = readdirSync(instance.nas, { recursive: true, encoding: 'utf8' }).flatMap((path) => path.split('/'));
    expect(names.filter((name) => !/^[\w.%-]+$/.test(name))).toEqual([]);
    for (const file of drills())
      expect(file).toBe(`${String(instance.evidence(file).ended).replace(/[-:Z]/g, '').replace('T', '-')}.json`);
  });

  test('knows evidence that has its older name: it has its turn, its place in the trend, its proof, and its end', async () => {
    const older = drills().map((file) => {
      const name = `${String(instance.evidence(file).ended)}.json`;
      renameSync(join(instance.folder, 'drills', file), join(instance.folder, 'drills', name));
      return name;
    });
    const drilled = older.slice(1).map((file) => instance.evidence(file).dump);
    const { lastProven } = instance.evidence(older.at(-1));
    const { stdout } = await instance.drill({ RESTORE_DUMP: 'zitadel-19990101-000000', KEEP_EVIDENCE: '3' });
    expect(stdout.match(/^proven \d+ \S+Z$/gm)?.map((line) => `${line.split(' ')[2]}.json`)).toEqual(
      [...older].reverse(),
    );
    expect(instance.evidence()).toMatchObject({ verdict: 'failed', lastProven });
    expect(drills()).toEqual([...older.slice(1), readlinkSync(join(instance.folder, 'drills/latest.json'))]);
    expect((await instance.drill({ DRILL_PICK: 'rotate' })).status).toBe(0);
    expect(instance.evidence().dump).toBe(instance.dumps().find((dump) => !drilled.includes(dump)));
  });

  test('takes the newest at or before a moment, or the one that is named', async () => {
    expect((await instance.drill({ RESTORE_BEFORE: '2026-01-01T02:00:00Z', DRILL_PICK: 'rotate' })).status).toBe(0);
    expect(instance.evidence().dump).toBe(OLD);
    expect((await instance.drill({ RESTORE_DUMP: OLDER })).status).toBe(0);
    expect(instance.evidence().dump).toBe(OLDER);
  });

  test('does not call a dump proven that nobody has verified, or whose rows nobody has counted', async () => {
    const name = instance.copyDump(newest, '20240101-020000');
    const manifest = join(instance.folder, `${name}.json`);
    writeFileSync(
      manifest,
      JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), rows: null, hashes: null }),
    );
    expect((await instance.drill({ RESTORE_DUMP: name })).status).toBe(5);
    expect(instance.evidence()).toMatchObject({
      verdict: 'inconclusive',
      dump: name,
      rows: null,
      compared: null,
      keys: [{ verdict: 'proven' }],
    });
    for (const ending of ['dump.sha256', 'json', 'globals.sql']) rmSync(join(instance.folder, `${name}.${ending}`));
    // Without its roles: those that it needs are not on a new server.
    expect((await instance.drill({ RESTORE_DUMP: name })).status).toBe(1);
    expect(instance.evidence()).toMatchObject({
      verdict: 'failed',
      dump: name,
      sha256: null,
      reason: expect.stringContaining('role "zitadel" does not exist'),
    });
    rmSync(join(instance.folder, `${name}.dump`));
  });

  test('remembers the last proof while drills fail, also when its own evidence is gone', async () => {
    const { lastProven } = instance.evidence();
    expect(lastProven).toMatchObject({ dump: OLDER });
    for (let time = 1; time <= 2; time++)
      expect((await instance.drill({ RESTORE_DUMP: 'zitadel-19990101-000000', KEEP_EVIDENCE: '1' })).status).toBe(1);
    expect(drills()).toHaveLength(1);
    expect(instance.evidence()).toMatchObject({ verdict: 'failed', lastProven });
  });

  test.each([
    ['DRILL_PICK is misspelt', { DRILL_PICK: 'oldest' }, 'DRILL_PICK (oldest) is neither newest nor rotate.'],
    [
      'a dump and a moment are asked for',
      { RESTORE_DUMP: OLD, RESTORE_BEFORE: '2026-01-01T00:00:00Z' },
      'RESTORE_DUMP and RESTORE_BEFORE are both set. Set one of them.',
    ],
    [
      'the moment is before all dumps',
      { RESTORE_BEFORE: '2020-01-01T00:00:00Z' },
      'no verified dump from 2020-01-01T00:00:00Z or before',
    ],
    [
      'the volume is too small',
      { DRILL_BYTES: '1000000' },
      "the drill's volume holds 1 MB, and the database needs about … MB. Raise the drill's scratchSize.",
    ],
  ])('fails with what to do where %s', async (_, env: Record<string, string>, says) => {
    const { status, stdout } = await instance.drill(env);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: expect.stringMatching(pattern(`== verdict: failed. drill-restore: ${says}`)),
    });
    expect(instance.evidence()).toMatchObject({ verdict: 'failed', reason: expect.stringMatching(pattern(says)) });
  });
});

/** A drill without a proof, and a secret that must be the one of the dump. */
function manifests(): Manifest[] {
  const scope = chart();
  const because = 'the orders are encrypted with it';
  const secrets = new SecretExpectations(scope, 'secrets');
  secrets.expectKey('orders', 'key', { bytes: 16, sameAsDump: true, because });
  const password = secrets.expectKey('shop-db', 'password', { because: 'everything logs in with it' });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
    database: PostgresDatabase.at('shop-db', {
      name: 'shop',
      user: 'postgres',
      password,
      image: PostgresImage.alpine('17.2'),
    }),
  });
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup });
  return Testing.synth(scope) as Manifest[];
}

describe.each(usually('busybox'))('a drill without a proof under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server, 'shop');
    instance = new Instance(server, userland, manifests());
    instance.secrets.orders = { key: '0123456789abcdef' };
  });
  afterAll(() => server.stop());

  test('fails where nothing was backed up yet, and where all is gone, with what to do', async () => {
    expect((await instance.drill()).stdout).toContain(
      'verdict: failed. drill-restore: there is no /backups/shop, so nothing was backed up yet, or not to this ' +
        'claim. Back up first.',
    );
    for (const DRILL_PICK of ['newest', 'rotate']) {
      const { status, stdout } = await instance.drill({ DRILL_PICK });
      expect({ status, stdout }).toEqual({
        status: 1,
        stdout: expect.stringContaining('no verified dump in /backups/shop. Back up first.'),
      });
    }
    expect(instance.evidence()).toMatchObject({
      verdict: 'failed',
      dump: null,
      sha256: null,
      keys: [],
      lastProven: null,
    });
  });

  test('says nothing of keys', async () => {
    expect((await instance.backup()).status).toBe(0);
    expect(await instance.drill()).toMatchObject({ status: 0, stderr: '' });
    expect(instance.evidence()).toMatchObject({ verdict: 'proven', keys: [], compared: 'rows and contents' });
  });

  test('fails where a restore would be refused, as a secret is not the one of the dump', async () => {
    instance.secrets.orders = { key: 'fedcba9876543210' };
    expect((await instance.drill()).status).toBe(1);
    expect(instance.evidence()).toMatchObject({
      verdict: 'failed',
      reason:
        'a restore would be refused: secret orders, key key has another value than when the dump was ' +
        'taken: the orders are encrypted with it',
    });
  });
});

(toolbox().kubectl === null ? test.skip : test)('kubectl set env reaches the container that chooses', () => {
  const { metadata, spec } = manifests().find(({ metadata: { name } }) => name === 'shop-drill')!;
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'now', namespace: metadata.namespace },
    spec: spec.jobTemplate.spec,
  };
  const { root, kubectl } = toolbox();
  const [program, args] =
    root === null ? [join(kubectl!, 'kubectl'), []] : [which('chroot')!, [root, join(kubectl!, 'kubectl')]];
  const { status, stdout, stderr } = spawnSync(
    program,
    [...args, 'set', 'env', '--local', '-f', '-', `RESTORE_DUMP=${OLD}`, '-o', 'yaml'],
    {
      input: stringify(job),
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { initContainers } = parse(stdout).spec.template.spec;
  const restore = initContainers.find(({ name }: { name: string }) => name === 'restore');
  expect(restore.env).toContainEqual({ name: 'RESTORE_DUMP', value: OLD });
  expect(restore.command).toEqual(['sh', '/scripts/run.sh', 'drill-restore.sh']);
});
