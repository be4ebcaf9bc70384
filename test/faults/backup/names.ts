import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault, type Fault, type FaultGroup } from '../../support/faults/fault';
import { newDump, newDumpWithout } from '../../support/faults/fault-leaves';
import { give, type Trial } from '../../support/faults/fault-trial';
import type { Env } from '../../support/pods/instance';

/** Makes the newest dump's name the first thing that any rule would prune. */
const KEEP_LITTLE = { KEEP_DAILY: '1', KEEP_WEEKLY: '0' };

function newest(trial: Trial): string {
  return trial.instance
    .dumps()
    .filter((name) => name !== trial.earlier)
    .at(-1)!;
}

/** A run that begins at a moment, and the name that its dump must have. */
const atTime = (what: string, time: string, name: RegExp, env: Env = {}, prepare?: (trial: Trial) => unknown): Fault =>
  fault(what, { leaves: newDump, status: 0, says: 'is complete and verified' }, async (trial) => {
    prepare?.(trial);
    trial.setClock(time);
    const result = await trial.backup(env);
    expect(trial.instance.dumps().filter((dump) => !(`${dump}.dump` in trial.before.files))).toEqual([
      expect.stringMatching(name),
    ]);
    return result;
  });

const hold = (what: string, text: (now: number) => string, stays: boolean): Fault =>
  fault(
    what,
    stays
      ? {
          leaves: newDump,
          status: 0,
          says: 'left shop-20250101-020000, although no rule of the retention keeps it: it is held',
        }
      : {
          leaves: newDumpWithout(
            /^shop-20250101/,
            'the earlier dumps but the one that was held, and a new, verified one',
          ),
          status: 0,
          says: 'removed shop-20250101-020000: no rule of the retention keeps it',
        },
    (trial) => {
      const name = trial.addDump('20250101-020000');
      trial.put(`${name}.restore-1.hold`, text(Math.floor(Date.now() / 1000)));
      return trial.backup({ KEEP_DAILY: '2', KEEP_WEEKLY: '0' });
    },
  );

const withoutEmpty = {
  leaves: newDumpWithout(
    /^shop-202601\d\d-(23|02)0000\.dump$(?<!shop-20260101-020000\.dump)/,
    'the earlier dumps without the empty ones, and a new, verified one',
  ),
  status: 0,
};

export const names: FaultGroup = {
  title: 'Backup: clocks, holds and foreign files',
  faults: [
    atTime('the clock is set back to before the last dump', '2025-06-01T02:00:00Z', /^shop-20250601-0200\d\d$/),
    atTime('the clock is ten years ahead', '2036-02-29T02:00:00Z', /^shop-20360229-0200\d\d$/),
    atTime(
      'the clock is that of an earlier dump once more',
      '2025-06-01T02:00:00Z',
      /^shop-20250601-0200(?!00)\d\d$/,
      { KEEP_LAST: '3' },
      (trial) => trial.addDump('20250601-020000'),
    ),
    atTime(
      'the year ends while the dump is made',
      '2026-12-31T23:59:59Z',
      /^shop-(20261231-235959|20270101-0000\d\d)$/,
    ),
    atTime("the clock of the node's zone skips an hour", '2026-03-29T00:59:59Z', /^shop-20260329-(005959|0100\d\d)$/, {
      TZ: 'CET-1CEST,M3.5.0,M10.5.0/3',
    }),
    atTime("the clock of the node's zone repeats an hour", '2026-10-25T01:30:00Z', /^shop-20261025-0130\d\d$/, {
      TZ: 'CET-1CEST,M3.5.0,M10.5.0/3',
    }),

    fault(
      'dumps of a clock that was years ahead are there',
      { leaves: newDump, status: 0, says: 'is complete and verified' },
      (trial) => {
        for (const time of ['20991231-235959', '99991231-235959']) trial.addDump(time);
        return trial.backup();
      },
    ),

    fault(
      'the year, the month and the week change between two dumps',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      async (trial) => {
        trial.setClock('2028-12-31T23:59:00Z');
        expect((await trial.backup({ ...KEEP_LITTLE, KEEP_YEARLY: '3' })).status).toBe(0);
        const old = newest(trial);
        trial.settle();
        trial.setClock('2029-01-01T00:00:30Z');
        const result = await trial.backup({ ...KEEP_LITTLE, KEEP_YEARLY: '3' });
        expect(trial.instance.dumps()).toContain(old);
        return result;
      },
    ),

    hold('an old dump is held by a restore', (now) => `${now + 3600}\n`, true),
    hold('an old dump is held without an end', () => '', true),
    hold('an old dump is held by something that is not a time', () => 'until I say so\n', true),
    hold('the hold of an old dump has expired', (now) => `${now - 1}\n`, false),

    fault(
      'an empty file has the name of a newer dump of the same day',
      {
        ...withoutEmpty,
        says: 'removed shop-20260101-230000: no rule of the retention keeps it',
      },
      (trial) => {
        trial.put('shop-20260101-230000.dump', '');
        return trial.backup();
      },
    ),

    fault(
      'weeks of empty files have the names of newer dumps',
      {
        ...withoutEmpty,
        says: 'removed shop-20260102-020000: no rule of the retention keeps it',
      },
      (trial) => {
        for (let day = 2; day <= 20; day++) trial.put(`shop-202601${String(day).padStart(2, '0')}-020000.dump`, '');
        return trial.backup();
      },
    ),

    fault(
      'files of others lie in the folder, with names like ours',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      async (trial) => {
        const foreign = [
          'shop-20260431-020000.dump',
          'shop-20260231-020000.json',
          'shop-20250101-246000.dump',
          'shop-2025010-020000.dump',
          'shop-test-20250101-020000.dump',
          'shop-20250101-020000.dump.bak',
          'shop-20250101-020000.dump.part',
          'myshop-20250101-020000.dump',
          'shop-20250101-020000.sql',
          'Shop-20250101-020000.dump',
          'shop-20250101-020000\n.dump',
          'shop-xxxxxxxx-xxxxxx.dump',
          'README.md',
        ];
        for (const name of foreign) trial.put(name, 'not ours');
        for (const name of ['shop-20260432-020000.dump', 'shop-20250101-020000']) trial.put(`${name}/file`, 'not ours');
        symlinkSync(`${trial.earlier}.dump`, join(trial.folder, 'shop-latest.dump'));
        symlinkSync(`${trial.earlier}.dump`, join(trial.folder, 'shop-20261301-020000.dump'));
        return trial.backup({ KEEP_DAILY: '2', KEEP_WEEKLY: '0' });
      },
    ),

    fault(
      'a link has the name of a newer dump of the same day',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      (trial) => {
        symlinkSync(`${trial.earlier}.dump`, join(trial.folder, 'shop-20260101-235959.dump'));
        return trial.backup();
      },
    ),

    fault(
      'an empty folder has the name of an old dump',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      (trial) => {
        const folder = join(trial.folder, 'shop-20260101-235959.dump');
        mkdirSync(folder);
        give(folder);
        return trial.backup();
      },
    ),

    fault(
      'the manifest of the last dump is damaged',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      (trial) => {
        const manifest = join(trial.folder, `${trial.earlier}.json`);
        const whole = readFileSync(manifest);
        writeFileSync(manifest, '{ "bytes": "many" $(reboot)');
        trial.damaged.add(trial.earlier);
        trial.afterwards(() => writeFileSync(manifest, whole));
        return trial.backup();
      },
    ),
  ],
};
