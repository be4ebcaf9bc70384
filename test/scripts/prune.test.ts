import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { isRoot } from '../support/machine/machine';
import { PodResult } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { DumpFolder, filesOf, writeDump } from '../support/retention/retention-folder';
import { Env, keepEnv, startPrune } from '../support/retention/retention-pod';
import { isSandboxed } from '../support/machine/sandbox';
import { searchPath, usually } from '../support/machine/userlands';

const NONE = { last: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: 0 };
const LAST = keepEnv(NONE);

const day = (number: number): string => `zitadel-202601${String(number).padStart(2, '0')}-020000`;
const days = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => day(first + index));
const removal = (name: string): string => `prune: removed ${name}: no rule of the retention keeps it`;

describe.each(usually('gnu'))('pruning under %s', (userland) => {
  let folder: DumpFolder;

  beforeEach(() => {
    folder = new DumpFolder();
  });

  const end = (env: Env, ...args: string[]): Promise<PodResult> => startPrune(userland, folder.nas, args, env).result;

  /** Its log, a line an item. */
  async function prune(env: Env, ...args: string[]): Promise<string[]> {
    const { status, stdout, stderr } = await end(env, ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter(Boolean);
  }

  test('takes everything of a dump with it, and nothing of the others', async () => {
    folder.verified(...days(1, 3));
    expect(await prune(LAST)).toEqual([removal(day(2)), removal(day(1))]);
    expect(folder.files()).toEqual(filesOf(day(3)));
    expect(folder.work()).toEqual([]);
  });

  test('keeps the dumps that the shipped policy wants: a week of days and a month of weeks', async () => {
    folder.verified(...days(1, 31));
    await prune({});
    expect(folder.dumps()).toEqual([11, 18, ...[25, 26, 27, 28, 29, 30, 31]].map(day));
  });

  test('touches no file that is not a dump of this database', async () => {
    const foreign = [
      'zitadel-test-20250101-020000.dump',
      'zitadel-20250101-20250101-020000.dump',
      'my-zitadel-20250101-020000.dump',
      'Zitadel-20250101-020000.dump',
      // What only looks like a time.
      'zitadel-20250431-020000.dump',
      'zitadel-20250229-020000.dump',
      'zitadel-19000229-020000.dump',
      'zitadel-20251301-020000.dump',
      'zitadel-20250001-020000.dump',
      'zitadel-20250100-020000.dump',
      'zitadel-20250132-020000.dump',
      'zitadel-20250101-240000.dump',
      'zitadel-20250101-026000.dump',
      'zitadel-20250101-020061.dump',
      'zitadel-2025010x-020000.dump',
      'zitadel-20250101-02:000.dump',
      // What only looks like a dump.
      'zitadel-20251201-020000.dump.part',
      'zitadel-20251201-020000.sql',
      'zitadel-20251201-020000.dump.gz',
      '.zitadel-20251201-020000.dump',
      'zitadel-20251202-020000.dump.sha256',
      'zitadel-20251203-020000.json',
      'zitadel-20251204-020000.globals.sql',
      'zitadel-20251205-020000.restore.hold',
      'zitadel.dump',
      'zitadel-.dump',
      'notes on zitadel.txt',
    ];
    for (const name of foreign) folder.write(name);
    mkdirSync(join(folder.path, 'zitadel-20251201-020000'));
    mkdirSync(join(folder.path, 'restores'));
    symlinkSync('nowhere', join(folder.path, 'zitadel-20251206-020000.dump'));
    const others = ['restores', 'zitadel-20251201-020000', 'zitadel-20251206-020000.dump'];
    folder.verified(day(1), day(2), 'zitadel-20240229-020000', 'zitadel-20000229-020000', 'zitadel-20251231-235960');
    await prune(LAST);
    expect(folder.files()).toEqual([...foreign, ...others, ...filesOf(day(2))].sort());
  });

  test.each(['app', 'app-test', 'app-20260101'])(
    'of %s leaves its neighbours alone, in the same folder and beside it',
    async (prefix) => {
      const prefixes = ['app', 'app-test', 'app-20260101'];
      const all = prefixes.flatMap((name) => [`${name}-20260101-020000`, `${name}-20260102-020000`]);
      const folders = prefixes.map((name) => new DumpFolder(name, folder.nas));
      for (const each of folders) each.verified(...all);
      await prune({ ...LAST, BACKUP_DIR: `/backups/${prefix}` });
      const left = all.filter((name) => name !== `${prefix}-20260101-020000`);
      for (const each of folders) expect(each.files()).toEqual(filesOf(...(each.prefix === prefix ? left : all)));
    },
  );

  test('counts dumps without a checksum, and lets them age out like the rest', async () => {
    folder.unverified(...days(1, 4));
    folder.verified(...days(5, 6));
    const policy = keepEnv({ ...NONE, daily: 4 });
    await prune(policy);
    expect(folder.dumps()).toEqual(days(3, 6));
    folder.verified(...days(7, 8));
    await prune(policy);
    expect(folder.dumps()).toEqual(days(5, 8));
  });

  test('keeps the newest KEEP_LAST verified dumps, however many newer ones nobody verified', async () => {
    folder.verified(...days(1, 4));
    folder.unverified(...days(5, 9));
    await prune(keepEnv({ ...NONE, last: 2 }));
    expect(folder.dumps()).toEqual([...days(3, 4), ...days(8, 9)]);
  });

  test.each(['dump.sha256', 'json'])('does not call a dump verified whose %s is empty', async (ending) => {
    folder.verified(...days(1, 3));
    folder.write(`${day(3)}.${ending}`, '');
    await prune(LAST);
    expect(folder.dumps()).toEqual(days(2, 3));
  });

  test('lets the last verified dump of a day stand for it, and one that nobody verified only where there is none', async () => {
    const [early, late, later] = ['010000', '020000', '030000'].map((time) => `zitadel-20260107-${time}`) as [
      string,
      string,
      string,
    ];
    folder.verified(early, late, day(9));
    folder.unverified(later, 'zitadel-20260108-010000', day(8));
    await prune(keepEnv({ ...NONE, daily: 3 }));
    expect(folder.dumps()).toEqual([late, day(8), day(9)]);
  });

  test('takes an empty dump for none', async () => {
    folder.verified(...days(1, 3));
    folder.write(`${day(3)}.dump`, '');
    folder.write(`${day(4)}.dump`, '');
    await prune(keepEnv({ ...NONE, daily: 2 }));
    expect(folder.files()).toEqual(filesOf(...days(1, 2)));
  });

  test('keeps the dump of its run, though the clock was set back and it is the oldest', async () => {
    folder.verified(...days(1, 3));
    await prune(LAST, day(1));
    expect(folder.dumps()).toEqual([day(1), day(3)]);
  });

  test('counts the dump that is to come as if it were there, but never as one of the last that are', async () => {
    folder.verified(...days(1, 3));
    expect(await prune(keepEnv({ ...NONE, daily: 2 }), day(4))).toEqual([removal(day(2)), removal(day(1))]);
    expect(folder.files()).toEqual(filesOf(day(3)));
    await prune(LAST, day(4));
    expect(folder.files()).toEqual(filesOf(day(3)));
  });

  test('leaves a dump that is held, until the hold ends or is taken away', async () => {
    const now = Math.floor(Date.now() / 1000);
    folder.verified(...days(1, 7));
    folder.write(`${day(1)}.restore.hold`, '');
    folder.write(`${day(2)}.restore.hold`, `${now + 600}\n`);
    folder.write(`${day(3)}.restore.hold`, `${now - 600}\n`);
    folder.write(`${day(4)}.one.hold`, `${now - 600}`);
    folder.write(`${day(4)}.other.hold`, `${now + 600}`);
    folder.write(`${day(7)}.restore.hold`, '');
    const env = replace({ mv: 'echo "moving $1"; PATH=${PATH#*:}; exec mv "$@"' });
    const gone = (name: string): string[] => [`moving /backups/zitadel/${name}.dump`, removal(name)];
    const left = (name: string): string =>
      `prune: left ${name}, although no rule of the retention keeps it: it is held`;
    const log = [...gone(day(6)), ...gone(day(5)), left(day(4)), ...gone(day(3)), left(day(2)), left(day(1))];
    expect((await prune({ ...LAST, ...env })).map((line) => line.replace(folder.nas, '/backups'))).toEqual(log);
    const holds = [
      `${day(1)}.restore.hold`,
      `${day(2)}.restore.hold`,
      `${day(4)}.other.hold`,
      `${day(7)}.restore.hold`,
    ];
    expect(folder.files()).toEqual([...filesOf(day(1), day(2), day(4), day(7)), ...holds].sort());
    rmSync(join(folder.path, `${day(1)}.restore.hold`));
    expect(await prune(LAST)).toContain(removal(day(1)));
  });

  test('takes a hold that it cannot read for one that holds', async () => {
    folder.verified(...days(1, 2));
    folder.write(`${day(1)}.restore.hold`, 'until tomorrow');
    expect((await end(LAST)).status).toBe(0);
    expect(folder.dumps()).toEqual(days(1, 2));
  });

  test('treats a dump in the directory format like any other', async () => {
    for (const name of days(1, 3)) writeDump(folder.path, name, 'verified', 'directory');
    folder.unverified(day(4));
    folder.write(`${day(1)}.restore.hold`, '');
    await prune(LAST);
    expect(folder.dumps()).toEqual([day(1), day(3), day(4)]);
    expect(folder.files()).toEqual([...filesOf(day(1), day(3)), `${day(1)}.restore.hold`, `${day(4)}.dump`].sort());
    for (const name of [day(1), day(3)]) expect(folder.files(`${name}.dump`)).toEqual(['1.dat', 'toc.dat']);
  });

  test('has nothing to do in an empty folder, and none where there is no folder', async () => {
    expect(await prune(LAST)).toEqual([]);
    expect(await prune({ ...LAST, BACKUP_DIR: '/backups/none' })).toEqual([]);
    expect(readdirSync(folder.nas)).toEqual(['zitadel']);
  });

  test.each(['KEEP_LAST', 'KEEP_DAILY', 'KEEP_WEEKLY', 'KEEP_MONTHLY', 'KEEP_YEARLY', 'BACKUP_DIR'])(
    'without %s removes nothing and says so',
    async (name) => {
      folder.verified(...days(1, 2));
      const { status, stderr } = await end({ ...LAST, [name]: '' });
      expect(status).not.toBe(0);
      expect(stderr).toMatch(new RegExp(`${name}: is not set`));
      expect(folder.files()).toEqual(filesOf(...days(1, 2)));
    },
  );

  (isRoot ? test : test.skip).each([
    ['the work folder', '.work'],
    ['the dump, a folder,', `${day(1)}.dump`],
  ])(
    "does not say that it removed what it cannot move because %s is somebody else's, and leaves all that belongs to it",
    async (_, theirs) => {
      writeDump(folder.path, day(1), 'verified', 'directory');
      folder.verified(day(2));
      mkdirSync(join(folder.path, theirs), { recursive: true });
      chownSync(join(folder.path, theirs), 0, 0);
      const { status, stdout, stderr } = await end(LAST);
      expect(status).toBe(1);
      expect(stderr).toContain(`prune: warning: could not remove ${day(1)}, see the message above`);
      expect(stdout).not.toContain('removed');
      expect(folder.files()).toEqual(filesOf(...days(1, 2)));
    },
  );

  test('puts back a dump on which a restore lays its hand while it is being removed', async () => {
    folder.verified(...days(1, 2));
    const hold = `${day(1)}.restore.hold`;
    const env = replace({
      mv: `PATH=\${PATH#*:}; case $2 in *.removed) : >"$BACKUP_DIR/${hold}" ;; esac; exec mv "$@"`,
    });
    expect(await prune({ ...LAST, ...env })).toEqual([
      `prune: left ${day(1)}, although no rule of the retention keeps it: it is held`,
    ]);
    expect(folder.files()).toEqual([...filesOf(...days(1, 2)), hold].sort());
  });

  test(
    'that is killed before any of its steps loses nothing that is kept, leaves no dump half, and the next backup ' +
      'finishes',
    async () => {
      const server = await PostgresServer.start();
      createIdentityDatabase(server);
      const instance = new Instance(server, userland);
      folder = new DumpFolder('zitadel', instance.nas);
      folder.verified(...days(1, 20));
      const stop = '[ "$(wc -l <"$STEPS")" -ne "$STOP_BEFORE" ] || { echo stopped; exec sleep 1000; }';
      const step = `echo "\${0##*/}" >>"$STEPS"; ${stop}; PATH=\${PATH#*:}; exec "\${0##*/}" "$@"`;
      const env = replace({ mkdir: step, mv: step, rm: step });
      for (let number = 1; number <= 12; number++) {
        const pod = startPrune(userland, folder.nas, [], {
          ...LAST,
          ...env,
          STEPS: seen(join(folder.nas, `steps-${number}`)),
          STOP_BEFORE: `${number}`,
        });
        await pod.waitForOutput(/stopped/);
        pod.kill('SIGKILL');
        expect(await pod.result).toMatchObject({ status: 137 });
        expect(folder.dumps()).toContain(day(20));
        expect(folder.files()).toEqual(expect.arrayContaining(filesOf(...folder.dumps())));
      }
      // The last one was killed in its second removal: every step has had its turn.
      expect(readFileSync(join(folder.nas, 'steps-12'), 'utf8').match(/\w+/g)).toEqual(
        Array(2).fill(['mkdir', 'mv', 'rm', 'rm', 'rm', 'rm']).flat(),
      );
      expect(folder.dumps().length).toBeGreaterThan(2);
      expect(folder.dumps().length).toBeLessThan(20);
      expect((await instance.backup({ ...LAST, KEEP_LAST: '2' })).status).toBe(0);
      expect(folder.dumps()).toEqual([day(20), expect.stringMatching(/^zitadel-20\d{6}-\d{6}$/)]);
      expect(folder.files()).toEqual(filesOf(...folder.dumps()));
      expect(folder.work()).toEqual([]);
      await server.stop();
    },
  );

  /** Programs of the test that the script finds before the real ones. */
  function replace(programs: Readonly<Record<string, string>>): Env {
    const bin = join(folder.nas, 'bin');
    mkdirSync(bin);
    for (const [program, script] of Object.entries(programs))
      writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${seen(bin)}:${searchPath(userland)}` };
  }

  /** A path below the NAS as the pod sees it. */
  function seen(path: string): string {
    return isSandboxed() ? path.replace(folder.nas, '/backups') : path;
  }
});
