import { chownSync, existsSync, renameSync, rmSync } from 'node:fs';
import { Disk, noDisk } from '../../support/storage/disk';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';
import { UID } from '../../support/faults/fault-trial';
import { isRoot } from '../../support/machine/machine';
import type { PodResult } from '../../support/pods/pod';
import type { RestoreTrial } from '../../support/faults/restore-trial';

const noRecord =
  'warning: the record could not be written to /backups/shop/restores. The action itself is done.…== done: "shop" ' +
  'is now shop-20260101-020000';
const already = 'request request is already carried out, nothing to do: the former database is "shop_before_request"';

const smallDisk = (folder: string): Disk => Disk.ofMemory(folder, 2, UID);

/** What happens to the storage when the names are exchanged. */
async function beforeRecord(trial: RestoreTrial, happens: (disk: Disk) => void): Promise<PodResult> {
  const disk = trial.useDisk(smallDisk);
  const held = trial.holdAt('psql', '*--set=previous=*', 'after');
  const run = await trial.restoreUntil(held);
  happens(disk);
  held.pass();
  return run.result;
}

/** The dump is away from a moment on. */
async function goneAt(trial: RestoreTrial, program: string, args: string): Promise<PodResult> {
  const held = trial.holdAt(program, args);
  const run = await trial.restoreUntil(held);
  const away = `${trial.file('dump')}.away`;
  renameSync(trial.file('dump'), away);
  trial.afterwards(() => renameSync(away, trial.file('dump')));
  held.pass();
  return run.result;
}

export const storage: RestoreFaultGroup = {
  title: 'Restore: storage',
  faults: [
    restoreFault(
      'the folder belongs to another user',
      {
        leaves: asItWas,
        status: 1,
        impossible: () => (isRoot ? undefined : 'only root can give files away'),
        says: 'cannot read /backups/shop. Is the claim mounted, and does its folder belong to user 70?',
      },
      (trial) => {
        chownSync(trial.folder, 0, 0);
        trial.afterwards(() => chownSync(trial.folder, UID, UID));
        return trial.restore();
      },
    ),

    restoreFault(
      'the folder is not there',
      { leaves: asItWas, status: 1, says: 'cannot read /backups/shop. Is the claim mounted' },
      (trial) => {
        renameSync(trial.folder, `${trial.folder}.away`);
        trial.afterwards(() => {
          if (existsSync(trial.folder)) rmSync(trial.folder, { recursive: true });
          renameSync(`${trial.folder}.away`, trial.folder);
          trial.settle();
        });
        return trial.restore();
      },
    ),

    restoreFault(
      'the dump vanishes before it is compared',
      {
        leaves: asItWas,
        status: 1,
        says:
          'it cannot be read: …No such file or directory…the dump is not whole. "shop" is untouched. Choose ' +
          'another dump.',
      },
      (trial) => goneAt(trial, 'sha256sum', '*.dump'),
    ),

    restoreFault(
      'the dump vanishes before it is loaded',
      {
        leaves: asItWas,
        status: 1,
        says: 'No such file or directory…pg_restore failed, see its message above. "shop" is untouched.',
      },
      (trial) => goneAt(trial, 'pg_restore', '*--exit-on-error*'),
    ),

    restoreFault(
      'the storage is full when the record is written',
      {
        leaves: restored,
        status: 0,
        impossible: noDisk,
        says: noRecord,
        next: already,
      },
      (trial) => beforeRecord(trial, (disk) => disk.fill()),
    ),

    restoreFault(
      'the storage is read-only when the record is written',
      {
        leaves: restored,
        status: 0,
        impossible: noDisk,
        says: noRecord,
        next: already,
      },
      (trial) =>
        beforeRecord(trial, (disk) => {
          disk.setReadOnly(true);
          trial.afterwards(() => {
            disk.setReadOnly(false);
            // The hold could not be removed, and would end by itself.
            for (const file of trial.instance.files().filter((each) => each.endsWith('.hold')))
              rmSync(`${trial.folder}/${file}`);
          });
        }),
    ),

    restoreFault(
      'the storage is full all the time',
      { leaves: restored, status: 0, impossible: noDisk, says: noRecord, next: already },
      (trial) => {
        trial.useDisk(smallDisk).fill();
        return trial.restore();
      },
    ),
  ],
};
