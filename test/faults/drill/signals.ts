import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  drillFault,
  proven,
  untold,
  type DrillFaultGroup,
  type DrillTrial,
  type Judged,
} from '../../support/faults/drill-trial';
import type { PodProcess } from '../../support/pods/pod';
import { Random } from '../../support/retention/retention-cases';
import { SecretWatch } from '../../support/pods/secret-watch';

interface Stop {
  readonly during: string;
  /** Runs a drill until then, and returns how to let it go on. */
  readonly until: (trial: DrillTrial) => Promise<{ readonly run: PodProcess; readonly pass: () => void }>;
  /** What is told already. */
  readonly told?: Judged;
}

const at =
  (program: string, args = '*', when: 'before' | 'after' = 'before'): Stop['until'] =>
  async (trial) => {
    const moment = trial.holdAt(program, args, when);
    return { run: await trial.drillUntil(moment), pass: () => moment.pass() };
  };

const told =
  (output: RegExp): Stop['until'] =>
  async (trial) => {
    const run = trial.startDrill();
    await run.waitForOutput(output);
    return { run, pass: () => {} };
  };

const stops: readonly Stop[] = [
  { during: 'before the server is made', until: at('initdb') },
  { during: 'when the server has started', until: at('pg_ctl', 'start*', 'after') },
  { during: 'while the checksum of the dump is compared', until: at('dd', '*.dump?bs=4M*') },
  { during: 'while rows are loaded', until: told(/loading \d+ tables/) },
  { during: 'when all is loaded', until: at('pg_restore', '*--exit-on-error*', 'after') },
  { during: 'while rows are hashed', until: at('psql', '*--set=hashing=*') },
  { during: 'before indexes are looked at', until: at('pg_amcheck') },
  { during: 'while the key is proven', until: told(/== key:/) },
  { during: 'before the evidence is written', until: at('mkdir', '*/drills') },
  { during: 'when the evidence is written and is not linked as the latest', until: at('ln', '-sf*'), told: proven },
];

/**
 * What the log tells on the way, and how many milliseconds may pass until the kill: fewer than are left to the verdict.
 */
const PROGRESS: readonly [RegExp, number][] = [
  [/== server/, 400],
  [/== restore/, 300],
  [/loading \d+ tables/, 200],
  [/== key/, 100],
];

export const signals: DrillFaultGroup = {
  title: 'Drill: signals',
  faults: [
    ...stops.map(({ during, until, told: leaves = untold }, index) =>
      drillFault(`SIGKILL ${during}`, { leaves, status: 137, isTwin: index % 2 === 1 }, async (trial) => {
        const { run } = await until(trial);
        run.kill('SIGKILL');
        return run.result;
      }),
    ),

    ...stops.map(({ during, until, told: leaves = untold }, index) =>
      drillFault(
        `SIGTERM ${during}`,
        { leaves, status: 143, says: 'stopped by SIGTERM', isTwin: index % 2 === 0 },
        async (trial) => {
          const { run, pass } = await until(trial);
          run.kill('SIGTERM');
          pass();
          return run.result;
        },
      ),
    ),

    drillFault('SIGKILL at a random moment', { leaves: untold, status: 137, times: 4 }, async (trial, time) => {
      const [progress, limit] = PROGRESS[time % PROGRESS.length]!;
      const run = trial.startDrill();
      await run.waitForOutput(progress);
      await sleep(new Random(`${trial.userland} ${time}`).next() * limit);
      run.kill('SIGKILL');
      return run.result;
    }),

    drillFault(
      'a look at the volume of the drill after the proof',
      {
        leaves: { ...proven, text: 'proven; no byte of a key is in the files of the server' },
        status: 0,
        says: '== verdict: proven',
      },
      async (trial) => {
        const { run, pass } = await at('mkdir', '*/drills')(trial);
        const watch = new SecretWatch(trial.passwords);
        watch.stop();
        const folder = run.volume('drill');
        expect(readdirSync(join(folder, 'data'))).toContain('base');
        watch.lookAtFolder(folder);
        expect([...watch.leaks]).toEqual([]);
        pass();
        return run.result;
      },
    ),
  ],
};
