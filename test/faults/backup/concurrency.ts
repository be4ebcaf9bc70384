import { fault, type FaultGroup } from '../../support/faults/fault';
import { asBefore, newDump, newDumpWithout } from '../../support/faults/fault-leaves';

const lost = 'the session that holds the lock has ended: the server restarted or dropped it. Run this again.';

/** Far from midnight: two dumps of one day are one too many for the retention. */
const NOON = '2027-06-01T12:00:00Z';

export const concurrency: FaultGroup = {
  title: 'Backup: several runs',
  faults: [
    fault(
      'two runs at once',
      {
        leaves: newDump,
        status: 0,
        says:
          'another backup of this database is running, waiting for it to end: the lock is held by shop-backup-…, ' +
          'since …',
      },
      async (trial) => {
        trial.setClock(NOON);
        const dump = trial.holdDump();
        const first = await trial.startUntil(dump);
        const second = trial.start();
        await second.waitForOutput(/waiting for it to end/);
        dump.pass();
        expect(await first.result).toMatchObject({ status: 0, stderr: '' });
        return second.result;
      },
    ),

    fault(
      'the run that holds the lock is killed with its pod',
      {
        leaves: newDump,
        status: 0,
        says: 'removing shop-…, left behind by a run that was cut off',
      },
      async (trial) => {
        const dump = trial.holdDump();
        const killed = await trial.startUntil(dump);
        killed.kill('SIGKILL');
        expect((await killed.result).status).toBe(137);
        dump.pass();
        return trial.backup();
      },
    ),

    fault(
      'another user ends the session that holds the lock',
      {
        leaves: asBefore,
        status: 1,
        says: lost,
      },
      async (trial) => {
        const dump = trial.holdDump();
        const run = await trial.startUntil(dump);
        trial.server.sql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
        dump.pass();
        return run.result;
      },
    ),

    fault(
      'the server restarts while a run waits for the lock',
      {
        leaves: asBefore,
        status: 1,
        says: lost,
      },
      async (trial) => {
        const dump = trial.holdDump();
        const first = await trial.startUntil(dump);
        const second = trial.start();
        await second.waitForOutput(/waiting for it to end/);
        await trial.server.restart();
        expect((await first.result).status).toBe(1);
        return second.result;
      },
    ),

    fault(
      'a run of the same day, by hand, replaces that of the schedule',
      {
        leaves: newDumpWithout(/^never$/, 'the earlier dumps and the newest of the day'),
        status: 0,
        says: 'removed shop-…: no rule of the retention keeps it',
      },
      async (trial) => {
        trial.setClock(NOON);
        expect(await trial.backup()).toMatchObject({ status: 0, stderr: '' });
        return trial.backup();
      },
    ),
  ],
};
