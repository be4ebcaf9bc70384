import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import { BackupCronJob, Quiesce, RestoreJob, Retention } from '../../src';
import { FakeApi, Rule } from '../support/pods/fake-api';
import { Env, Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { isSandboxed } from '../support/machine/sandbox';
import { SessionClient } from '../support/postgres/session-client';
import { chart, database, Manifest, storage } from '../support/manifests/synth';
import { toolbox } from '../support/machine/toolbox';
import { usually } from '../support/machine/userlands';

/** kubectl looks for its account at a fixed path, which only a sandbox has. */
const describeWithKubectl = isSandboxed() && toolbox().kubectl !== null ? describe : describe.skip;

const SCALE = '/apis/apps/v1/namespaces/shop/deployments/shop-web/scale';
const IN_USE = /waiting for the service to close its sessions[^\n]*\n[^\n]*as a-service/;

function manifests(quiesce?: Quiesce): Manifest[] {
  const scope = chart();
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 3 }),
  });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, quiesce });
  return [
    ...(Testing.synth(scope) as Manifest[]),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt' }, data: {} },
  ];
}

describeWithKubectl.each(usually('gnu'))('a service that the restore scales, under %s', (userland) => {
  let server: PostgresServer;
  let api: FakeApi;
  let instance: Instance;
  let service: SessionClient[];
  /** The live database at each change of the scale, and the change. */
  let scaled: string[];
  /** A session that nobody ends. */
  let stubborn: SessionClient | undefined;
  let objects: Manifest[];
  let rules: Rule[];
  let around: { env: Env; tokens: Record<string, string>; programs: Record<string, string> };

  const oid = () => server.sql('postgres', "SELECT oid FROM pg_database WHERE datname = 'shop'");
  const left = () => join(instance.folder, 'restores', 'shop-web.replicas');
  const prepared = () =>
    server.sql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'shop_restore'") === '1';

  beforeAll(async () => {
    server = await PostgresServer.start();
    server.sql('postgres', 'CREATE DATABASE shop');
    server.sql('shop', 'CREATE TABLE orders AS SELECT generate_series(1, 100) AS id');
    objects = manifests({ deployment: 'shop-web' });
    rules = objects.find(({ kind }) => kind === 'Role')!.rules;
    api = await FakeApi.start({ namespace: 'shop', deployment: 'shop-web', rules });
    objects.at(-1)!.data['ca.crt'] = api.certificate;
    around = { env: api.env, tokens: { 'shop-restore': api.token }, programs: { 'lend-kubectl': toolbox().kubectl! } };
    instance = new Instance(server, userland, objects, around);
    expect((await instance.backup()).status).toBe(0);
  });
  afterAll(async () => {
    api?.close();
    await server?.stop();
  });

  beforeEach(() => {
    service = [];
    scaled = [];
    // The service: a session a replica.
    api.onScale = (replicas) => {
      scaled.push(`${oid()} at ${replicas}`);
      while (service.length > replicas) void service.pop()!.stop();
      while (service.length < replicas) service.push(new SessionClient(server, 'shop'));
    };
    api.replicas = 3;
    scaled = [];
    api.requests = [];
    api.rules = rules;
    api.silent = false;
  });
  afterEach(async () => {
    await stubborn?.stop();
    stubborn = undefined;
    await api.open();
    api.replicas = 0;
  });

  function hold(): void {
    stubborn = new SessionClient(server, 'shop');
  }

  test('is at 0 when the names are exchanged, and afterwards at the count that was found', async () => {
    const before = oid();
    const { status, output } = await instance.restore();
    expect(status).toBe(0);
    expect(oid()).not.toBe(before);
    expect(scaled).toEqual([`${before} at 0`, `${oid()} at 3`]);
    expect(existsSync(left())).toBe(false);
    expect(output).toMatch(
      /scaling deployment\/shop-web from 3 replicas to 0\. Flux may undo this[^\n]*flux suspend helmrelease …/,
    );
    expect(output).not.toContain(api.token);
    // Nothing else was asked or done.
    expect([...new Set(api.requests)].sort()).toEqual([`GET ${SCALE} 200`, `PATCH ${SCALE} 200`]);
  });

  test('is started again when the cut-over fails, and what was proven waits for another', async () => {
    const before = oid();
    hold();
    const { status, stderr } = await instance.restore({ SESSIONS_TIMEOUT: '1' });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /still in use after 1 s[\s\S]*stop the service \(kubectl -n shop scale deployment\/shop-web --replicas=0\), then: \n {2}kubectl -n shop create job cutover-\d{6} --from=cronjob\/shop-restore /,
    );
    expect(scaled).toEqual([`${before} at 0`, `${before} at 3`]);
    expect(existsSync(left())).toBe(false);
    await stubborn!.stop();
    expect((await instance.restore({ RESTORE_ACTION: 'cutover' })).status).toBe(0);
    expect(scaled.slice(2)).toEqual([`${before} at 0`, `${oid()} at 3`]);
    expect(oid()).not.toBe(before);
  });

  test('is started again when the restore is stopped while it waits', async () => {
    const before = oid();
    hold();
    const restore = instance.startRestore();
    await restore.waitForOutput(IN_USE);
    restore.kill('SIGTERM');
    expect((await restore.result).status).toBe(143);
    expect(scaled).toEqual([`${before} at 0`, `${before} at 3`]);
    expect(existsSync(left())).toBe(false);
  });

  async function killedWhileItWaits(): Promise<void> {
    hold();
    const restore = instance.startRestore();
    await restore.waitForOutput(IN_USE);
    restore.kill('SIGKILL');
    await restore.result;
    await stubborn!.stop();
    expect(api.replicas).toBe(0);
    expect(readFileSync(left(), 'utf8')).toBe('3\n');
    scaled = [];
  }

  test('is started again by the cut-over that follows one that was killed', async () => {
    await killedWhileItWaits();
    const { status, output } = await instance.restore({ RESTORE_ACTION: 'cutover' });
    expect(output).toContain('a killed run had found deployment/shop-web at 3 replicas');
    expect(status).toBe(0);
    expect(scaled).toEqual([`${oid()} at 3`]);
    expect(existsSync(left())).toBe(false);
  });

  test.each(['restore', 'drop-previous'])(
    'is started again before anything else by a %s after one that was killed',
    async (action) => {
      await killedWhileItWaits();
      const before = oid();
      const { status } = await instance.restore({ RESTORE_ACTION: action });
      expect(status).toBe(0);
      expect(scaled).toEqual([`${before} at 3`, ...(action === 'restore' ? [`${before} at 0`, `${oid()} at 3`] : [])]);
      expect(existsSync(left())).toBe(false);
    },
  );

  test.each<[string, () => void, RegExp, Env]>([
    [
      'does not let it read the scale',
      () => {
        api.rules = [];
      },
      /cannot get resource "deployments\/scale"/,
      {},
    ],
    [
      'does not let it set the scale',
      () => {
        api.rules = [{ ...rules[0]!, verbs: ['get'] }];
      },
      /cannot patch resource "deployments\/scale"/,
      {},
    ],
    [
      'is not there',
      () => {
        api.close();
      },
      /connection to the server 127\.0\.0\.1:\d+ was refused/,
      {},
    ],
    [
      'does not answer',
      () => {
        api.silent = true;
      },
      /API server does not answer within 2 s\. Does a NetworkPolicy/,
      { API_TIMEOUT: '2' },
    ],
  ])('is left alone, and the database too, where the API %s', async (_, given, reason, env) => {
    given();
    const before = oid();
    const { status, stderr } = await instance.restore(env);
    expect(status).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(
      /deployment\/shop-web cannot be scaled[^\n]*"shop" is as it was; what was proven stays in "shop_restore"[\s\S]*RESTORE_ACTION=cutover/,
    );
    expect(scaled).toEqual([]);
    expect(oid()).toBe(before);
    expect(prepared()).toBe(true);
    expect(existsSync(left())).toBe(false);
  });

  test('that cannot be started again is a failure, though the database is exchanged; the next run starts it', async () => {
    const before = oid();
    hold();
    const restore = instance.startRestore({ SCALE_BACK_SECONDS: '0' }, 'restore-lost');
    await restore.waitForOutput(IN_USE);
    api.close();
    await stubborn!.stop();
    const { status, stderr } = await restore.result;
    expect(status).toBe(1);
    expect(oid()).not.toBe(before);
    expect(stderr).toMatch(
      /COULD NOT BE SCALED BACK[^\n]*"shop" is exchanged[^\n]*Run: kubectl -n shop scale deployment\/shop-web --replicas=3/,
    );
    expect(readFileSync(left(), 'utf8')).toBe('3\n');
    await api.open();
    const again = await instance.restore({}, 'restore-lost');
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('already carried out') });
    expect(api.replicas).toBe(3);
    expect(existsSync(left())).toBe(false);
  });

  test('that is at 0 already stays there', async () => {
    api.replicas = 0;
    scaled = [];
    const { status, stdout } = await instance.restore();
    expect(status).toBe(0);
    expect(stdout).toContain('deployment/shop-web is at 0 replicas already, nothing to scale');
    expect(scaled).toEqual([]);
  });

  test('that somebody else scales meanwhile keeps their count', async () => {
    hold();
    const restore = instance.startRestore();
    await restore.waitForOutput(IN_USE);
    api.replicas = 1;
    restore.kill('SIGTERM');
    const { stdout } = await restore.result;
    expect(stdout).toContain('another program has set deployment/shop-web to 1 replicas');
    expect(api.replicas).toBe(1);
    expect(existsSync(left())).toBe(false);
  });

  test('is scaled by an undo', async () => {
    expect((await instance.restore()).status).toBe(0);
    scaled = [];
    const before = oid();
    expect((await instance.restore({ RESTORE_ACTION: 'undo' })).status).toBe(0);
    expect(scaled).toEqual([`${before} at 0`, `${oid()} at 3`]);
  });

  test('is left alone by what exchanges nothing', async () => {
    for (const action of ['rehearse', 'prepare', 'drop-previous']) {
      expect((await instance.restore({ RESTORE_ACTION: action })).status).toBe(0);
    }
    expect((await instance.restore({ RESTORE_SESSIONS: 'refuse' })).status).toBe(1);
    expect(api.requests).toEqual([]);
  });

  test('is left alone without quiesce', async () => {
    const plain = new Instance(server, userland, manifests(), around);
    expect((await plain.backup()).status).toBe(0);
    const before = api.total;
    expect((await plain.restore({ SESSIONS_TIMEOUT: '0' })).status).toBe(1);
    expect(api.total).toBe(before);
  });

  // With dash, the search path is the machine's own.
  if (userland === 'busybox')
    test('is not scaled with an image that has no kubectl, and the pod says so', async () => {
      const other = new Instance(server, userland, objects, { ...around, programs: {} });
      const { status, failedContainer, stderr } = await other.restore();
      expect(status).toBe(1);
      expect(failedContainer).toBe('lend-kubectl');
      expect(stderr).toMatch(/this image has no kubectl\. Choose one/);
    });
});
