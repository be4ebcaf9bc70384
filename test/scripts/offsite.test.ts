import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../support/pods/instance';
import { SecretWatch } from '../support/pods/secret-watch';
import { PostgresServer } from '../support/postgres/postgres-server';
import { usually } from '../support/machine/userlands';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ADMIN, ObjectStore, type Version } from '../support/offsite/object-store';
import { BUCKET, COPIER, lockedBucket, PASSWORD, said, SALT, shop } from '../support/offsite/shop';

describeWithBucket.each(usually('busybox'))('copies to a bucket with an object lock, under %s', (userland) => {
  const watch = new SecretWatch([COPIER.secret, PASSWORD, SALT]);
  let server: PostgresServer;
  let store: ObjectStore;
  let instance: Instance;
  let dump: string;

  beforeAll(async () => {
    [server, store] = await Promise.all([PostgresServer.start(), lockedBucket(30)]);
    server.sql('postgres', 'CREATE DATABASE shop');
    server.sql('shop', "CREATE TABLE orders AS SELECT id, 'a plain word' AS note FROM generate_series(1, 1000) AS id");
    instance = shop(server, store, userland);
    expect(await instance.backup()).toMatchObject({ status: 0 });
    [dump] = instance.dumps() as [string];
  });
  afterAll(() => watch.stop());

  const evidence = (name = dump) =>
    JSON.parse(readFileSync(join(instance.folder, 'offsite', `${name}.json`), 'utf8')) as Record<string, unknown>;

  it('copies a verified dump whole, encrypted and locked, with the key that the page describes', async () => {
    const copy = await instance.offsite();
    watch.lookAt('the output', said(copy));
    expect(copy.status === 0 ? '' : said(copy)).toBe('');
    expect(await store.objects(BUCKET)).toEqual(
      ['dump.bin', 'dump.sha256.bin', 'globals.sql.bin', 'json.bin'].map((end) => `internal/shop/${dump}.${end}`),
    );
    const manifest = JSON.parse(readFileSync(join(instance.folder, `${dump}.json`), 'utf8'));
    expect(evidence()).toMatchObject({
      verdict: 'copied',
      dump,
      sha256: manifest.sha256,
      encryption: 'crypt',
      readBack: true,
      objectLock: 'COMPLIANCE',
    });
    expect(evidence('latest')).toMatchObject({
      verdict: 'copied',
      reason: null,
      newest: dump,
      newestCopied: dump,
      waiting: 0,
    });
    expect(copy.stdout).toMatch(/is locked until \d{4}-.* \(COMPLIANCE\)/);
  });

  it('leaves nothing in the bucket that can be read without the password', async () => {
    for (const key of await store.objects(BUCKET)) {
      const object = await store.get(`/${BUCKET}/${key}`);
      expect(object.subarray(0, 8).toString()).toBe('RCLONE\0\0');
      expect(object.includes('PGDMP')).toBe(false);
    }
  });

  it('writes each name once, however often it runs', async () => {
    const before = await store.versions(BUCKET);
    expect(await instance.offsite()).toMatchObject({ status: 0 });
    expect(await store.versions(BUCKET)).toEqual(before);
  });

  it('cannot delete with that key, and nobody can delete a version before its time', async () => {
    const [{ key, id }] = (await store.versions(BUCKET)) as [Version];
    expect(await store.tries('DELETE', `/${BUCKET}/${key}`, COPIER)).toBe(403);
    expect(await store.tries('DELETE', `/${BUCKET}/${key}?versionId=${id}`, ADMIN)).toBe(403);
  });

  it('has no secret in arguments, in the log, or on the NAS', () => {
    watch.lookAtFolder(instance.nas);
    expect([...watch.leaks]).toEqual([]);
  });
});
