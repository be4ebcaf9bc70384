import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SecretWatch } from '../support/pods/secret-watch';
import { usually } from '../support/machine/userlands';

const OTHER_KEY = 'AnotherKeyThatHas32Characters!!!';
const refusal =
  /secret zitadel-secret, key masterkey has another value than when zitadel-\S+\.dump was taken: without it a restored database cannot be decrypted\. "zitadel" is untouched\./;

describe.each(usually('busybox'))('the secrets of dist/ under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
  });
  afterEach(() => server.stop());

  const setMasterkey = (masterkey: string) => {
    instance.secrets['zitadel-secret'] = { masterkey };
  };
  const manifest = () => JSON.parse(readFileSync(join(instance.folder, `${instance.dumps().pop()}.json`), 'utf8'));

  test("the masterkey's fingerprint is in the manifest, and tells one key from another", async () => {
    await instance.backup();
    const name = 'secret zitadel-secret, key masterkey';
    expect(manifest().secrets).toEqual({ [name]: expect.stringMatching(/^[0-9a-f]{16}$/) });
    const first = manifest().secrets[name];
    await instance.backup();
    expect(manifest().secrets[name]).toBe(first);
    setMasterkey(OTHER_KEY);
    await instance.backup();
    expect(manifest().secrets[name]).not.toBe(first);
  });

  test('a restore with another masterkey is refused, unless it is said to go on', async () => {
    await instance.backup();
    server.sql('zitadel', 'DROP TABLE projections.sessions');
    const live = fingerprint(server, 'zitadel');
    setMasterkey(OTHER_KEY);

    const list = await instance.restore({ RESTORE_ACTION: 'list' });
    expect(list.stdout).toMatch(/ yes +other +6025 /);
    for (const action of ['restore', 'prepare', 'rehearse']) {
      const refused = await instance.restore({ RESTORE_ACTION: action });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(refusal);
      expect(refused.stderr).toContain('To restore all the same, set RESTORE_IGNORE=secrets.');
      expect(fingerprint(server, 'zitadel')).toBe(live);
    }

    const despite = await instance.restore({ RESTORE_IGNORE: 'secrets' });
    expect(despite.status).toBe(0);
    expect(despite.stderr).toMatch(refusal);
    expect(server.sql('zitadel', 'SELECT count(*) FROM projections.sessions')).toBe('500');
  });

  test('a restore with a missing secret is refused before anything is loaded; undo is not', async () => {
    await instance.backup();
    expect((await instance.restore()).status).toBe(0);
    const live = fingerprint(server, 'zitadel');
    delete instance.secrets['zitadel-secret'];
    const { status, stderr, stdout } = await instance.restore();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /the secrets are wrong:\nsecret zitadel-secret, key masterkey is missing\. .*k8s\/prod\/21-secrets-zitadel\.enc\.yaml\.\n/,
    );
    expect(stdout).not.toContain('== prepare');
    expect(fingerprint(server, 'zitadel')).toBe(live);
    expect((await instance.restore({ RESTORE_ACTION: 'undo' })).status).toBe(0);
  });

  test('a dump without a fingerprint is restored, with a word about it', async () => {
    delete instance.secrets['zitadel-secret'];
    await instance.backup();
    setMasterkey(MASTERKEY);
    expect((await instance.restore({ RESTORE_ACTION: 'list' })).stdout).toMatch(/ yes +unknown +6025 /);
    const { status, stderr } = await instance.restore();
    expect(status).toBe(0);
    expect(stderr).toContain('whether secret zitadel-secret, key masterkey is that of');
  });

  test('a backup without its secrets takes the dump all the same, and says that it is not enough', async () => {
    setMasterkey(`${MASTERKEY}\n`);
    const { status, stderr } = await instance.backup();
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /zitadel-\S+\.dump exists, but a restore of it would fail:\nsecret zitadel-secret, key masterkey has 33 bytes instead of 32: it ends with a line break\./,
    );
    expect(instance.files()).toHaveLength(4);
    setMasterkey(MASTERKEY);
    expect(await instance.restore({ RESTORE_ACTION: 'verify' })).toMatchObject({ status: 0 });
  });

  test('no secret is in a log, in an argument, in the manifests or on the NAS', async () => {
    const values = [server.password, MASTERKEY, OTHER_KEY];
    const watch = new SecretWatch(values);
    try {
      const outputs = [
        await instance.backup(),
        await instance.restore({ RESTORE_ACTION: 'list' }),
        await instance.restore(),
      ];
      setMasterkey(OTHER_KEY);
      outputs.push(await instance.restore(), await instance.restore({ RESTORE_IGNORE: 'secrets' }));
      instance.secrets['zitadel-db-secret'] = { POSTGRES_PASSWORD: OTHER_KEY };
      outputs.push(await instance.backup());
      outputs.forEach(({ output, initContainers }, index) => {
        watch.lookAt(`the log of pod ${index}`, output + JSON.stringify(initContainers));
      });
      watch.lookAtFolder(instance.nas);
      watch.lookAt('dist/', JSON.stringify(instance.manifests));
    } finally {
      watch.stop();
    }
    expect([...watch.leaks]).toEqual([]);
  });
});
