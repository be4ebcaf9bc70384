import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { type Env, Instance, MASTERKEY } from '../support/pods/instance';
import type { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SecretWatch } from '../support/pods/secret-watch';
import { type Userland, usually } from '../support/machine/userlands';
import {
  DataKey,
  EncryptedEvent,
  encryptionSql,
  JWK,
  keyPairAdded,
  PEM,
  webKeyAdded,
} from '../support/zitadel/zitadel-encryption';

const oidc = new DataKey('oidcKey', MASTERKEY);
const user = new DataKey('userKey', MASTERKEY);
const cookies = new DataKey('csrfCookieKey', MASTERKEY);
const lost = new DataKey('lostKey', MASTERKEY);
const otp = {
  type: 'user.human.mfa.otp.added',
  payload: { otpSecret: user.value('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP') },
};
const events = [keyPairAdded(oidc.value(PEM)), webKeyAdded(oidc.value(JWK)), otp];

const DATABASES: Readonly<Record<string, readonly EncryptedEvent[]>> = {
  whole: events,
  orphaned: [...events, webKeyAdded(lost.value(JWK))],
  bare: [],
};

const bytes = Buffer.from(MASTERKEY);

describe.each(usually('busybox'))(
  'a drill of dist/ under %s, with the database server stopped',
  (userland: Userland) => {
    const watch = new SecretWatch([MASTERKEY, oidc.bytes, user.bytes, lost.bytes]);
    const instances: Record<string, Instance> = {};

    beforeAll(async () => {
      const server = await PostgresServer.start();
      for (const [name, encrypted] of Object.entries(DATABASES)) {
        createIdentityDatabase(server);
        server.sql('zitadel', encryptionSql([oidc, user, cookies], encrypted));
        const instance = new Instance(server, userland);
        expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
        server.sql('postgres', 'DROP DATABASE zitadel');
        instances[name] = instance;
      }
      await server.stop();
    });
    afterAll(() => watch.stop());

    /** A drill with another masterkey; null for none. */
    async function drill(
      name: string,
      masterkey: string | Buffer | null = MASTERKEY,
      other: Record<string, string> = {},
      env: Env = {},
    ): Promise<PodResult> {
      const instance = instances[name]!;
      const before = structuredClone(instance.secrets);
      Object.assign(
        instance.secrets,
        Object.fromEntries(Object.entries(other).map(([secret, value]) => [secret, { POSTGRES_PASSWORD: value }])),
      );
      instance.secrets['zitadel-secret'] = masterkey === null ? {} : { masterkey };
      const result = await instance.drill(env);
      Object.assign(instance.secrets, before);
      watch.lookAt('the output', result.output);
      return result;
    }

    test('proves that the dump can be restored and that the masterkey opens it', async () => {
      const { whole } = instances;
      const [name] = whole!.dumps();
      const result = await drill('whole', MASTERKEY, {}, { DRILL_RTO: '3600' });
      expect(result).toMatchObject({ status: 0, stderr: '' });
      expect(result.stdout).toContain('the objective is 3600 s, and is met\n');
      expect(result.stdout).toContain('== verdict: proven\n');
      expect(result.stdout).toMatch(
        /key oidcKey: proven, 2 of 2 tried values open: key_pair\.added, web_key\.added\n[^\n]*key userKey: proven, 1 of 1/,
      );
      expect(result.stdout).toMatch(/a restore takes \d+ s here; the time to decide comes on top/);
      const evidence = whole!.evidence();
      expect(evidence).toMatchObject({
        verdict: 'proven',
        reason: null,
        dump: name,
        database: 'zitadel',
        compared: 'rows and contents',
        structure: 'sound',
        rtoSeconds: 3600,
        withinRto: true,
        checks: 3,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        scripts: expect.stringMatching(/^[0-9a-f]{64}$/),
        image: 'postgres:16.4-alpine',
        keys: [
          { id: 'csrfCookieKey', verdict: 'unneeded' },
          { id: 'oidcKey', verdict: 'proven' },
          { id: 'userKey', verdict: 'proven' },
        ],
        seconds: {
          server: expect.any(Number),
          restore: expect.any(Number),
          key: expect.any(Number),
          all: expect.any(Number),
        },
      });
      expect(evidence.rows).toBe(5000 + 20 + 500 + 500 + 3 + 3);
      expect(evidence.lastProven).toEqual({
        ended: evidence.ended,
        dump: name,
        restoreSeconds: (evidence.seconds as { restore: number }).restore,
      });
    });

    test('says that a proven restore took longer than its objective, and proves the dump all the same', async () => {
      // No restore is as quick.
      const result = await drill('whole', MASTERKEY, {}, { DRILL_RTO: '-1' });
      expect(result.status).toBe(0);
      expect(result.stderr).toMatch(
        /^drill: warning: the restore took longer than the objective of -1 s\. Raise parallelJobs/,
      );
      expect(result.stdout).toMatch(/\{"pgbackup":"drill".*"rtoSeconds":-1,"withinRto":false[,}]/);
      expect(instances.whole!.evidence()).toMatchObject({ verdict: 'proven', rtoSeconds: -1, withinRto: false });
    });

    test.each([
      [
        'with one bit changed',
        Buffer.from(bytes).fill(bytes[5]! ^ 1, 5, 6),
        '0 of 2 tried values open: this is not the masterkey of this dump',
      ],
      [
        'turned by a byte',
        Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]),
        '0 of 2 tried values open: this is not the masterkey of this dump',
      ],
      ['in base64 once too often', bytes.toString('base64'), 'the masterkey has 44 bytes and must have 32'],
      ['with a line break at its end', `${MASTERKEY}\n`, 'a line break is at its end. Write the secret without it'],
    ])('refutes a masterkey %s', async (_, wrong, why) => {
      const result = await drill('whole', wrong);
      expect(result).toMatchObject({ status: 4, failedContainer: 'drill' });
      expect(result.stdout).toContain("== verdict: refuted. the restored data cannot be used with today's key. key ");
      expect(result.stdout).toContain(why);
      expect(instances.whole!.evidence()).toMatchObject({
        verdict: 'refuted',
        reason: expect.stringContaining(why),
        compared: 'rows and contents',
      });
      expect(instances.whole!.evidence().lastProven).not.toBeNull();
    });

    test('refutes a dump of several keys of which one is not in it, and names that one', async () => {
      expect((await drill('orphaned')).status).toBe(4);
      const { keys, reason } = instances.orphaned!.evidence();
      expect(keys.map(({ id, verdict }) => [id, verdict])).toEqual([
        ['csrfCookieKey', 'unneeded'],
        ['lostKey', 'refuted'],
        ['oidcKey', 'proven'],
        ['userKey', 'proven'],
      ]);
      expect(reason).toContain('key lostKey: events need this key, and system.encryption_keys does not have it');
    });

    test('proves nothing where nothing is encrypted that could tell', async () => {
      expect((await drill('bare')).status).toBe(5);
      const evidence = instances.bare!.evidence();
      expect(evidence).toMatchObject({ verdict: 'inconclusive', lastProven: null, compared: 'rows and contents' });
      expect(evidence.reason).toContain(
        'nothing in it could prove the key. key oidcKey: no event has a value of known structure under this key',
      );
    });

    test('fails where the masterkey is missing, with what to do', async () => {
      const result = await drill('whole', null);
      expect(result.status).toBe(1);
      expect(instances.whole!.evidence()).toMatchObject({
        verdict: 'failed',
        reason: expect.stringMatching(
          /^a restore would be refused: secret zitadel-secret, key masterkey is missing\..*Create it, e\.g\. by reconciling/,
        ),
      });
    });

    test('fails where the password is one that no restore could use, with what to do', async () => {
      const result = await drill('whole', MASTERKEY, { 'zitadel-db-secret': '' });
      expect(result.status).toBe(1);
      expect(instances.whole!.evidence()).toMatchObject({
        verdict: 'failed',
        reason: expect.stringContaining(
          'a restore would be refused: secret zitadel-db-secret, key POSTGRES_PASSWORD is empty. Write its ' +
            'value again.',
        ),
      });
    });

    test('leaves one file for each drill, the newest by name, and no hold', () => {
      const { whole } = instances;
      const files = readdirSync(join(whole!.folder, 'drills'));
      expect(files.filter((file) => /^\d{8}-\d{6}\.json$/.test(file))).toHaveLength(8);
      expect(files).toHaveLength(9);
      expect(whole!.evidence()).toEqual(
        whole!.evidence(
          files
            .filter((file) => file !== 'latest.json')
            .sort()
            .at(-1),
        ),
      );
      expect(whole!.files().filter((file) => file.endsWith('.hold'))).toEqual([]);
    });

    test('lets nobody see a byte of a key: in no output, no file on the NAS and no argument of a process', () => {
      for (const { nas } of Object.values(instances)) watch.lookAtFolder(nas);
      expect([...watch.leaks]).toEqual([]);
    });
  },
);
