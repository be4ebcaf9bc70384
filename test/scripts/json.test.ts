import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { DataKey, encryptionSql, JWK, webKeyAdded } from '../support/zitadel/zitadel-encryption';
import { usually } from '../support/machine/userlands';

const OLDER = 'zitadel-20250101-020000';
const ODD = 'it\'s "odd" \\ /\u007f\t\n日 😀 {[,:]}\\u0041';
const CHECK_NAME = `rows of ${ODD}`;
const CHECK = { CHECKS_DIR: '/backups/checks' };
const TABLE = `public."${ODD.replaceAll('"', '""')}"`;

const FORMS: Readonly<Record<string, (value: unknown) => string>> = {
  'indented by 4 spaces': (value) => `${JSON.stringify(value, null, 4)}\n`,
  'on one line': (value) => JSON.stringify(value),
  'escaped to ASCII': (value) =>
    JSON.stringify(value, null, 1)
      .replaceAll('\n', '\r\n')
      .replaceAll('/', '\\/')
      .replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`),
};

/** As PostgreSQL's to_json writes a text. */
const canonical = (text: string): string => JSON.stringify(text);

interface Manifest {
  readonly rows: Record<string, number>;
  readonly hashes: Record<string, string>;
  readonly checks: Record<string, string>;
  readonly secrets: Record<string, string>;
  sha256: string;
}

function facts(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null)
    return [[...path, typeof value === 'string' ? canonical(value) : String(value)].join('\t')];
  const members = Object.entries(value).map(
    ([name, member]) => [Array.isArray(value) ? name : canonical(name), member] as const,
  );
  return members.flatMap(([name, member]) => facts(member, [...path, name]));
}

describe.each(usually('busybox'))('JSON that was laid out anew, under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;
  let drills = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    const key = new DataKey('oidcKey', MASTERKEY);
    server.sql('zitadel', encryptionSql([key], [webKeyAdded(key.value(JWK))]));
    server.sql(
      'zitadel',
      `
      CREATE TABLE ${TABLE} (name text); INSERT INTO ${TABLE} VALUES ('${ODD.replaceAll("'", "''")}'); CREATE VIEW public.odd AS TABLE ${TABLE}`,
    );
    instance = new Instance(server, userland);
    const checks = join(instance.nas, 'checks');
    mkdirSync(checks);
    writeFileSync(join(checks, '1.sql'), 'SELECT max(name) FROM public.odd');
    writeFileSync(join(checks, '1.name'), CHECK_NAME);
    expect(await instance.backup(CHECK)).toMatchObject({ status: 0, stderr: '' });
    instance.copyDump(instance.dumps()[0]!, '20250101-020000');
  });
  afterAll(() => server.stop());

  const rewrite = (file: string, change: (text: string) => string): void => {
    const path = join(instance.folder, file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  const newest = (): string => instance.dumps().at(-1)!;
  const list = async (): Promise<string> =>
    (await instance.restore({ RESTORE_ACTION: 'list' })).stdout.replace(/ \d+d\d+h /g, ' ');

  test('has the same facts, and none where it is cut', async () => {
    const document = {
      [ODD]: { [ODD]: ODD, '': '', '\\': '\\"', '\b\f\r\u0001\u001f': '\\\\', é: '\ud7ff\ue000𝄞\u2028' },
      numbers: [0, -1.5, 9007199254740991, [], {}, [[true, false]], null],
      tables: Object.fromEntries([...Array(20_000).keys()].map((i) => [`${ODD}${i}`, i])),
    };
    const files = Object.values(FORMS).map((form) => form(document));
    const cuts = Object.values(FORMS).flatMap((form) => {
      const text = form({ a: { b: 'c"d\\', e: 1 }, f: [2] }).trimEnd();
      return [...text].map((_, i) => text.slice(0, i));
    });
    mkdirSync(join(instance.nas, 'json'));
    const write = (text: string, file: string | number): void =>
      writeFileSync(join(instance.nas, `json/${file}`), text);
    files.forEach((text, i) => write(text, `whole.${i}`));
    cuts.forEach((text, i) => write(text, `cut.${i}`));
    const read =
      '. /scripts/lib/json.sh; export LC_ALL=C; for file in /backups/json/$1.*; do facts "$file"; ' + 'echo; done';
    const run = (which: string) => instance.startBackup({}, ['bash', '-c', read, 'bash', which]).result;
    const expected = `${facts(document).join('\n')}\n\n`;
    expect((await run('whole')).output === expected.repeat(files.length)).toBe(true);
    expect((await run('cut')).output).toBe('\n'.repeat(cuts.length));
  });

  test.each(Object.entries(FORMS))(
    'is listed, verified, drilled, restored, done already and pruned as before: %s',
    async (_, form) => {
      const asWritten = await list();
      const again = (file: string): void => rewrite(file, (text) => form(JSON.parse(text)));
      for (const name of instance.dumps()) again(`${name}.json`);
      expect(await list()).toBe(asWritten);
      expect(asWritten).toMatch(/ yes +same +\d+ - +- +"17/);
      expect((await instance.restore({ RESTORE_ACTION: 'verify' })).stdout).toContain('all 2 dumps are whole');

      const drill = await instance.drill({ ...CHECK, DRILL_PICK: 'rotate' });
      expect(drill).toMatchObject({ status: 0, stderr: '' });
      expect(drill.stdout.includes('\nproven ')).toBe(drills > 0);
      expect(instance.evidence()).toMatchObject({
        verdict: 'proven',
        dump: [OLDER, newest()][drills++ % 2],
        compared: 'rows and contents',
      });
      again('drills/latest.json');
      const { lastProven } = instance.evidence();
      expect((await instance.drill({ RESTORE_DUMP: 'zitadel-19990101-000000' })).status).toBe(1);
      expect(instance.evidence()).toMatchObject({ verdict: 'failed', lastProven });

      const before = fingerprint(server, 'zitadel');
      const restore = await instance.restore(CHECK, 'request');
      expect(restore).toMatchObject({ status: 0, stderr: '' });
      expect(restore.stdout).toMatch(/the rows of \d+ tables are those of the dump/);
      expect(fingerprint(server, 'zitadel')).toBe(before);
      expect((await instance.restore({ RESTORE_ACTION: 'drop-previous' })).status).toBe(0);
      again('restores/request.json');
      expect((await instance.restore(CHECK, 'request')).stdout).toContain(
        'request request is already carried out, nothing to do',
      );
      rewrite('restores/request.json', (text) => text.replace(newest(), OLDER));
      expect((await instance.restore(CHECK, 'request')).stderr).toContain('the request request was used before');
      rewrite('restores/request.json', () => '');

      const dumps = instance.dumps();
      expect((await instance.prune()).status).toBe(0);
      expect(instance.dumps()).toEqual(dumps);
    },
  );

  test.each<[string, string, (manifest: Manifest) => void, string]>([
    [
      'rows',
      'rehearse',
      ({ rows }) => {
        rows[TABLE] = 2;
      },
      `${canonical(TABLE)}: 2`,
    ],
    [
      'hashes',
      'drill',
      ({ hashes }) => {
        hashes[TABLE] = '1';
      },
      `${canonical(TABLE)}: "1"`,
    ],
    [
      'checks',
      'rehearse',
      ({ checks }) => {
        checks[CHECK_NAME] = '日';
      },
      `${CHECK_NAME} is ${ODD} and was another value`,
    ],
    [
      'secrets',
      'rehearse',
      ({ secrets }) => {
        for (const name of Object.keys(secrets)) secrets[name] = '0'.repeat(16);
      },
      'has another value than when',
    ],
    [
      'sha256',
      'verify',
      (manifest) => {
        manifest.sha256 = '0'.repeat(64);
      },
      'its checksums are not those that its manifest names',
    ],
  ])('is compared: %s', async (_, action, change, says) => {
    const path = join(instance.folder, `${newest()}.json`);
    const text = readFileSync(path, 'utf8');
    const manifest = JSON.parse(text);
    change(manifest);
    writeFileSync(path, FORMS['escaped to ASCII']!(manifest));
    const { status, output } = await (action === 'drill'
      ? instance.drill(CHECK)
      : instance.restore({ ...CHECK, RESTORE_ACTION: action }));
    writeFileSync(path, text);
    expect({ status, output }).toEqual({ status: 1, output: expect.stringContaining(says) });
  });
});
