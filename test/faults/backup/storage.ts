import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFormat } from '../../../src';
import { Disk, noDisk, noImage, noQuota } from '../../support/storage/disk';
import { fault, type FaultGroup } from '../../support/faults/fault';
import { asBefore, newDump, newDumpWithout, stuck } from '../../support/faults/fault-leaves';
import { UID, type Moment, type Trial } from '../../support/faults/fault-trial';
import { isRoot } from '../../support/machine/machine';
import { MemoryLimit } from '../../support/machine/memory-limit';
import type { PodResult } from '../../support/pods/pod';

const thrownAway = 'The unfinished dump is thrown away. Earlier dumps are untouched. … MB are free on the storage.';
const unwritable =
  'cannot write to /backups/shop. Is the claim mounted, and does its folder belong to user 70 or let it write?';
export const mountable = { impossible: noDisk };
const ownable = { impossible: () => (isRoot ? undefined : 'only root can give files away') };

const smallDisk = (folder: string): Disk => Disk.ofMemory(folder, 2, UID);

/** What happens to a small disk at a moment of a run. */
async function atMoment(
  trial: Trial,
  moment: (trial: Trial) => Moment,
  happens: (disk: Disk) => void,
  env = {},
): Promise<PodResult> {
  const disk = trial.useDisk(smallDisk);
  const held = moment(trial);
  const run = await trial.startUntil(held, env);
  happens(disk);
  held.pass();
  return run.result;
}

export function becomesReadOnly(trial: Trial, env = {}): Promise<PodResult> {
  return atMoment(
    trial,
    () => trial.holdAt('sync', '*.dump.sha256'),
    (disk) => {
      disk.setReadOnly(true);
      trial.afterwards(() => disk.setReadOnly(false));
    },
    env,
  );
}

