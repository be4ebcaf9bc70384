import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  drillFault,
  failed,
  proven,
  untold,
  type DrillFaultGroup,
  type DrillTrial,
} from '../../support/faults/drill-trial';
import { Nas } from '../../support/storage/nas';
import type { NasFault } from '../../support/storage/nas/options';
import type { PodResult } from '../../support/pods/pod';
import { ODD, sharable, silent } from '../backup/nas';

/** Has something befall a share during a drill. What looks at what is left finds it well again. */
async function befalls(trial: DrillTrial, what: NasFault): Promise<PodResult> {
  const share = trial.useDisk((folder) => new Nas(folder));
  trial.settle();
  share.fail(what);
  const result = await trial.drill();
  share.freeAgain();
  // What could not be removed would end by itself.
  for (const hold of trial.holds()) rmSync(join(trial.folder, hold));
  return result;
}

export const nas: DrillFaultGroup = {
  title: 'Drill: what a NAS does',
  faults: [
    drillFault(
      'the share is as odd as a share may be: see the backup',
      { ...sharable, leaves: proven, status: 0, says: '== verdict: proven', next: 'former drills' },
      (trial) => {
        trial.useDisk((folder) => new Nas(folder, ODD));
        trial.settle();
        return trial.drill();
      },
    ),

    drillFault(
      'the storage fails when the dump is read',
      {
        ...sharable,
        leaves: failed,
        status: 1,
        says: '== verdict: failed. …it cannot be read: …nput/output error. Is the storage well?',
        userlands: ['gnu'],
      },
      (trial) =>
        befalls(trial, { error: 'EIO', from: { operation: 'open', name: '.dump' }, only: ['read'], calls: 20 }),
    ),

    drillFault(
      'a soft mount times out when the evidence is written',
      {
        ...sharable,
        leaves: untold,
        status: 1,
        says:
          'timed out…the evidence could not be written to /backups/shop/drills, see the message above. The ' +
          'verdict was: proven.',
      },
      (trial) => befalls(trial, { error: 'ETIMEDOUT', from: { operation: 'mkdir', name: 'drills' } }),
    ),

    drillFault(
      'the share goes away when the evidence is written, and comes back',
      {
        ...sharable,
        leaves: proven,
        status: 0,
        says: `${silent}…== verdict: proven`,
        userlands: ['busybox'],
      },
      async (trial) => {
        const share = trial.useDisk((folder) => new Nas(folder));
        trial.settle();
        share.fail({ error: 'away', from: { operation: 'mkdir', name: 'drills' } });
        const run = trial.startDrill({ PROGRESS_SECONDS: '1' });
        await run.waitForOutput(/the storage has not answered/);
        share.freeAgain();
        return run.result;
      },
    ),
  ],
};
