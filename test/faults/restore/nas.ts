import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';
import type { Env } from '../../support/pods/instance';
import { Nas } from '../../support/storage/nas';
import type { NasFault } from '../../support/storage/nas/options';
import type { PodResult } from '../../support/pods/pod';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { LONGEST, ODD, sharable, silent } from '../backup/nas';

const noRecord =
  'warning: the record could not be written to /backups/shop/restores. The action itself is done.…== done: ' +
  '"shop" is now shop-20260101-020000';
const already = 'request request is already carried out, nothing to do: the former database is "shop_before_request"';

/** When the record is written: the exchange is done. */
const RECORD = { operation: 'create', name: 'request.json' } as const;

/** Has something befall a share during a restore. What looks at what is left finds it well again. */
async function befalls(trial: RestoreTrial, what: NasFault, env: Env = {}): Promise<PodResult> {
  const share = trial.useDisk((folder) => new Nas(folder));
  trial.settle();
  share.fail(what);
  const result = await trial.restore(env);
  share.freeAgain();
  removeHolds(trial);
  return result;
}

/** What could not be removed from a share that was not well would end by itself. */
function removeHolds({ instance, folder }: RestoreTrial): void {
  for (const file of instance.files().filter((each) => each.endsWith('.hold'))) rmSync(join(folder, file));
}

export const nas: RestoreFaultGroup = {
  title: 'Restore: what a NAS does',
  faults: [
    restoreFault(
      'the share is as odd as a share may be: see the backup',
      {
        ...sharable,
        cluster: { folder: LONGEST },
        leaves: restored,
        status: 0,
        says: 'the former database is "…", closed to connections',
        next: 'is already carried out',
      },
      async (trial) => {
        trial.useDisk((folder) => new Nas(folder, ODD));
        trial.settle();
        const asked = { RESTORE_DUMP: trial.earlier };
        expect(await trial.restore({ ...asked, RESTORE_ACTION: 'hold', RESTORE_HOLD: 'P30D' })).toMatchObject({
          status: 0,
          output: expect.stringContaining('is held by person until 20'),
        });
        expect(await trial.restore({ RESTORE_ACTION: 'list' })).toMatchObject({
          status: 0,
          output: expect.stringMatching(/^x+-20260101-020000 .* yes /m),
        });
        expect(await trial.restore({ ...asked, RESTORE_ACTION: 'release' })).toMatchObject({
          status: 0,
          output: expect.stringContaining('released x'),
        });
        expect(await trial.restore({ RESTORE_ACTION: 'usage' })).toMatchObject({ status: 0 });
        return trial.restore();
      },
    ),

    restoreFault(
      'the share refuses writes',
      {
        ...sharable,
        leaves: restored,
        status: 0,
        says: `warning: the storage refuses writes: shop-20260101-020000.dump is not held…${noRecord}`,
        next: already,
      },
      (trial) => befalls(trial, { error: 'EROFS' }),
    ),

    restoreFault(
      'a person holds a dump, and the share refuses writes',
      {
        ...sharable,
        leaves: asItWas,
        status: 1,
        says:
          'Read-only file system…the hold of shop-20260101-020000.dump could not be written, see the message ' +
          'above. Is the storage full, or does it refuse writes?',
      },
      (trial) => befalls(trial, { error: 'EROFS' }, { RESTORE_ACTION: 'hold', RESTORE_DUMP: trial.earlier }),
    ),

    restoreFault(
      'a soft mount times out when the dumps are listed',
      {
        ...sharable,
        leaves: asItWas,
        status: 1,
        says: 'restore: the storage cannot be listed: …timed out. Run this again when it can.',
      },
      (trial) => befalls(trial, { error: 'ETIMEDOUT', from: { operation: 'opendir', after: 1 }, only: ['opendir'] }),
    ),

    restoreFault(
      'the file handles become stale when the dump is compared',
      {
        ...sharable,
        leaves: asItWas,
        status: 1,
        says: 'it cannot be read: …Stale file handle. Is the storage well?…"shop" is untouched.',
      },
      (trial) => befalls(trial, { error: 'ESTALE', from: { operation: 'open', name: '.dump' } }),
    ),

    restoreFault(
      'a soft mount times out when the dump is loaded',
      {
        ...sharable,
        leaves: asItWas,
        status: 1,
        says: 'timed out…"shop" is untouched.',
      },
      (trial) => befalls(trial, { error: 'ETIMEDOUT', from: { operation: 'open', name: '.dump', after: 4 } }),
    ),

    restoreFault(
      'the storage fails when the record is written',
      { ...sharable, leaves: restored, status: 0, says: noRecord, next: already },
      (trial) => befalls(trial, { error: 'EIO', from: RECORD }),
    ),

    restoreFault(
      'the share goes away when the record is written, until the deadline ends the run',
      {
        ...sharable,
        leaves: restored,
        status: 137,
        says: `"shop" is exchanged: it is shop-20260101-020000.…${silent}`,
        next: already,
      },
      async (trial) => {
        const share = trial.useDisk((folder) => new Nas(folder));
        trial.settle();
        share.fail({ error: 'away', from: RECORD });
        const run = trial.startRestore({ PROGRESS_SECONDS: '1' });
        await run.waitForOutput(/the storage has not answered/);
        run.kill('SIGKILL');
        share.freeAgain();
        return run.result;
      },
    ),
  ],
};
