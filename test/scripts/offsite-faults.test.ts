import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { run } from '../support/machine/machine';
import { usually } from '../support/machine/userlands';
import { type Asked, type Fault, FaultyBucket } from '../support/offsite/faulty-bucket';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ADMIN, type Key, ObjectStore, type Version } from '../support/offsite/object-store';
import { BUCKET, said, shop, type ShopOptions } from '../support/offsite/shop';

const allow = (...actions: string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: ['arn:aws:s3:::*', 'arn:aws:s3:::*/*'] }],
});
const KEYS = {
  'cannot list': { key: { id: 'NOLIST', secret: 'cannot-list' }, policy: allow('s3:PutObject', 's3:GetObject') },
  'cannot read': { key: { id: 'NOREAD', secret: 'cannot-read' }, policy: allow('s3:PutObject', 's3:ListBucket') },
  'cannot write': { key: { id: 'NOWRITE', secret: 'cannot-write' }, policy: allow('s3:GetObject', 's3:ListBucket') },
};

describeWithBucket.each(usually('busybox'))('a copy that something goes wrong with, under %s', (userland) => {
  let server: PostgresServer;
  let store: ObjectStore;
  let base: Instance;
  let dump: string;
  let prefixes = 0;

  beforeAll(async () => {
    [server, store] = await Promise.all([PostgresServer.start(), ObjectStore.start(KEYS)]);
    await store.makeBucket(BUCKET, 1);
    await store.makeBucket('open');
    server.sql('postgres', 'CREATE DATABASE shop');
    server.sql('shop', 'CREATE TABLE orders AS SELECT id, md5(id::text) AS note FROM generate_series(1, 60000) AS id');
    base = shop(server, store, userland);
    expect(await base.backup()).toMatchObject({ status: 0 });
    [dump] = base.dumps() as [string];
  });

  interface Case {
    readonly instance: Instance;
    readonly folder: string;
    readonly keyOf: (ending: string) => string;
    readonly objects: () => Promise<string[]>;
    readonly versions: () => Promise<Version[]>;
  }

  /** A NAS with the dump, and a bucket with versions of its own. */
  function prepared(options: ShopOptions = {}, key: Key = ADMIN): Case {
    const bucket = options.bucket ?? BUCKET;
    const prefix = `case-${++prefixes}`;
    const instance = shop(server, store, userland, { ...options, bucket, prefix });
    run(['cp', '-a', base.folder, instance.nas]);
    instance.secrets['shop-offsite'] = {
      ...instance.secrets['shop-offsite'],
      accessKey: key.id,
      secretKey: key.secret,
    };
    return {
      instance,
      folder: `${prefix}/shop`,
      keyOf: (ending) => `${prefix}/shop/${dump}.${ending}.bin`,
      objects: async () => (await store.objects(BUCKET)).filter((key) => key.startsWith(`${prefix}/`)),
      versions: async () => (await store.versions(BUCKET)).filter(({ key: name }) => name.startsWith(`${prefix}/`)),
    };
  }

  const ENDINGS = ['dump', 'dump.sha256', 'globals.sql', 'json'];
  const evidence = (instance: Instance) => existsSync(join(instance.folder, 'offsite', `${dump}.json`));
  const copies = (result: PodResult) => (result.status === 0 ? '' : said(result));

  /** Each name is there, in one version, and the copy is proven. */
  async function expectCopied({ instance, keyOf, versions }: Case): Promise<void> {
    const again = await instance.offsite();
    expect(copies(again)).toBe('');
    expect((await versions()).map(({ key }) => key).sort()).toEqual(ENDINGS.map(keyOf));
    expect(evidence(instance)).toBe(true);
    const rehearsed = await instance.restore({ RESTORE_ACTION: 'rehearse' });
    expect(copies(rehearsed)).toBe('');
  }

  describe('killed', () => {
    const isPut = ({ method, path }: Asked, ending: string) => method === 'PUT' && path.includes(`.${ending}.bin`);
    it.each<[string, (asked: Asked) => boolean, 'asked' | 'answered']>([
      ['before the first companion is sent', (asked) => isPut(asked, 'dump.sha256'), 'asked'],
      ['when the first companion is there', (asked) => isPut(asked, 'dump.sha256'), 'answered'],
      ['while the dump is sent', (asked) => isPut(asked, 'dump'), 'asked'],
      ['when the dump is there and not read back', (asked) => isPut(asked, 'dump'), 'answered'],
      ['while the dump is read back', ({ method, path }) => method === 'GET' && path.includes('.dump.bin'), 'answered'],
    ])('%s, it leaves nothing partial under a final name, and the next run completes the copy', async (_, at, when) => {
      let wasKilled = false;
      const kill = (asked: Asked): undefined => {
        if (wasKilled || !at(asked)) return;
        wasKilled = true;
        pod.kill('SIGKILL');
      };
      const proxy = await FaultyBucket.before(
        store,
        when === 'asked' ? kill : () => undefined,
        when === 'answered' ? kill : () => {},
      );
      const through = prepared({ endpoint: proxy.endpoint });
      const pod = through.instance.startOffsite();
      const killed = await pod.result;
      expect(wasKilled).toBe(true);
      expect(killed).toMatchObject({ status: 137, failedContainer: 'copy' });
      expect(evidence(through.instance)).toBe(false);
      await expectCopied(through);
      proxy.close();
    });
  });

  it.each([1_000, 50_000, 400_000])(
    'survives connections that break after %d bytes, or says so',
    async (breakAfter) => {
      let broken = 0;
      const proxy = await FaultyBucket.before(store, ({ index }): Fault | undefined =>
        index % 2 === 1 && ++broken < 12 ? { breakAfter } : undefined,
      );
      const through = prepared({ endpoint: proxy.endpoint });
      const first = await through.instance.offsite();
      expect(broken).toBeGreaterThan(0);
      expect(evidence(through.instance)).toBe(first.status === 0);
      await expectCopied(through);
      proxy.close();
    },
  );

  it.each<[string, number, string, RegExp]>([
    ['fails within', 500, 'InternalError', /cannot write /],
    ['is overloaded', 503, 'SlowDown', /cannot write /],
    ['refuses', 403, 'AccessDenied', /The key may not do that/],
    ['finds the clock wrong', 403, 'RequestTimeTooSkewed', /The clock of this node is wrong/],
    ['finds the key expired', 400, 'ExpiredToken', /The key has expired/],
    ['is full', 507, 'InsufficientStorage', /The bucket is full/],
    ['finds the region wrong', 400, 'AuthorizationHeaderMalformed', /The region is another one/],
  ])(
    'fails where the bucket %s, says what to do, and copies when it is well again',
    async (_, status, code, message) => {
      let ill = true;
      const proxy = await FaultyBucket.before(store, ({ method }) =>
        ill && method === 'PUT' ? { status, code } : undefined,
      );
      const through = prepared({ endpoint: proxy.endpoint });
      const failed = await through.instance.offsite();
      expect(failed).toMatchObject({ status: 1 });
      expect(failed.stderr).toMatch(message);
      expect(await through.objects()).toEqual([]);
      expect(evidence(through.instance)).toBe(false);
      ill = false;
      await expectCopied(through);
      proxy.close();
    },
  );

  it.each<[string, ShopOptions, Key, RegExp]>([
    ['bucket does not exist', { bucket: 'nowhere' }, ADMIN, /The bucket does not exist/],
    ['secret part of the key is wrong', {}, { ...ADMIN, secret: 'wrong' }, /The secret part of the key is wrong/],
    ['key does not exist', {}, { id: 'NOBODY', secret: 'x' }, /The key does not exist/],
    ['key cannot list', {}, KEYS['cannot list'].key, /cannot list .* The key may not do that/],
    ['key cannot read', {}, KEYS['cannot read'].key, /The key may not do that/],
    ['key cannot write', {}, KEYS['cannot write'].key, /cannot write .* The key may not do that/],
  ])('fails where the %s, and says what to do', async (_, options, key, message) => {
    const { instance } = prepared(options, key);
    const failed = await instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(message);
    expect(evidence(instance)).toBe(false);
    expect(JSON.parse(readFileSync(join(instance.folder, 'offsite', 'latest.json'), 'utf8'))).toMatchObject({
      verdict: 'failed',
      reason: expect.stringMatching(message),
    });
  });

  it('finds an object that was damaged before it was proven, and overwrites nothing', async () => {
    const made = prepared();
    expect(copies(await made.instance.offsite())).toBe('');
    const path = `/${BUCKET}/${made.keyOf('dump')}`;
    const object = await store.get(path);
    object[object.length - 5]! ^= 1;
    await store.put(path, object);
    rmSync(join(made.instance.folder, 'offsite'), { recursive: true });
    const before = await made.versions();
    const failed = await made.instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(`what the bucket gives for ${dump} is not what was sent: ${dump}.dump.`);
    expect(evidence(made.instance)).toBe(false);
    expect(await made.versions()).toEqual(before);
  });

  it('finds a name of another size, and overwrites nothing', async () => {
    const made = prepared();
    await store.put(`/${BUCKET}/${made.keyOf('dump')}`, Buffer.from('somebody was here'));
    const failed = await made.instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(/has 17 bytes and not \d+: it is not what was copied\. Nothing is overwritten\./);
    expect((await made.versions()).filter(({ key }) => key === made.keyOf('dump'))).toHaveLength(1);
  });

  it('reads a copy again whose evidence is lost, and writes nothing', async () => {
    const made = prepared();
    expect(copies(await made.instance.offsite())).toBe('');
    rmSync(join(made.instance.folder, 'offsite'), { recursive: true });
    await expectCopied(made);
  });

  it('finds plain objects where a script has written them in spite of the encryption', async () => {
    const made = prepared();
    for (const manifest of made.instance.manifests) {
      const script = manifest.kind === 'ConfigMap' && manifest.data['offsite-copy.sh'];
      if (typeof script !== 'string') continue;
      const forked = script.replaceAll('"$(copy_of "$1")"', '"$objects/$1$ending"');
      expect(forked).not.toBe(script);
      manifest.data['offsite-copy.sh'] = forked;
    }
    const failed = await made.instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(/is not encrypted, and encryption is on/);
    expect(evidence(made.instance)).toBe(false);
  });

  it('adds nothing beside a plain object, or beside copies that another password has encrypted', async () => {
    const made = prepared();
    await store.put(`/${BUCKET}/${made.folder}/${dump}.dump`, Buffer.from('PGDMP'));
    const plain = await made.instance.offsite();
    expect(plain).toMatchObject({ status: 1 });
    expect(plain.stderr).toMatch(/\.dump is not encrypted, and encryption is on/);
    expect(await made.objects()).toEqual([`${made.folder}/${dump}.dump`]);

    const other = prepared();
    expect(copies(await other.instance.offsite())).toBe('');
    other.instance.copyDump(dump, '20260101-020000');
    other.instance.secrets['shop-offsite']!.password = 'another password, of 32 bytes too';
    const before = await other.versions();
    const failed = await other.instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(/The password or the salt is not the one that the copies were encrypted with/);
    expect(await other.versions()).toEqual(before);
  });

  it('does not copy a dump that has suffered on the NAS, and copies the others', async () => {
    const made = prepared();
    const older = made.instance.copyDump(dump, '20260101-020000');
    const path = join(made.instance.folder, `${dump}.dump`);
    const bytes = readFileSync(path);
    bytes[1000]! ^= 1;
    writeFileSync(path, bytes);
    const failed = await made.instance.offsite();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(new RegExp(`${dump}\\.dump is not whole`));
    expect(await made.objects()).toHaveLength(4);
    expect(readdirSync(join(made.instance.folder, 'offsite')).sort()).toEqual(['latest.json', `${older}.json`]);
  });

  it('is no failure where the dump is pruned while it is copied, and no copy', async () => {
    const proxy = await FaultyBucket.before(store, ({ method, path }) => {
      if (method === 'PUT' && path.includes('.json.bin'))
        for (const file of made.instance.files().filter((name) => name.startsWith(dump)))
          rmSync(join(made.instance.folder, file));
      return undefined;
    });
    const made = prepared({ endpoint: proxy.endpoint });
    made.instance.copyDump(dump, '20260101-020000');
    const result = await made.instance.offsite();
    expect(copies(result)).toBe('');
    expect(await made.objects()).not.toContain(made.keyOf('dump'));
    expect(evidence(made.instance)).toBe(false);
    const list = await made.instance.restore({ RESTORE_ACTION: 'list' });
    expect(list.stdout).toMatch(/shop-20260101-020000/);
    expect(list.stdout).not.toContain(dump);
    proxy.close();
  });

  it('writes each name once where two run at the same time', async () => {
    const made = prepared();
    await Promise.all([made.instance.offsite(), made.instance.offsite()]);
    await expectCopied(made);
  });

  it.each<[string, ShopOptions]>([
    ['in the directory format', { directory: true }],
    ['that is not encrypted', { encrypted: false }],
    ['within a bandwidth, without reading it back', { readBack: false }],
  ])('copies and restores a dump %s', async (_, options) => {
    const instance = shop(server, store, userland, { ...options, bucket: 'open', prefix: `case-${++prefixes}` });
    instance.secrets['shop-offsite'] = {
      ...instance.secrets['shop-offsite'],
      accessKey: ADMIN.id,
      secretKey: ADMIN.secret,
    };
    expect(await instance.backup()).toMatchObject({ status: 0 });
    expect(copies(await instance.offsite())).toBe('');
    const [name] = instance.dumps();
    const written = JSON.parse(readFileSync(join(instance.folder, 'offsite', `${name}.json`), 'utf8'));
    expect(written).toMatchObject({ objectLock: null, readBack: options.readBack ?? true });
    expect(copies(await instance.restore({ RESTORE_ACTION: 'rehearse' }))).toBe('');
  });
});
