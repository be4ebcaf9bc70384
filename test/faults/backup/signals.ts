import { fault, type FaultGroup } from '../../support/faults/fault';
import {
  asBefore,
  asBeforeAndWork,
  companions,
  newDump,
  newDumpAndWork,
  newDumpWithout,
  type Leaves,
} from '../../support/faults/fault-leaves';
import type { Moment, Trial } from '../../support/faults/fault-trial';
import type { PodResult } from '../../support/pods/pod';

interface Stop {
  readonly during: string;
  readonly at: (trial: Trial) => Moment;
  /** What a SIGTERM leaves. */
  readonly ended: Leaves;
  /** What a SIGKILL leaves. */
  readonly killed: Leaves;
  /** Of a moment that is too short to be cut off: a SIGTERM takes effect after it. */
  readonly short?: true;
}

const stops: readonly Stop[] = [
  { during: 'while the dump is written', at: (trial) => trial.holdDump(), ended: asBefore, killed: asBeforeAndWork },
  {
    during: 'while the dump is read back',
    at: (trial) => trial.holdAt('pg_restore'),
    ended: asBefore,
    killed: asBeforeAndWork,
  },
  {
    during: 'while its checksum is made',
    at: (trial) => trial.holdAt('sha256sum'),
    ended: asBefore,
    killed: asBeforeAndWork,
  },
  {
    during: 'while the roles are dumped',
    at: (trial) => trial.holdAt('pg_dumpall'),
    ended: asBefore,
    killed: asBeforeAndWork,
  },
  {
    during: 'when the manifest has its final name and the dump does not',
    at: (trial) => trial.holdAt('mv', '*.dump'),
    ended: newDump,
    killed: companions,
    short: true,
  },
  {
    during: 'between rename and pruning',
    at: (trial) => trial.holdAt('sync', '*/shop'),
    ended: newDump,
    killed: newDumpAndWork,
    short: true,
  },
];

const pruned = /^shop-20260101-01/;

/** Two dumps of one day, of which the older one goes. */
function pruning(trial: Trial): Moment {
  trial.addDump('20260101-010000');
  return trial.holdAt('rm', '*.removed');
}

async function stopped(trial: Trial, at: Stop['at'], signal: NodeJS.Signals, passes = false): Promise<PodResult> {
  const moment = at(trial);
  const run = await trial.startUntil(moment);
  run.kill(signal);
  if (passes) moment.pass();
  return run.result;
}

export const signals: FaultGroup = {
  title: 'Backup: signals',
  faults: [
    ...stops.map(({ during, at, ended, short }, index) =>
      fault(
        `SIGTERM ${during}`,
        {
          leaves: ended,
          status: 143,
          says: 'backup: stopped by SIGTERM',
          isTwin: index % 2 === 0,
        },
        (trial) => stopped(trial, at, 'SIGTERM', short),
      ),
    ),

    fault(
      'SIGTERM in the middle of pruning',
      {
        leaves: newDumpWithout(pruned, 'a new, verified dump, and of the earlier ones those that the retention keeps'),
        status: 143,
        says: 'removed shop-20260101-010000: no rule of the retention keeps it…backup: stopped by SIGTERM',
      },
      (trial) => stopped(trial, pruning, 'SIGTERM', true),
    ),

    fault(
      'SIGTERM while it waits for the server',
      {
        leaves: asBefore,
        status: 143,
        says: 'waiting for the server…backup: stopped by SIGTERM',
      },
      async (trial) => {
        const run = trial.start({ PGPORT: '1' });
        await run.waitForOutput(/waiting for the server/);
        run.kill('SIGTERM');
        return run.result;
      },
    ),

    fault(
      'SIGTERM while it waits for the lock',
      {
        leaves: {
          ...asBeforeAndWork,
          text: 'the earlier dumps, as they were, and the work of the run that it waits for',
        },
        status: 143,
        says: 'waiting for it to end…backup: stopped by SIGTERM',
      },
      async (trial) => {
        const dump = trial.holdDump();
        await trial.startUntil(dump);
        const run = trial.start();
        await run.waitForOutput(/waiting for it to end/);
        run.kill('SIGTERM');
        return run.result;
      },
    ),

    ...stops.map(({ during, at, killed }, index) =>
      fault(
        `SIGKILL ${during}`,
        {
          leaves: killed,
          status: 137,
          isTwin: index % 2 === 1,
          ...(killed === companions ? {} : { next: 'removing shop-…, left behind by a run that was cut off' }),
        },
        (trial) => stopped(trial, at, 'SIGKILL'),
      ),
    ),

    fault(
      'SIGKILL in the middle of pruning',
      {
        leaves: {
          text:
            'a new, verified dump, and of the earlier ones those that the retention keeps; what was being removed ' +
            'under `.work/`',
          check: (before, after) => {
            expect(after.work).toEqual(['shop-20260101-010000.removed']);
            newDumpWithout(pruned, '').check(before, { ...after, work: [] });
          },
        },
        status: 137,
        next: 'removing shop-20260101-010000.removed, left behind by a run that was cut off',
      },
      (trial) => stopped(trial, pruning, 'SIGKILL'),
    ),
  ],
};
