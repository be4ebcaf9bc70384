import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { usually } from '../support/machine/userlands';

describe.each(usually('busybox'))('a backup under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    instance = new Instance(server, userland);
  });

  test('publishes a dump with its checksum, and leaves no work behind', async () => {
    const result = await instance.backup();
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const [name] = instance.dumps();
    expect(readFileSync(join(instance.folder, `${name}.dump.sha256`), 'utf8')).toMatch(
      new RegExp(`^[0-9a-f]{64}  ${name}.dump\n$`),
    );
    expect(instance.work()).toEqual([]);
    expect(result.stdout).toMatch(
      new RegExp(
        `backup: ${name}.dump is complete and verified: \\d+ MB, dumped in \\d+ s, all in \\d+ s; 1 dumps are kept`,
      ),
    );
  });

  test('removes the files beside a dump that a person has removed, as docs/retention.md says, and no others', async () => {
    const earlier = 'zitadel-20260101-020000';
    await instance.backup();
    const [name] = instance.dumps() as [string];
    instance.copyDump(name, '20260101-020000');
    writeFileSync(join(instance.folder, `${earlier}.person.hold`), '9999999999\n');
    rmSync(join(instance.folder, `${earlier}.dump`));
    expect(instance.files().filter((file) => file.startsWith(earlier))).toHaveLength(4);
    const others = instance.files().filter((file) => !file.startsWith(earlier));
    expect(await instance.backup({ KEEP_LAST: '9' })).toMatchObject({ status: 0, stderr: '' });
    expect(instance.files()).toEqual(expect.arrayContaining(others));
    expect(instance.files().filter((file) => file.startsWith(earlier))).toEqual([]);
  });

  test('with an image that has no bash says which image to choose', async () => {
    const command = ['/bin/sh', '/scripts/run.sh', 'backup.sh'];
    expect(await instance.startBackup({ PATH: '/nowhere' }, command).result).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^backup: this image has no bash, .*, for others see PostgresImage\.of\.\n$/),
    });
  });

  test.each([
    [
      'the password is wrong',
      { PGPASSWORD: 'wrong' },
      /password authentication failed[\s\S]*Is secret zitadel-db-secret, key POSTGRES_PASSWORD its password\?/,
    ],
    [
      'the password is missing',
      { PGPASSWORD: '' },
      /secret zitadel-db-secret, key POSTGRES_PASSWORD is missing or empty/,
    ],
    [
      'the server is not there',
      { PGPORT: '1', SERVER_TIMEOUT: '1' },
      /no server accepts connections at 127\.0\.0\.1:1 after 1 s\. Check that its pod is running/,
    ],
    [
      'the database is not there',
      { PGDATABASE: 'nowhere' },
      /there is no database "nowhere" on 127\.0\.0\.1[\s\S]*Earlier dumps are untouched/,
    ],
  ])('that fails because %s says so and publishes nothing', async (_, env, message) => {
    const result = await instance.backup(env);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(instance.files()).toEqual([]);
    expect((await instance.backup()).status).toBe(0);
  });

  test('that cannot write says whose folder it must be', async () => {
    chmodSync(instance.nas, 0o500);
    const result = await instance.backup();
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/cannot write to \/backups\/zitadel\. .* user 70/);
  });

  test('clears what a run that was cut off left behind', async () => {
    const leftover = join(instance.folder, '.work', 'zitadel-20200101-000000');
    mkdirSync(leftover, { recursive: true });
    writeFileSync(join(leftover, 'zitadel-20200101-000000.dump'), 'half');
    for (const path of [instance.folder, join(instance.folder, '.work'), leftover]) chmodSync(path, 0o777);
    const result = await instance.backup();
    expect(result.stdout).toContain('removing zitadel-20200101-000000, left behind by a run that was cut off');
    expect(result.status).toBe(0);
    expect(instance.work()).toEqual([]);
  });

  test('prunes only after the new dump is published, and only what no rule wants', async () => {
    const old = ['zitadel-20200101-020000', 'zitadel-20200102-020000', 'zitadel-20200103-020000'];
    mkdirSync(instance.folder);
    chmodSync(instance.folder, 0o777);
    for (const name of old) {
      writeFileSync(join(instance.folder, `${name}.dump`), 'old');
      writeFileSync(join(instance.folder, `${name}.dump.sha256`), 'old');
    }
    writeFileSync(join(instance.folder, 'zitadel-note.dump'), 'not ours');
    expect((await instance.backup({ PGDATABASE: 'nowhere', KEEP_DAILY: '2', KEEP_WEEKLY: '0' })).status).toBe(1);
    expect(instance.dumps()).toEqual([...old, 'zitadel-note']);
    const result = await instance.backup({ KEEP_DAILY: '2', KEEP_WEEKLY: '0' });
    expect(result.status).toBe(0);
    expect(instance.dumps()).toEqual([
      old[2],
      expect.stringMatching(/^zitadel-20[2-9]\d[01]\d{3}-\d{6}$/),
      'zitadel-note',
    ]);
    expect(instance.files()).toHaveLength(7);
    expect(result.stdout).toContain(`removed ${old[0]}: no rule of the retention keeps it`);
  });

  test('writes its password nowhere', async () => {
    const result = await instance.backup();
    expect(result.output).not.toContain(server.password);
    for (const file of instance.files()) {
      expect(readFileSync(join(instance.folder, file)).includes(server.password)).toBe(false);
    }
  });

  test('of two that run at once, one waits for the other, and both dumps stay', async () => {
    server.sql('zitadel', 'CREATE TABLE IF NOT EXISTS slow (id int)');
    const [first, second] = await Promise.all([instance.backup(), instance.backup()]);
    expect([first.status, second.status]).toEqual([0, 0]);
    expect(
      [first, second].filter(({ stdout }) => stdout.includes('another backup of this database is running')),
    ).toHaveLength(1);
    expect(instance.dumps()).toHaveLength(2);
    expect(instance.work()).toEqual([]);
  });
});
