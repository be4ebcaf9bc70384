import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Env, Instance } from '../support/pods/instance';
import { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { makeFolder } from '../support/retention/retention-folder';
import { keepEnv } from '../support/retention/retention-pod';
import { isSandboxed } from '../support/machine/sandbox';
import { searchPath, usually } from '../support/machine/userlands';

const ONE = keepEnv({ last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 });
const OLD = 'zitadel-20260101-020000';
const now = (): number => Math.floor(Date.now() / 1000);
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

describe.each(usually('gnu'))('without a server and without the masterkey, under %s,', (userland) => {
  let instance: Instance;
  let newest: string;

  beforeAll(async () => {
    const server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
    expect((await instance.backup()).status).toBe(0);
    newest = instance.dumps()[0]!;
    instance.copyDump(newest, '20260101-020000');
    await server.stop();
    delete instance.secrets['zitadel-secret'];
  });

  const act = (action: string, env: Env = {}): Promise<PodResult> =>
    instance.restore({ RESTORE_ACTION: action, ...env });

  /** The log, without the line for programs that it ends with. */
  async function done(action: string, env: Env = {}): Promise<string> {
    const { status, stdout, stderr } = await act(action, env);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [, log, report] = /^([^]*?)(\{"pgbackup":.*\})\n$/.exec(stdout)!;
    expect(JSON.parse(report!)).toMatchObject({ pgbackup: action, status: 0 });
    return told(log!);
  }

  async function refused(why: string, action: string, env: Env = {}): Promise<void> {
    const before = instance.files();
    const { status, stderr } = await act(action, env);
    expect({ status, stderr: told(stderr) }).toEqual({ status: 1, stderr: expect.stringContaining(why) });
    expect(instance.files()).toEqual(before);
  }

  /** Without mounts, the folders on the machine have their own names. */
  const told = (text: string): string => text.replaceAll(instance.nas, '/backups');
  const path = (file: string): string => join(instance.folder, file);
  const read = (file: string): string => readFileSync(path(file), 'utf8');
  const holds = (): string[] => instance.files().filter((file) => file.endsWith('.hold'));
  const clearHolds = (): void => holds().forEach((file) => rmSync(path(file)));

  describe('a person', () => {
    afterEach(clearHolds);

    test('holds a dump until it is released', async () => {
      expect(await done('hold', { RESTORE_DUMP: OLD })).toBe(
        `inventory: ${OLD}.dump is held by person until released\n`,
      );
      expect([holds(), read(`${OLD}.person.hold`)]).toEqual([[`${OLD}.person.hold`], '']);
      expect((await instance.prune(ONE)).stdout).toContain(
        `left ${OLD}, although no rule of the retention keeps it: it is held`,
      );
      expect(await done('release', { RESTORE_DUMP: `${OLD}.dump` })).toBe(`inventory: released ${OLD}.dump\n`);
      expect(holds()).toEqual([]);
      expect(await done('release', { RESTORE_DUMP: OLD })).toBe(`inventory: no person held ${OLD}.dump\n`);
    });

    test('holds a dump for a while, and then for another', async () => {
      for (const [hold, seconds] of [
        ['P4W', 28 * 86_400],
        ['PT12H', 12 * 3600],
      ] as const) {
        const before = now();
        const log = await done('hold', { RESTORE_DUMP: OLD, RESTORE_HOLD: hold });
        const end = Number(read(`${OLD}.person.hold`));
        expect([end >= before + seconds, end <= now() + seconds]).toEqual([true, true]);
        expect(log).toBe(`inventory: ${OLD}.dump is held by person until ${iso(end)}\n`);
      }
      expect(holds()).toEqual([`${OLD}.person.hold`]);
    });

    test('releases what people hold, and is told who else does', async () => {
      const end = now() + 3600;
      writeFileSync(path(`${OLD}.person.hold`), `${end}\n`);
      writeFileSync(path(`${OLD}.large-change.hold`), '');
      writeFileSync(path(`${OLD}.zitadel-db-drill-1-abcde.hold`), `${end}\n`);
      writeFileSync(path(`${OLD}.zitadel-db-restore-1-abcde.hold`), `${now() - 1}\n`);
      writeFileSync(path(`${newest}.person.hold`), '');
      expect(await done('release', { RESTORE_DUMP: OLD })).toBe(
        `inventory: released ${OLD}.dump\ninventory: ${OLD}.dump is held by zitadel-db-drill-1-abcde until ` +
          `${iso(end)}\n`,
      );
      expect(holds()).toEqual(
        [
          `${OLD}.zitadel-db-drill-1-abcde.hold`,
          `${OLD}.zitadel-db-restore-1-abcde.hold`,
          `${newest}.person.hold`,
        ].sort(),
      );
    });

    test.each(['hold', 'release'])('has to name a dump that is there to %s it', async (action) => {
      await refused('RESTORE_DUMP is not set: it names the dump. RESTORE_ACTION=list shows them.', action);
      await refused(`there is no dump ${OLD}0 in /backups/zitadel. There are: ${OLD} ${newest}`, action, {
        RESTORE_DUMP: `${OLD}0`,
      });
      await refused('there is no dump ../zitadel/x', action, { RESTORE_DUMP: '../zitadel/x' });
    });

    test.each(['P1M', 'tomorrow', 'P0D'])('cannot hold a dump for %s', (hold) =>
      refused(
        `RESTORE_HOLD (${hold}) is not a number of days, weeks or hours from 1 to 9999. Write it like P30D, P4W ` +
          'or PT12H.',
        'hold',
        { RESTORE_DUMP: OLD, RESTORE_HOLD: hold },
      ),
    );

    test('keeps the hold that is there where another one cannot be written', async () => {
      await done('hold', { RESTORE_DUMP: OLD, RESTORE_HOLD: 'P9D' });
      const before = read(`${OLD}.person.hold`);
      chmodSync(instance.folder, 0o555);
      await refused(`the hold of ${OLD}.dump could not be written, see the message above.`, 'hold', {
        RESTORE_DUMP: OLD,
      });
      chmodSync(instance.folder, 0o755);
      expect(read(`${OLD}.person.hold`)).toBe(before);
    });

    test('is not told that a dump is held which is pruned in that moment', async () => {
      instance.copyDump(newest, '20260102-020000');
      const bin = join(instance.nas, 'bin');
      mkdirSync(bin);
      writeFileSync(
        join(bin, 'mv'),
        '#!/bin/sh\nPATH=${PATH#*:}; rm "$BACKUP_DIR"/zitadel-20260102-020000.*; exec mv "$@"\n',
        { mode: 0o755 },
      );
      const { status, stderr } = await act('hold', {
        RESTORE_DUMP: 'zitadel-20260102-020000',
        PATH: `${isSandboxed() ? '/backups/bin' : bin}:${searchPath(userland)}`,
      });
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining('zitadel-20260102-020000.dump was removed just now. Run this again.'),
      });
      expect(holds()).toEqual([]);
    });
  });

  test('lists the dumps with their holds, and says which secret is missing', async () => {
    const end = now() + 3600;
    writeFileSync(path('zitadel-20260103-020000.dump'), 'x');
    writeFileSync(path('zitadel-20260103-020000.one.hold'), '');
    writeFileSync(path(`${OLD}.one.hold`), `${end}\n`);
    writeFileSync(path(`${OLD}.other.hold`), `${now() - 1}\n`);
    const { status, stdout, stderr } = await act('list');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('secret zitadel-secret, key masterkey is missing'),
    });
    expect(stdout).toMatch(new RegExp(`^${OLD} +2026-01-01T02:00:00Z .* yes +\\S+ +6025 ${iso(end)} +- +"1`, 'm'));
    expect(stdout).toMatch(/^zitadel-20260103-020000 .* no +- +- released +- +-$/m);
    expect(stdout).toMatch(new RegExp(`^${newest} .* yes +\\S+ +6025 - +- +"1`, 'm'));
    clearHolds();
    rmSync(path('zitadel-20260103-020000.dump'));
  });

  test('shows the evidence of the newest drill, or of the newest of one dump', async () => {
    await refused('no drill has left evidence in /backups/zitadel/drills. Drill first.', 'evidence');
    makeFolder(path('drills'));
    const drill = (file: string, dump: string | null): string => {
      const text = `{\n  "verdict": "proven",\n  "dump": ${JSON.stringify(dump)},\n  "image": "${file}"\n}\n`;
      writeFileSync(path(`drills/${file}.json`), text);
      return text;
    };
    drill('2026-01-05T02:00:00Z', OLD);
    const [ofOld, ofNewest] = [drill('20260112-020000', OLD), drill('2026-01-19T02:00:00Z', newest)];
    drill('.draft', OLD);
    symlinkSync('2026-01-05T02:00:00Z.json', path('drills/latest.json'));
    expect(await done('evidence')).toBe(ofNewest);
    expect(await done('evidence', { RESTORE_DUMP: OLD })).toBe(ofOld);
    const ofNone = drill('20260126-020000', null);
    expect(await done('evidence')).toBe(ofNone);
    expect(await done('evidence', { RESTORE_DUMP: `${newest}.dump` })).toBe(ofNewest);
    await refused('no drill of zitadel-20250101-020000 has left evidence', 'evidence', {
      RESTORE_DUMP: 'zitadel-20250101-020000',
    });
  });

  test('shows what was restored, a line each, the newest last', async () => {
    const head = 'REQUEST ACTION DUMP ENDED (UTC) SECONDS';
    const lines = async (): Promise<string[]> =>
      (await done('restores'))
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' '));
    expect(await lines()).toEqual([head]);
    makeFolder(path('restores'));
    const restore = (request: string, action: string, dump: string, ended: string): void =>
      writeFileSync(
        path(`restores/${request}.json`),
        `{\n  "request": "${request}",\n  "action": "${action}",\n  "dump": "${dump}",\n  "ended": "${ended}",\n ` +
          ' "seconds": 7\n}\n',
      );
    restore('b', 'restore', OLD, '2026-01-09T08:00:00Z');
    restore('a', 'undo', 'undo', '2026-01-10T08:00:00Z');
    writeFileSync(path('restores/zitadel.replicas'), '2\n');
    writeFileSync(path('restores/broken.json'), '');
    expect(await lines()).toEqual([
      head,
      '- - - - -',
      `b restore ${OLD} 2026-01-09T08:00:00Z 7`,
      'a undo undo 2026-01-10T08:00:00Z 7',
    ]);
  });

  test('shows what takes the room, what is held, and what is not finished', async () => {
    writeFileSync(path(`${OLD}.person.hold`), '');
    makeFolder(path('.work/zitadel-20260104-020000'));
    writeFileSync(path('.work/zitadel-20260104-020000/zitadel-20260104-020000.dump'), 'unfinished');
    const bytes = Buffer.byteLength(readFileSync(path(`${newest}.dump`)));
    const text = await done('usage');
    const [head, ...rest] = text.split('\n').map((line) => line.trim());
    expect(head).toBe('BYTES DUMP');
    expect(rest.slice(0, 2)).toEqual([`${bytes} ${OLD}`, `${bytes} ${newest}`]);
    const [, all] = new RegExp(
      `^inventory: 2 dumps have ${2 * bytes} bytes; all that is in /backups/zitadel has (\\d+)$`,
      'm',
    ).exec(text)!;
    expect(Number(all)).toBeGreaterThan(2 * bytes);
    const [, free, share] = /^inventory: (\d+) of (\d+) bytes are free on the share$/m.exec(text)!;
    expect([Number(free) > 0, Number(share) >= Number(free)]).toEqual([true, true]);
    expect(rest.slice(4)).toEqual([
      `inventory: ${OLD}.dump is held by person until released`,
      'inventory: not finished: .work/zitadel-20260104-020000, 10 bytes. The next backup clears it.',
      '',
    ]);
    clearHolds();
  });

  test('an action that is none is refused, with all that there are', () =>
    refused(
      'RESTORE_ACTION (lost) is not one of restore, list, preflight, state, verify, rehearse, prepare, cutover, ' +
        'undo, ' +
        'drop-previous, hold, release, evidence, restores, usage.',
      'lost',
    ));
});
