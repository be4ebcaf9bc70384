import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFormat } from '../../../src';
import { eventually } from '../../support/machine/eventually';
import { fault, type FaultGroup } from '../../support/faults/fault';
import type { Contents } from '../../support/faults/fault-contents';
import {
  asBefore,
  asBeforeAndWork,
  companions,
  newDump,
  newDumpAndWork,
  newDumpWithout,
  stuck,
  type Leaves,
} from '../../support/faults/fault-leaves';
import type { Trial } from '../../support/faults/fault-trial';
import type { PodProcess, PodResult } from '../../support/pods/pod';
import { HttpListener } from '../../support/machine/http-listener';
import { Nas, noNas } from '../../support/storage/nas';
import type { NasFault, NasOptions } from '../../support/storage/nas/options';

/** All that a share may do otherwise than a disk, at once. */
export const ODD: NasOptions = {
  noFolderSync: true,
  noLinks: true,
  noDirectReads: true,
  foldsNames: true,
  longestName: 143,
  ahead: -7200,
  squashes: true,
};

/** The longest that there may be. */
export const LONGEST = 'x'.repeat(80);

export const silent =
  'the storage has not answered for … s. Is the NAS away? The run goes on when it is back, and otherwise ends at ' +
  'its deadline.';

const KEEP_TWO = { KEEP_DAILY: '2', KEEP_WEEKLY: '0' };

/** The kernel asks once more where it knew the name. */
const TRIES = 2;

export const sharable = { impossible: noNas };

/** Has something befall a share during a backup. What looks at what is left finds it well again. */
async function befalls(trial: Trial, what: NasFault, prepare: () => unknown = () => {}, env = {}): Promise<PodResult> {
  const share = trial.useDisk((folder) => new Nas(folder));
  prepare();
  trial.settle();
  share.fail(what);
  const result = await trial.backup(env);
  share.freeAgain();
  return result;
}

/** A run that meets a share that is away, from a call on or from the beginning, when the log has told of it. */
async function goesAway(
  trial: Trial,
  from?: NasFault['from'],
  env = {},
): Promise<{ readonly share: Nas; readonly run: PodProcess }> {
  const share = trial.useDisk((folder) => new Nas(folder));
  trial.settle();
  share.fail({ error: 'away', from: from ?? { operation: 'mkdir' } });
  const run = trial.start({ ...env, PROGRESS_SECONDS: '1' });
  await run.waitForOutput(/the storage has not answered/);
  return { share, run };
}

/** A new dump beside what was there, and what the NAS puts into folders by itself. */
const withIndexes: Leaves = {
  text:
    'the earlier dumps and a new, verified one; under `.work/` the folder of the run, with what the NAS ' +
    'has put there',
  check(before, after) {
    const ours = ({ files }: Contents): Contents => ({
      files: Object.fromEntries(Object.entries(files).filter(([file]) => !file.split('/').includes('@eaDir'))),
      work: [],
    });
    newDump.check(ours(before), ours(after));
    expect(after.work).toEqual([expect.stringMatching(/^shop-\d{8}-\d{6}$/)]);
  },
};

async function indexed(trial: Trial): Promise<{ readonly share: Nas; readonly result: PodResult }> {
  const share = trial.useDisk((folder) => new Nas(folder));
  trial.settle();
  share.fail({ indexes: true });
  return { share, result: await trial.backup() };
}

