import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Env, Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { keepEnv } from '../support/retention/retention-pod';
import { usually } from '../support/machine/userlands';

const DAY = 86_400;
/** The next dump takes the place of the one before. */
const ONE = keepEnv({ last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 });
const now = (): number => Math.floor(Date.now() / 1000);

describe.each(usually('busybox'))('a dump that is taken on purpose, under %s,', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
  });
  beforeEach(() => {
    instance = new Instance(server, userland);
  });
  afterAll(() => server.stop());

  async function backup(env: Env = {}): Promise<string> {
    const { status, stdout, stderr } = await instance.backup(env);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  }

  async function act(action: string, env: Env = {}): Promise<string> {
    const { status, stdout, stderr } = await instance.restore({ RESTORE_ACTION: action, ...env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  }

  const manifest = (name: string): { readonly label: string | null } =>
    JSON.parse(readFileSync(join(instance.folder, `${name}.json`), 'utf8'));
  const holds = (): string[] => instance.files().filter((file) => file.endsWith('.hold'));

  test('stays beside the next one of the same day, by the retention that is shipped', async () => {
    await backup();
    const [first] = instance.dumps();
    await backup();
    expect(instance.dumps()).toEqual([first, expect.any(String)]);
    // And would not without the days: the second would stand for both.
    expect((await instance.prune({ ...ONE, KEEP_WITHIN_DAYS: '2' })).stdout).toBe('');
    expect((await instance.prune(ONE)).stdout).toContain(`removed ${first}`);
  });

  test('stays as long as it is held, whatever the retention says, and is known by its label', async () => {
    const [before, log, after] = [
      now(),
      await backup({ ...ONE, BACKUP_HOLD: 'P30D', BACKUP_LABEL: 'before-upgrade-v5' }),
      now(),
    ];
    const [name] = instance.dumps() as [string];
    expect(holds()).toEqual([`${name}.person.hold`]);
    const end = Number(readFileSync(join(instance.folder, `${name}.person.hold`), 'utf8'));
    expect([end >= before + 30 * DAY, end <= after + 30 * DAY]).toEqual([true, true]);
    const until = new Date(end * 1000).toISOString().replace('.000', '');
    expect(log).toContain(`; its label is before-upgrade-v5; it is held until ${until}`);

    expect(await backup(ONE)).toContain(`left ${name}, although no rule of the retention keeps it: it is held`);
    const [, next] = instance.dumps();
    expect([name, next].map((dump) => manifest(dump!).label)).toEqual(['before-upgrade-v5', null]);
    const list = await act('list');
    expect(list).toMatch(/^NAME +TIME \(UTC\) +AGE +MB VERIFIED +SECRETS +ROWS HELD UNTIL +LABEL +SERVER\n/);
    expect(list).toMatch(new RegExp(`^${name} .* yes +same +6025 ${until} +before-upgrade-v5 +"1`, 'm'));
    expect(list).toMatch(new RegExp(`^${next} .* yes +same +6025 - +- +"1`, 'm'));

    writeFileSync(join(instance.folder, `${name}.person.hold`), `${now() - 1}\n`);
    await backup(ONE);
    expect(instance.dumps()).not.toContain(name);
    expect(holds()).toEqual([]);
  });

  test.each([
    [
      'P0D',
      'BACKUP_HOLD (P0D) is not a number of days, weeks or hours from 1 to 9999. Write it like P30D, P4W or PT12H.',
    ],
    ['30 days', 'BACKUP_HOLD (30 days) is not'],
    ['P1M', 'BACKUP_HOLD (P1M) is not'],
    ['P1DT12H', 'BACKUP_HOLD (P1DT12H) is not'],
    ['P10000D', 'BACKUP_HOLD (P10000D) is not'],
    ['P12H', 'BACKUP_HOLD (P12H) is not'],
    ['PD', 'BACKUP_HOLD (PD) is not'],
    ['P08D', 'BACKUP_HOLD (P08D) is not'],
  ])('is not taken where it is to be held for %s', (hold, why) => refused({ BACKUP_HOLD: hold }, why));

  test.each(['before upgrade', '-before', 'before.', '.', 'before/upgrade', 'b\n"x": "y', '$(id)', 'x'.repeat(64)])(
    'is not taken where its label is to be %j',
    (label) =>
      refused(
        { BACKUP_LABEL: label },
        `BACKUP_LABEL (${label}) is not a label: up to 63 letters, digits, ".", "_" and "-", a letter or digit ` +
          'first and last. Write it like before-upgrade-v5.',
      ),
  );

  async function refused(env: Env, why: string): Promise<void> {
    const { status, stderr } = await instance.startBackup(env, ['bash', '/scripts/backup.sh']).result;
    expect(status).toBe(1);
    expect(stderr).toContain(`backup: ${why}`);
    expect(instance.files()).toEqual([]);
  }

  test.each([
    ['PT12H', DAY / 2],
    ['P4W', 28 * DAY],
  ])('may be held for %s, under a label of one character or of 63', async (hold, seconds) => {
    const label = hold === 'P4W' ? 'x' : `A${'.-_'.repeat(20)}1z`;
    const before = now();
    await backup({ BACKUP_HOLD: hold, BACKUP_LABEL: label });
    const [name] = instance.dumps() as [string];
    const end = Number(readFileSync(join(instance.folder, `${name}.person.hold`), 'utf8'));
    expect([end >= before + seconds, end <= now() + seconds]).toEqual([true, true]);
    expect(manifest(name).label).toBe(label);
  });
});