export const storage: FaultGroup = {
  title: 'Backup: storage and memory',
  faults: [
    fault(
      'the storage loses the end of what was written',
      {
        leaves: asBefore,
        status: 1,
        says:
          'is not whole: it cannot be read to its end…the new dump is not whole and is thrown away. Earlier dumps ' +
          'are untouched. Check the storage.',
      },
      (trial) => {
        trial.addTool(
          'pg_dump',
          'pg_dump "$@" || exit\nfor word; do case $word in --file=*) truncate -s 50000 "${word#--file=}" ;; ' +
            'esac; done',
        );
        return trial.backup();
      },
    ),

    fault(
      'the storage changes a bit of what was written, and the memory of the node does not tell',
      {
        impossible: noImage,
        leaves: asBefore,
        status: 1,
        says:
          'is not whole: its checksum differs from that of the day it was written…the new dump is not whole and ' +
          'is thrown away. Earlier dumps are untouched. Check the storage.',
      },
      async (trial) => {
        const disk = trial.useDisk((folder) => Disk.ofImage(folder, 16, UID));
        const summed = trial.holdAt('sha256sum', '*.dump', 'after');
        const run = await trial.startUntil(summed);
        const name = trial.instance.work()[0]!;
        disk.damage(join(trial.folder, '.work', name, `${name}.dump`));
        summed.pass();
        return run.result;
      },
    ),

    fault(
      'the storage takes no direct reads',
      {
        leaves: newDump,
        status: 0,
        says:
          'warning: the storage takes no direct reads: the read-back may come from the memory of this node…is ' +
          'complete and verified',
      },
      (trial) => {
        trial.addTool(
          'dd',
          'case "$*" in *iflag=direct*) echo \'dd: Invalid argument\' >&2; exit 1 ;; esac\nexec dd "$@"',
        );
        return trial.backup();
      },
    ),

    fault(
      'no space is left on the device',
      {
        ...mountable,
        leaves: asBefore,
        status: 1,
        says:
          '0 MB are free and the dump may need … MB: pruning first…warning: only 0 MB are free. Enlarge the ' +
          'storage or keep fewer dumps; more retention needs more space, not less.',
      },
      (trial) => {
        trial.useDisk(smallDisk).fill();
        return trial.backup();
      },
    ),

    fault(
      'no space is left, and an older script has made weeks of dumps since the last verified one',
      {
        ...mountable,
        status: 1,
        says: 'pruning first…removed shop-20260102-020000: no rule of the retention keeps it',
        leaves: {
          text: "of the older script's dumps those that the retention keeps, and the last verified one",
          check: (before, after) => {
            expect(after.files).toMatchObject(
              Object.fromEntries(Object.entries(before.files).filter(([file]) => file.startsWith('shop-20260101'))),
            );
            expect(
              Object.keys(after.files).filter((file) => file.startsWith('shop-202602')).length,
            ).toBeGreaterThanOrEqual(7);
          },
        },
      },
      (trial) => {
        const disk = trial.useDisk(smallDisk);
        const days = Array.from({ length: 58 }, (_, day) =>
          new Date(Date.UTC(2026, 0, 2 + day)).toISOString().slice(0, 10).replaceAll('-', ''),
        );
        for (const day of days) trial.put(`shop-${day}-020000.dump`, 'old');
        disk.fill();
        trial.afterwards(() =>
          days.forEach((day) => rmSync(join(trial.folder, `shop-${day}-020000.dump`), { force: true })),
        );
        return trial.backup({ COMPRESSION: 'none' }); // more than what pruning frees
      },
    ),

    fault(
      'another program takes the space while the dump is written',
      {
        ...mountable,
        leaves: asBefore,
        status: 1,
        says: `No space left on device…pg_dump failed, see its message above. ${thrownAway}`,
      },
      (trial) =>
        atMoment(
          trial,
          () => trial.holdDump(),
          (disk) => disk.fill(30_000),
        ),
    ),

    fault(
      'no space is left for the roles',
      {
        ...mountable,
        leaves: asBefore,
        status: 1,
        says: 'the roles could not be written. Earlier dumps are untouched. Is the storage full?',
      },
      (trial) =>
        atMoment(
          trial,
          () => trial.holdAt('pg_dumpall'),
          (disk) => disk.fill(),
        ),
    ),

    fault(
      'no space is left for the manifest',
      {
        ...mountable,
        leaves: asBefore,
        status: 1,
        says: 'the manifest could not be written. Earlier dumps are untouched.',
      },
      (trial) =>
        atMoment(
          trial,
          () => trial.holdAt('pg_dumpall', '*', 'after'),
          (disk) => disk.fill(),
        ),
    ),

    fault(
      'no space is left when the dump gets its name',
      {
        ...mountable,
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      (trial) =>
        atMoment(
          trial,
          () => trial.holdAt('sync', '*.dump.sha256'),
          (disk) => disk.fill(),
        ),
    ),

    fault(
      'the quota of the NAS is used up',
      {
        impossible: noQuota,
        leaves: asBefore,
        status: 1,
        says: `Disk quota exceeded…pg_dump failed, see its message above. ${thrownAway}`,
      },
      (trial) => {
        trial.useDisk((folder) => Disk.ofQuota(folder, 2, UID));
        trial.put('photos', Buffer.alloc(1_500_000));
        return trial.backup({ COMPRESSION: 'none' });
      },
    ),

    fault(
      'the storage is read-only',
      {
        ...mountable,
        leaves: asBefore,
        status: 1,
        says: unwritable,
      },
      (trial) => {
        const disk = trial.useDisk(smallDisk);
        disk.setReadOnly(true);
        trial.afterwards(() => disk.setReadOnly(false));
        return trial.backup();
      },
    ),

    fault(
      'the storage becomes read-only before the dump gets its name',
      {
        ...mountable,
        leaves: stuck,
        status: 1,
        says: 'Read-only file system…Earlier dumps are untouched.',
      },
      (trial) => becomesReadOnly(trial),
    ),

    fault(
      'the folder belongs to another user',
      {
        ...ownable,
        leaves: asBefore,
        status: 1,
        says: unwritable,
      },
      (trial) => {
        chownSync(trial.folder, 0, 0);
        trial.afterwards(() => chownSync(trial.folder, UID, UID));
        return trial.backup();
      },
    ),

    fault(
      'the name of the NAS share has a space',
      {
        ...mountable,
        leaves: newDump,
        status: 0,
        says: 'is complete and verified: …, 16 MB are free',
      },
      (trial) => {
        trial.useDisk((folder) => Disk.ofMemory(folder, 16, UID, 'my nas'));
        return trial.backup();
      },
    ),

    fault(
      'the folder for work is full of rubbish',
      {
        leaves: newDump,
        status: 0,
        says: 'removing shop-20190101-000000 (old), left behind by a run that was cut off',
      },
      (trial) => {
        const odd = [' (old)/a/b/c', '*', 'it\'s\n"two" lines', '.dump'].map(
          (end, day) => `shop-2019010${day + 1}-000000${end}`,
        );
        for (const name of ['shop-20200101-000000/shop-20200101-000000.dump', ...odd])
          trial.put(`.work/${name}`, 'rubbish');
        mkdirSync(join(trial.folder, '.work/shop-20190105-000000'));
        symlinkSync('/nowhere', join(trial.folder, '.work/shop-20190106-000000'));
        symlinkSync(`../${trial.earlier}.dump`, join(trial.folder, '.work/shop-20190107-000000.removed'));
        return trial.backup();
      },
    ),

    fault(
      'an old dump in the directory format belongs to another user and cannot be removed',
      {
        ...ownable,
        cluster: { format: BackupFormat.directory({ parallelJobs: 1 }) },
        leaves: newDumpWithout(
          /^shop-20260101-01/,
          'the earlier dumps that the retention keeps, that one, whole, and a new, verified one',
        ),
        status: 1,
        says:
          'warning: could not remove shop-20260101-000000, see the message above…is complete and verified, but ' +
          'old dumps could not be removed, see the message above.',
      },
      async (trial) => {
        for (const hour of ['00', '01']) trial.addDump(`20260101-${hour}0000`);
        const foreign = join(trial.folder, 'shop-20260101-000000.dump');
        rmSync(foreign);
        mkdirSync(foreign);
        writeFileSync(join(foreign, 'toc.dat'), 'whatever');
        trial.damaged.add('shop-20260101-000000');
        chownSync(foreign, 0, 0);
        chmodSync(foreign, 0o755);
        trial.afterwards(() => chownSync(foreign, UID, UID));
        return trial.backup();
      },
    ),

    fault(
      'the memory limit is hit during the dump',
      {
        impossible: MemoryLimit.impossible,
        leaves: asBefore,
        status: 1,
        says: `pg_dump failed, see its message above. ${thrownAway}`,
      },
      async (trial) => {
        trial.server.sql('shop', "CREATE TABLE public.huge AS SELECT repeat('x', 64 * 1024 * 1024) AS text");
        trial.afterwards(() => trial.server.sql('shop', 'DROP TABLE public.huge'));
        const limit = new MemoryLimit(32 * 2 ** 20);
        trial.atEnd(() => limit.remove());
        const begun = trial.holdAt('pg_isready');
        const run = await trial.startUntil(begun);
        limit.add(run.pid!);
        begun.pass();
        return run.result;
      },
    ),

    fault(
      'a file of another user and a file of ours lie in the folder for work, and cannot be removed',
      {
        ...ownable,
        status: 0,
        says:
          'warning: could not remove /backups/shop/.work/shop-20250101-000000, see the message above: the next ' +
          'run tries again…is complete and verified',
        leaves: {
          text: 'the earlier dumps and a new, verified one; under `.work/` what was there',
          check(before, after) {
            newDump.check(before, { ...after, work: [] });
            expect(after.work).toEqual(
              expect.arrayContaining([
                expect.stringContaining('@eaDir'),
                expect.stringContaining('shop-20250101-000000'),
              ]),
            );
          },
        },
      },
      (trial) => {
        for (const name of ['@eaDir', 'shop-20250101-000000']) {
          const folder = join(trial.folder, '.work', name);
          mkdirSync(folder, { recursive: true });
          writeFileSync(join(folder, 'x'), '');
          chownSync(folder, 0, 0);
          trial.afterwards(() => rmSync(folder, { recursive: true }));
        }
        chownSync(join(trial.folder, '.work'), UID, UID);
        return trial.backup();
      },
    ),

    fault(
      'the storage does not sync folders',
      {
        leaves: newDump,
        status: 0,
        says: 'is complete and verified',
      },
      (trial) => {
        trial.addTool(
          'sync',
          `[ ! -d "$1" ] || { echo "sync: error syncing '$1': Invalid argument" >&2; exit 1; }\nexec sync "$@"`,
        );
        return trial.backup();
      },
    ),

    fault(
      'a file lies where the folder for work should be',
      {
        leaves: {
          text: 'the earlier dumps and that file, as they were',
          check: (before, after) => expect(after.files).toEqual(before.files),
        },
        status: 1,
        says: unwritable,
      },
      (trial) => {
        writeFileSync(join(trial.folder, '.work'), '');
        trial.afterwards(() => rmSync(join(trial.folder, '.work')));
        return trial.backup();
      },
    ),
  ],
};
