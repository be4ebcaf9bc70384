import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Size } from 'cdk8s';
import { DrillSource, Retention } from '../../src';
import { eventually } from '../support/machine/eventually';
import { atEndOfFile } from '../support/machine/leftovers';
import { run, which } from '../support/machine/machine';
import { freshFolder } from '../support/machine/run-folder';
import { usually } from '../support/machine/userlands';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { FaultyBucket } from '../support/offsite/faulty-bucket';
import { ADMIN, ObjectStore } from '../support/offsite/object-store';
import { PROGRAMS } from '../support/offsite/programs';
import { said, secretOf, shop, type ShopOptions } from '../support/offsite/shop';
import type { Instance } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { freePort, PostgresServer } from '../support/postgres/postgres-server';

const failure = (result: PodResult): string => (result.status === 0 ? '' : said(result));

describeWithBucket.each(usually('busybox'))('a copy with options, under %s', (userland) => {
  let server: PostgresServer;
  let store: ObjectStore;
  let base: Instance;
  let dump: string;
  let prefixes = 0;

  beforeAll(async () => {
    [server, store] = await Promise.all([PostgresServer.start(), ObjectStore.start()]);
    await store.makeBucket('open');
    server.sql('postgres', 'CREATE DATABASE shop');
    server.sql('shop', 'CREATE TABLE orders AS SELECT id, md5(id::text) AS note FROM generate_series(1, 20000) AS id');
    base = shop(server, store, userland);
    expect(failure(await base.backup())).toBe('');
    [dump] = base.dumps() as [string];
  });

  /** A NAS with the dump, and a folder of its own in a bucket without a lock. */
  function prepared(options: ShopOptions = {}): Instance {
    const instance = shop(server, store, userland, { bucket: 'open', prefix: `case-${++prefixes}`, ...options });
    run(['cp', '-a', base.folder, instance.nas]);
    instance.secrets['shop-offsite'] = secretOf(ADMIN);
    return instance;
  }

  const dumpsInBucket = async (): Promise<string[]> =>
    (await store.objects('open'))
      .filter((key) => key.startsWith(`case-${prefixes}/`))
      .flatMap((key) => /\/([^/]*)\.dump\.bin$/.exec(key)?.[1] ?? []);
  const evidence = (instance: Instance): string[] =>
    readdirSync(join(instance.folder, 'offsite')).filter((file) => file.startsWith('shop-'));

  it.each<[string, ShopOptions]>([
    ['in the directory format', { directory: true }],
    ['that is not encrypted', { encrypted: false }],
    ['without reading it back', { readBack: false }],
  ])('copies and restores a dump %s', async (_, options) => {
    const instance = shop(server, store, userland, { bucket: 'open', prefix: `case-${++prefixes}`, ...options });
    instance.secrets['shop-offsite'] = secretOf(ADMIN);
    expect(failure(await instance.backup())).toBe('');
    expect(failure(await instance.offsite())).toBe('');
    const [name] = instance.dumps();
    const written = JSON.parse(readFileSync(join(instance.folder, 'offsite', `${name}.json`), 'utf8'));
    expect(written).toMatchObject({ objectLock: null, readBack: options.readBack ?? true });
    expect(failure(await instance.restore({ RESTORE_ACTION: 'rehearse' }))).toBe('');
  });

  it('sends no more in a second than the bandwidth, however fast the network is', async () => {
    const times: Record<string, number> = {};
    const proxy = await FaultyBucket.before(
      store,
      ({ method, path }) => {
        if (method === 'PUT' && path.includes('.dump.bin')) times.began = Date.now();
        return undefined;
      },
      ({ method, path }) => {
        if (method === 'PUT' && path.includes('.dump.bin')) times.ended = Date.now();
      },
    );
    const limit = 256 * 1024;
    const instance = prepared({ endpoint: proxy.endpoint, bandwidth: Size.kibibytes(256), readBack: false });
    expect(failure(await instance.offsite())).toBe('');
    const bytes = (await store.get(`/open/case-${prefixes}/shop/${dump}.dump.bin`)).length;
    expect(bytes).toBeGreaterThan(limit);
    // A limit is a least time, which a slow machine only adds to. The first buffer goes before the limit counts.
    expect(((bytes - limit / 2) / (times.ended! - times.began!)) * 1000).toBeLessThan(limit);
    proxy.close();
  });

  it('keeps the copies that its own retention wants, copies no other, and is content with that', async () => {
    const instance = prepared({ retention: Retention.keep({ last: 2 }) });
    const older = ['20260101-020000', '20260102-020000', '20260103-020000'].map((time) =>
      instance.copyDump(dump, time),
    );
    expect(failure(await instance.offsite())).toBe('');
    expect(await dumpsInBucket()).toEqual([older[2], dump]);
    const newer = instance.copyDump(dump, '29991231-020000');
    const second = await instance.offsite();
    expect(failure(second)).toBe('');
    expect(said(second)).toContain(`removed the copy ${older[2]}: no rule of the retention keeps it`);
    expect(await dumpsInBucket()).toEqual([dump, newer]);
    expect((await store.objects('open')).filter((key) => key.includes(`case-${prefixes}/shop/${older[2]}`))).toEqual(
      [],
    );
    expect(evidence(instance)).toEqual([`${dump}.json`, `${newer}.json`]);
    expect(said(await instance.offsite())).not.toMatch(/copying|removed/);
  });

  it('removes no copy while a newer dump is not safely there', async () => {
    const instance = prepared({ retention: Retention.keep({ last: 1 }) });
    expect(failure(await instance.offsite())).toBe('');
    const newer = instance.copyDump(dump, '29991231-020000');
    const path = join(instance.folder, `${newer}.dump`);
    const bytes = readFileSync(path);
    bytes[1000]! ^= 1;
    writeFileSync(path, bytes);
    expect(await instance.offsite()).toMatchObject({ status: 1 });
    expect(await dumpsInBucket()).toEqual([dump]);
  });

  it('drills dumps and copies in turn, says which, and tries again with the same', async () => {
    const instance = prepared({ drillSource: DrillSource.IN_TURN });
    expect(failure(await instance.offsite())).toBe('');
    expect(failure(await instance.drill({}, 'first'))).toBe('');
    expect(instance.evidence()).toMatchObject({ verdict: 'proven', source: 'nas', job: 'first' });
    // The bucket is away: that must not be passed over for a dump.
    const failed = await instance.drill({ OFFSITE_PATH: 'nowhere/shop' }, 'second');
    expect(failed).toMatchObject({ status: 1 });
    expect(instance.evidence()).toMatchObject({ verdict: 'failed', source: 'offsite', job: 'second' });
    expect(failure(await instance.drill({}, 'second'))).toBe('');
    expect(instance.evidence()).toMatchObject({ verdict: 'proven', source: 'offsite', job: 'second' });
    expect(failure(await instance.drill({}, 'third'))).toBe('');
    expect(instance.evidence()).toMatchObject({ verdict: 'proven', source: 'nas', job: 'third' });
  });

  it('copies to any remote of rclone and restores from there, e.g. by SFTP', async () => {
    const folder = freshFolder('sftp');
    mkdirSync(join(folder, 'root'));
    const port = await freePort();
    const rclone = join(PROGRAMS, 'rclone');
    const pass = 'the-password-of-a-storage-box';
    const served = spawn(
      which('setpriv')!,
      ['--pdeathsig', 'KILL', '--', rclone, 'serve', 'sftp', join(folder, 'root'), '--addr', `127.0.0.1:${port}`],
      {
        env: { HOME: folder, RCLONE_USER: 'box', RCLONE_PASS: pass, RCLONE_CONFIG: '' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let log = '';
    served.stderr.on('data', (text) => (log += text));
    atEndOfFile(() => void served.kill('SIGKILL'));
    await eventually('the SFTP server listens', () => /listening/i.test(log));
    const obscured = execFileSync(rclone, ['obscure', '-'], { input: `${pass}\n` })
      .toString()
      .trim();
    const instance = prepared({ remote: 'box', prefix: 'dumps/internal' });
    const config = [
      '[box]',
      'type = sftp',
      'host = 127.0.0.1',
      `port = ${port}`,
      'user = box',
      `pass = ${obscured}`,
      'shell_type = none',
      '',
    ];
    instance.secrets['shop-offsite']!['rclone.conf'] = config.join('\n');
    expect(failure(await instance.offsite())).toBe('');
    expect(readdirSync(join(folder, 'root/dumps/internal/shop')).sort()).toEqual(
      ['dump.bin', 'dump.sha256.bin', 'globals.sql.bin', 'json.bin'].map((ending) => `${dump}.${ending}`),
    );
    const written = JSON.parse(readFileSync(join(instance.folder, 'offsite', `${dump}.json`), 'utf8'));
    expect(written).toMatchObject({ endpoint: "rclone's remote box", path: 'dumps/internal/shop', objectLock: null });
    expect(failure(await instance.restore({ RESTORE_ACTION: 'rehearse' }))).toBe('');
    const then = await instance.restore({ RESTORE_ACTION: 'list', OFFSITE_AT: '2026-01-01T00:00:00Z' });
    expect(then).toMatchObject({ status: 1 });
    expect(said(then)).toMatch(/OFFSITE_AT takes a bucket with versions/);
    delete instance.secrets['shop-offsite']!['rclone.conf'];
    const missing = await instance.offsite();
    expect(missing).toMatchObject({ status: 1 });
    expect(said(missing)).toMatch(
      /configuration of rclone is missing: secret shop-offsite, key rclone\.conf\. Create it/,
    );
  });
});
