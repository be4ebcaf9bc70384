import { databaseNames } from '../../support/postgres/database-state';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, asItWasAndLoaded, asItWasAndProven, restored, type Live } from '../../support/faults/restore-leaves';
import type { Moment } from '../../support/faults/fault-trial';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { connectService } from '../../support/faults/restore-services';

interface Stop {
  readonly during: string;
  readonly at: (trial: RestoreTrial) => Moment;
  /** What a SIGKILL leaves. */
  readonly killed: Live;
  /** What a SIGTERM leaves, where it is not the old database alone. */
  readonly ended?: Live;
}

const andOlder: Live = { ...restored, check: ({ server }) => expect(databaseNames(server)).toHaveLength(3) };

const stops: readonly Stop[] = [
  { during: 'before the first look at the server', at: (trial) => trial.holdAt('pg_isready'), killed: asItWas },
  {
    during: 'while the checksum of the dump is compared',
    at: (trial) => trial.holdAt('sha256sum', '*.dump'),
    killed: asItWas,
  },
  {
    during: 'before the database beside the live one is made',
    at: (trial) => trial.holdAt('psql', '*mark=*loading*'),
    killed: asItWas,
  },
  {
    during: 'when it is made',
    at: (trial) => trial.holdAt('psql', '*mark=*loading*', 'after'),
    killed: asItWasAndLoaded,
  },
  {
    during: 'before rows are loaded',
    at: (trial) => trial.holdAt('pg_restore', '*--exit-on-error*'),
    killed: asItWasAndLoaded,
  },
  { during: 'while rows are loaded', at: (trial) => trial.holdLoad(), killed: asItWasAndLoaded },
  {
    during: 'when all is loaded',
    at: (trial) => trial.holdAt('pg_restore', '*--exit-on-error*', 'after'),
    killed: asItWasAndLoaded,
  },
  {
    during: 'before the statistics',
    at: (trial) => trial.holdAt('psql', '*--set=ON_ERROR_STOP=0*'),
    killed: asItWasAndLoaded,
  },
  {
    during: 'while the rows are counted',
    at: (trial) => trial.holdAt('psql', '*--set=excluded=*'),
    killed: asItWasAndLoaded,
  },
  {
    during: 'when all is proved',
    at: (trial) => trial.holdAt('psql', '*mark=*prepared*', 'after'),
    killed: asItWasAndProven,
  },
  {
    during: 'before the names are exchanged',
    at: (trial) => trial.holdAt('psql', '*--set=previous=*'),
    killed: asItWasAndProven,
    ended: restored,
  },
  {
    during: 'when the names are exchanged',
    at: (trial) => trial.holdAt('psql', '*--set=previous=*', 'after'),
    killed: restored,
    ended: restored,
  },
  {
    during: 'before the record',
    at: (trial) => trial.holdAt('mkdir', '*/restores'),
    killed: restored,
    ended: restored,
  },
  {
    during: 'before the oldest former database is dropped',
    killed: andOlder,
    ended: restored,
    at: (trial) => {
      trial.addPrevious('older');
      return trial.holdAt('psql', '*--set=db=shop_before*');
    },
  },
];

const already = 'request request is already carried out, nothing to do: the former database is "shop_before_request"';

export const signals: RestoreFaultGroup = {
  title: 'Restore: signals',
  faults: [
    ...stops.map(({ during, at, killed }, index) =>
      restoreFault(
        `SIGKILL ${during}`,
        {
          leaves: killed,
          status: 137,
          isTwin: index % 2 === 1,
          next: killed.may.includes('new') ? already : '== done: "shop" is now shop-20260101-020000',
        },
        async (trial) => {
          const run = await trial.restoreUntil(at(trial));
          run.kill('SIGKILL');
          return run.result;
        },
      ),
    ),

    restoreFault(
      'SIGKILL in the middle of the exchange of the names',
      { leaves: restored, status: 137, next: already },
      async (trial) => {
        const { run, pass } = await trial.restoreUntilExchange();
        run.kill('SIGKILL');
        const result = await run.result;
        pass();
        return result;
      },
    ),

    ...stops.map(({ during, at, ended = asItWas }, index) =>
      restoreFault(
        `SIGTERM ${during}`,
        {
          leaves: ended,
          isTwin: index % 2 === 0,
          ...(ended === restored
            ? { status: 0, says: '== done: "shop" is now shop-20260101-020000' }
            : { status: 143, says: 'restore: stopped by SIGTERM' }),
        },
        async (trial) => {
          const moment = at(trial);
          const run = await trial.restoreUntil(moment);
          run.kill('SIGTERM');
          moment.pass();
          return run.result;
        },
      ),
    ),

    restoreFault(
      'SIGTERM in the middle of the exchange of the names',
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      async (trial) => {
        const { run, pass } = await trial.restoreUntilExchange();
        run.kill('SIGTERM');
        pass();
        return run.result;
      },
    ),

    restoreFault(
      'SIGTERM while it waits for the service to let go',
      {
        leaves: asItWasAndProven,
        status: 143,
        says:
          'waiting for the service to close its sessions on "shop": scale it to 0 replicas…restore: stopped ' +
          'by SIGTERM',
      },
      async (trial) => {
        await connectService(trial);
        const run = trial.startRestore();
        await run.waitForOutput(/waiting for the service/);
        run.kill('SIGTERM');
        return run.result;
      },
    ),

    restoreFault(
      'SIGTERM while it waits for another restore',
      { leaves: asItWas, status: 143, says: 'waiting for it to end…restore: stopped by SIGTERM' },
      async (trial) => {
        const load = trial.holdLoad();
        const other = await trial.restoreUntil(load, { RESTORE_ACTION: 'rehearse' }, 'other');
        const run = trial.startRestore();
        await run.waitForOutput(/waiting for it to end/);
        run.kill('SIGTERM');
        const result = await run.result;
        load.pass();
        expect(await other.result).toMatchObject({ status: 0 });
        return result;
      },
    ),
  ],
};
