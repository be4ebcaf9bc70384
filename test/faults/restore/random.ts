import { setTimeout as sleep } from 'node:timers/promises';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { oldOrNew } from '../../support/faults/restore-leaves';
import { Random } from '../../support/retention/retention-cases';

/**
 * What the log tells on the way, and how many milliseconds may pass until the kill: fewer than are left to the run's
 * end.
 */
const PROGRESS: readonly [RegExp, number][] = [
  [/== checks/, 100],
  [/chose shop/, 100],
  [/== prepare/, 150],
  [/loading \d+ tables/, 150],
  [/== prove/, 60],
  [/proved/, 60],
  [/== cut over/, 40],
];

export const random: RestoreFaultGroup = {
  title: 'Restore: killed at random',
  faults: [
    restoreFault('SIGKILL at a random moment', { leaves: oldOrNew, status: 137, times: 20 }, async (trial, time) => {
      const chance = new Random(`${trial.userland} ${time}`);
      const [progress, limit] = PROGRESS[time % PROGRESS.length]!;
      const run = trial.startRestore();
      await run.waitForOutput(progress);
      await sleep(chance.next() * limit);
      run.kill('SIGKILL');
      return run.result;
    }),
  ],
};
