import { readdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  copied,
  nothing,
  OLDER,
  olderCopied,
  offsiteFault,
  type OffsiteFaultGroup,
  type OffsiteTrial,
  unproven,
} from '../../support/faults/offsite-trial';

/** Removes the dump and what belongs to it when a request for one of its objects comes, as a backup's pruning does. */
function pruneAt(trial: OffsiteTrial, method: string, ending: string): void {
  trial.proxy.meets(({ method: asked, path }) => {
    if (asked === method && path.includes(`.${ending}.bin`)) {
      for (const file of readdirSync(trial.folder).filter((name) => name.startsWith(trial.earlier)))
        rmSync(join(trial.folder, file));
      trial.settle();
    }
    return undefined;
  });
  trial.afterwards(() => trial.proxy.meets());
  trial.mendAfterwards();
}

export const storage: OffsiteFaultGroup = {
  title: 'Copy off site: the NAS and several runs',
  faults: [
    offsiteFault(
      'the dump has suffered on the NAS',
      { leaves: nothing, status: 1, says: 'shop-20260101-020000.dump is not whole', next: 'is off site' },
      (trial) => {
        const bytes = readFileSync(trial.file('dump'));
        bytes[1000]! ^= 1;
        writeFileSync(trial.file('dump'), bytes);
        trial.settle();
        trial.mendAfterwards();
        return trial.copy();
      },
    ),
    offsiteFault(
      'the newest dump is pruned while its files are copied',
      {
        leaves: olderCopied,
        status: 0,
        says: 'was pruned while it was copied…every verified dump is in …. The newest is shop-20251201-020000.',
        next: 'is off site',
      },
      (trial) => {
        trial.addDump(OLDER);
        pruneAt(trial, 'PUT', 'json');
        return trial.copy();
      },
    ),
    offsiteFault(
      'the NAS loses its only dump while it is sent',
      { leaves: unproven, status: 1, says: 'no verified dump in …. Back up first.' },
      (trial) => {
        pruneAt(trial, 'PUT', 'dump');
        return trial.copy();
      },
    ),
    offsiteFault(
      'two copies at once',
      { leaves: copied, status: 0, says: 'offsite: every verified dump is in dumps/', next: 'is there already' },
      async (trial) => {
        const [first, second] = await Promise.all([trial.copy(), trial.copy()]);
        return first.status === 0 ? second : first;
      },
    ),
  ],
};
