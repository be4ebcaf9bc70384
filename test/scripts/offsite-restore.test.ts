import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseNames } from '../support/postgres/database-state';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { DataKey, encryptionSql, JWK, PEM, keyPairAdded, webKeyAdded } from '../support/zitadel/zitadel-encryption';
import { fingerprint } from '../support/secrets/fingerprint';
import { type Env, type Instance, MASTERKEY } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { eventually } from '../support/machine/eventually';
import { freshFolder } from '../support/machine/run-folder';
import { usually } from '../support/machine/userlands';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ObjectStore } from '../support/offsite/object-store';
import { PROGRAMS } from '../support/offsite/programs';
import { BUCKET, COPIER, lockedBucket, PASSWORD, said, SALT, shop } from '../support/offsite/shop';

const page = readFileSync(join(__dirname, '../../docs/files-on-the-storage.md'), 'utf8');

describeWithBucket.each(usually('gnu'))('from an encrypted bucket with an object lock, under %s', (userland) => {
  let server: PostgresServer;
  let fresh: PostgresServer;
  let store: ObjectStore;
  let instance: Instance;
  let dump: string;

  beforeAll(async () => {
    [server, fresh, store] = await Promise.all([PostgresServer.start(), PostgresServer.start(), lockedBucket(30)]);
    createIdentityDatabase(server);
    const key = new DataKey('oidcKey', MASTERKEY);
    server.sql('zitadel', encryptionSql([key], [keyPairAdded(key.value(PEM)), webKeyAdded(key.value(JWK))]));
    instance = shop(server, store, userland, { identity: true });
    expect(await instance.backup()).toMatchObject({ status: 0 });
    [dump] = instance.dumps() as [string];
    const copy = await instance.offsite();
    expect(copy.status === 0 ? '' : said(copy)).toBe('');
  });

  const text = (of: PostgresServer): string => fingerprint(of, 'zitadel').replace(/\n+/g, '\n');

  /** A restore into the server that knows nothing. */
  function restore(env: Env = {}, jobName?: string): Promise<PodResult> {
    instance.secrets['shop-db'] = { password: fresh.password };
    return instance.restore({ PGPORT: String(fresh.port), ...env }, jobName);
  }

  it('a drill proves the copy, and its evidence on the NAS says that it is of the bucket', async () => {
    const drill = await instance.drill();
    expect(drill.status === 0 ? '' : said(drill)).toBe('');
    expect(instance.evidence()).toMatchObject({
      verdict: 'proven',
      dump,
      source: 'offsite',
      compared: 'rows and contents',
      keys: expect.arrayContaining([expect.objectContaining({ id: 'oidcKey', verdict: 'proven' })]),
    });
  });

  it('the recovery kit fetches the copy with rclone, the keys and nothing else', () => {
    const folder = freshFolder('kit');
    const block = page.split('### Fetch a copy from a bucket first')[1]!.match(/^```sh\n([^]*?)^```$/m)![1]!;
    const named = {
      'https://s3.eu-central-1.amazonaws.com': store.endpoint,
      'eu-central-1': 'us-east-1',
      'dumps/internal/shop': `${BUCKET}/internal/zitadel`,
      'shop-20261123-020000': dump,
      '/mnt/nas/shop': folder,
    };
    const typed = Object.entries(named).reduce((text, [example, own]) => {
      expect(text).toContain(example);
      return text.replaceAll(example, own);
    }, block);
    const authority = join(folder, 'ca.crt');
    writeFileSync(authority, store.authority.certificate);
    const env = { PATH: `${PROGRAMS}:${process.env.PATH}`, RCLONE_CONFIG: '', RCLONE_CA_CERT: authority };
    const input = [COPIER.id, COPIER.secret, PASSWORD, SALT, ''].join('\n');
    const { status, stderr } = spawnSync('bash', ['--norc', '-e', '-c', typed], { env, input, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    rmSync(authority);
    const files = readdirSync(instance.folder).filter((file) => file.startsWith(`${dump}.`) && !file.endsWith('.hold'));
    expect(readdirSync(folder).sort()).toEqual(files.sort());
    for (const file of files)
      expect(readFileSync(join(folder, file))).toEqual(readFileSync(join(instance.folder, file)));
    rmSync(folder, { recursive: true });
  });

  describe('with the NAS gone', () => {
    beforeAll(() => {
      for (const name of readdirSync(instance.nas)) rmSync(join(instance.nas, name), { recursive: true });
    });

    it('lists the copies as it lists dumps', async () => {
      const list = await restore({ RESTORE_ACTION: 'list' });
      expect(list).toMatchObject({ status: 0 });
      expect(list.stdout).toMatch(new RegExp(`^${dump} .* yes +same `, 'm'));
    });

    it('refuses with a wrong password, which it names, and leaves no database', async () => {
      const { password } = instance.secrets['shop-offsite']!;
      instance.secrets['shop-offsite']!.password = 'another password, of 32 bytes too';
      const refused = await restore();
      instance.secrets['shop-offsite']!.password = password!;
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toMatch(
        /is not the one that the copies were encrypted with: secret shop-offsite, key password, and/,
      );
      expect(databaseNames(fresh)).toEqual([]);
    });

    it('refuses an action that is about the claim', async () => {
      const refused = await restore({ RESTORE_ACTION: 'verify' });
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toMatch(/RESTORE_ACTION \(verify\) is about the claim/);
    });

    it('restores all of it into a server that knows nothing, from the bucket alone', async () => {
      const restored = await restore({}, 'r1');
      expect(restored.status === 0 ? '' : said(restored)).toBe('');
      expect(text(fresh)).toBe(text(server));
    });

    it('finds what a leaked key has written over, and restores it as the bucket was before', async () => {
      const before = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      // Versions of the same second are told apart by nobody.
      await eventually('the next second', () => new Date().toISOString() > before.replace('Z', '.999Z'));
      await store.put(`/${BUCKET}/internal/zitadel/${dump}.dump.bin`, Buffer.alloc(5000), COPIER);
      const names = databaseNames(fresh);
      const refused = await restore({ RESTORE_ACTION: 'rehearse' });
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toMatch(/no copy was fetched from the bucket/);
      expect(databaseNames(fresh)).toEqual(names);
      const rehearsed = await restore({ RESTORE_ACTION: 'rehearse', OFFSITE_AT: before });
      expect(rehearsed.status === 0 ? '' : said(rehearsed)).toBe('');
    });
  });
});