export const nas: FaultGroup = {
  title: 'Backup: what a NAS does',
  faults: [
    fault(
      'the share syncs no folders, has no links, takes no direct reads, knows no capitals, decomposes ' +
        'names, takes names of 143 bytes at most, gives all files to a user of its own, and its clock is two ' +
        'hours late',
      {
        ...sharable,
        cluster: { folder: LONGEST },
        status: 0,
        says:
          'warning: the storage takes no direct reads…removed x…x-20250101-020000: no rule of the retention ' +
          'keeps it…is complete and verified',
        leaves: newDumpWithout(/^x+-20250101/, 'the earlier dumps that the retention keeps, and a new, verified one'),
      },
      async (trial) => {
        const share = trial.useDisk((folder) => new Nas(folder, ODD));
        const old = trial.addDump('20250101-020000');
        for (const foreign of ['@eaDir', '#recycle', 'é']) {
          mkdirSync(join(share.behind, LONGEST, foreign));
          writeFileSync(join(share.behind, LONGEST, foreign, `${old}.dump`), 'not ours');
        }
        writeFileSync(join(share.behind, LONGEST, '.nfs000000000000000100000001'), 'not ours');
        return trial.backup(KEEP_TWO);
      },
    ),

    fault(
      'the NAS puts a folder of its own, which cannot be removed, into each folder',
      {
        ...sharable,
        status: 0,
        leaves: withIndexes,
        says:
          'warning: could not remove /backups/shop/.work/shop-…, see the message above: the next run tries ' +
          'again…is complete and verified',
      },
      async (trial) => (await indexed(trial)).result,
    ),

    fault(
      'the NAS puts such a folder also into a dump in the directory format, then and later',
      {
        ...sharable,
        cluster: { format: BackupFormat.directory({ parallelJobs: 1 }) },
        status: 0,
        leaves: withIndexes,
        says: 'is complete and verified',
      },
      async (trial) => {
        const { share, result } = await indexed(trial);
        const index = join(share.behind, `shop/${trial.instance.dumps().at(-1)}.dump/@eaDir`);
        mkdirSync(index, { recursive: true });
        writeFileSync(join(index, 'later'), 'not of the dump');
        expect(await trial.verify()).toMatchObject({
          status: 0,
          output: expect.stringContaining('all 2 dumps are whole'),
        });
        return result;
      },
    ),

    fault(
      'the file handles become stale while the dump is written',
      {
        ...sharable,
        leaves: stuck,
        status: 1,
        says:
          'Stale file handle…pg_dump failed, see its message above. The unfinished dump is thrown away. ' +
          'Earlier dumps are untouched.',
        next: 'left behind by a run that was cut off',
      },
      (trial) => befalls(trial, { error: 'ESTALE', from: { operation: 'write', name: '.dump' } }),
    ),

    fault(
      'the storage fails when the dump is read back',
      {
        ...sharable,
        leaves: asBefore,
        status: 1,
        says: 'the new dump cannot be read and is thrown away. Earlier dumps are untouched. Check the storage.',
      },
      (trial) => befalls(trial, { error: 'EIO', only: ['read'] }),
    ),

    fault(
      'a soft mount times out when the dump gets its name',
      {
        ...sharable,
        leaves: companions,
        status: 1,
        says:
          'timed out…the dump could not be given its final name, see the message above. Earlier dumps are ' +
          'untouched. Check the storage.',
      },
      (trial) => befalls(trial, { error: 'ETIMEDOUT', from: { operation: 'rename', name: '.dump' } }),
    ),

    fault(
      'a soft mount times out when the name of the dump is synced',
      {
        ...sharable,
        leaves: newDumpAndWork,
        status: 1,
        says:
          'is complete and verified and has its final name, but the storage has not confirmed that it keeps ' +
          'it, see the message above. Earlier dumps are untouched. Check the storage.',
      },
      (trial) => befalls(trial, { error: 'ETIMEDOUT', from: { operation: 'fsyncdir' } }),
    ),

    fault(
      'the share becomes read-only when an old dump is pruned',
      {
        ...sharable,
        status: 1,
        leaves: newDump,
        says:
          'Read-only file system…warning: could not remove shop-20250101-020000, see the message above…is ' +
          'complete and verified, but old dumps could not be removed',
      },
      (trial) =>
        befalls(
          trial,
          { error: 'EROFS', from: { operation: 'rename', name: '.removed' } },
          () => trial.addDump('20250101-020000'),
          KEEP_TWO,
        ),
    ),

    fault(
      'a call times out when an old dump is pruned to make space, before the new one is written',
      {
        ...sharable,
        status: 0,
        leaves: newDumpWithout(/^shop-20250101/, 'the earlier dumps that the retention keeps, and a new, verified one'),
        says:
          'pruning first…warning: could not remove shop-20250101-020000, see the message above…' +
          'trying with the free space…removed shop-20250101-020000…is complete and verified',
      },
      async (trial) => {
        const share = trial.useDisk((folder) => new Nas(folder));
        trial.addDump('20250101-020000');
        trial.settle();
        const manifest = readFileSync(trial.file('json'), 'utf8');
        trial.put(`${trial.earlier}.json`, manifest.replace(/"bytes" ?: ?\d+/, '"bytes": 1000000000000000'));
        share.fail({
          error: 'ETIMEDOUT',
          from: { operation: 'rename', name: '.removed' },
          only: ['rename'],
          calls: 1,
        });
        const result = await trial.backup(KEEP_TWO);
        share.freeAgain();
        trial.put(`${trial.earlier}.json`, manifest);
        return result;
      },
    ),

    fault(
      'a call times out when what lies beside a dump is looked at',
      { ...sharable, leaves: newDump, status: 0, says: 'is complete and verified' },
      (trial) =>
        befalls(trial, {
          error: 'ETIMEDOUT',
          from: { operation: 'lookup', name: `${trial.earlier}.dump` },
          only: ['lookup'],
          calls: TRIES,
        }),
    ),

    fault(
      'a call times out, whichever it is, when it is looked which dumps are verified',
      {
        ...sharable,
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
        userlands: ['busybox'],
      },
      async (trial) => {
        const share = trial.useDisk((folder) => new Nas(folder));
        trial.addDump('20260102-020000');
        const calls = [
          ['dump', 0],
          ['dump', 1],
          ['dump', 2],
          ['dump.sha256', 0],
          ['json', 0],
        ] as const;
        for (const [ending, after] of calls) {
          trial.addDump('20260101-010000'); // the one that goes: its day has a later one
          trial.settle();
          share.fail({
            error: 'ETIMEDOUT',
            from: { operation: 'lookup', name: `${trial.earlier}.${ending}`, after },
            only: ['lookup'],
            calls: TRIES,
          });
          await trial.instance.prune({ ...KEEP_TWO, KEEP_LAST: '1' });
          share.freeAgain();
          expect(
            Object.keys(trial.before.files).filter(
              (file) => !trial.instance.files().includes(file) && !file.startsWith('shop-20260101-01'),
            ),
          ).toEqual([]);
        }
        trial.settle();
        return trial.backup();
      },
    ),

    fault(
      'the share is away when the backup begins, and comes back',
      {
        ...sharable,
        leaves: newDump,
        status: 0,
        says: `${silent}…the storage answers again, after … s…is complete and verified`,
      },
      async (trial) => {
        const dump = trial.holdDump();
        const { share, run } = await goesAway(trial);
        share.freeAgain();
        await run.waitForOutput(/the storage answers again/);
        dump.pass();
        return run.result;
      },
    ),

    fault(
      'the share goes away while the dump is written, until the deadline ends the run',
      {
        ...sharable,
        leaves: asBeforeAndWork,
        status: 137,
        says: `${silent}…stopped by SIGTERM`,
        next: 'left behind by a run that was cut off',
      },
      async (trial) => {
        const monitor = await HttpListener.start('accept');
        trial.atEnd(() => monitor.close());
        const { share, run } = await goesAway(
          trial,
          { operation: 'write', name: '.dump' },
          { HEARTBEAT_FAILURE_URL: monitor.url('/failed') },
        );
        run.kill('SIGTERM');
        // The Debian image has no wget: there it says so.
        await eventually(
          'the monitor hears of it',
          () => monitor.posts().length === 1 || run.output().includes('the heartbeat was not accepted'),
        );
        expect(monitor.posts()).toHaveLength(trial.userland === 'busybox' ? 1 : 0);
        run.kill('SIGKILL');
        share.freeAgain();
        return run.result;
      },
    ),
  ],
};
