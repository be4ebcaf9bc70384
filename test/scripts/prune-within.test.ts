import { DumpFolder } from '../support/retention/retention-folder';
import { Env, keepEnv, startPrune } from '../support/retention/retention-pod';
import { usually } from '../support/machine/userlands';

const within = (days: number): Env => keepEnv({ last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: days });
const at = (time: string): string => `zitadel-202601${time}`;

describe.each(usually('busybox'))('pruning by days under %s', (userland) => {
  let folder: DumpFolder;

  beforeEach(() => {
    folder = new DumpFolder();
  });

  async function prune(env: Env, ...args: string[]): Promise<void> {
    const { status, stderr } = await startPrune(userland, folder.nas, args, env).result;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }

  test('keeps every dump of the last days, however many a day has, counted from the newest and to the second', async () => {
    folder.verified(
      ...[
        '05-020000',
        '08-020000',
        '08-100000',
        '08-100001',
        '09-020000',
        '09-235959',
        '10-000000',
        '10-095959',
        '10-100000',
      ].map(at),
    );
    await prune(within(2));
    expect(folder.dumps()).toEqual(
      ['08-100001', '09-020000', '09-235959', '10-000000', '10-095959', '10-100000'].map(at),
    );
  });

  test('goes on keeping them in a shipped policy that has one for each day', async () => {
    folder.verified(...['09-020000', '09-090000', '10-020000', '10-090000', '10-091500'].map(at));
    await prune({});
    expect(folder.dumps()).toEqual(['09-020000', '09-090000', '10-020000', '10-090000', '10-091500'].map(at));
    folder.verified(at('12-020000'));
    await prune({});
    expect(folder.dumps()).toEqual(['09-090000', '10-090000', '10-091500', '12-020000'].map(at));
  });

  test('keeps no dump that was never verified, and does not count from one', async () => {
    folder.verified(...['09-020000', '10-020000'].map(at));
    folder.unverified(...['09-030000', '10-010000', '10-230000', '11-230000'].map(at));
    await prune(within(1));
    expect(folder.dumps()).toEqual(['10-020000', '11-230000'].map(at));
    folder.verified(at('09-020001'));
    await prune(within(1));
    expect(folder.dumps()).toEqual(['09-020001', '10-020000', '11-230000'].map(at));
  });

  test('counts from the dump that is to come, and not from an empty file', async () => {
    folder.verified(...['09-020000', '09-120000', '10-020000'].map(at));
    folder.write(`${at('12-020000')}.dump`, '');
    await prune(within(1));
    expect(folder.dumps()).toEqual(['09-120000', '10-020000'].map(at));
    await prune(within(1), at('10-130000'));
    expect(folder.dumps()).toEqual(['10-020000'].map(at));
  });

  test('keeps none by it where a manifest is older than the rule', async () => {
    folder.verified(...['10-020000', '10-090000'].map(at));
    await prune({ ...within(0), KEEP_WITHIN_DAYS: '' });
    expect(folder.dumps()).toEqual([at('10-090000')]);
  });
});
