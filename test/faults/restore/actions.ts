import { databaseNames, databaseState } from '../../support/postgres/database-state';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, asItWasAndProven, live, restored } from '../../support/faults/restore-leaves';
import type { PodResult } from '../../support/pods/pod';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { connectService } from '../../support/faults/restore-services';

const UNDO = { RESTORE_ACTION: 'undo' };
const CUTOVER = { RESTORE_ACTION: 'cutover' };

async function restore(trial: RestoreTrial, env = {}, request = 'restore'): Promise<void> {
  expect(await trial.restore(env, request)).toMatchObject({ status: 0 });
}

const backAgain = live('what it was before the restore; the restored one beside it, closed', (trial) => {
  expect(databaseState(trial.server, 'shop')).toEqual(trial.live);
  expect(databaseNames(trial.server)).toEqual(['shop', 'shop_before_request']);
});

export const actions: RestoreFaultGroup = {
  title: 'Restore: actions',
  faults: [
    restoreFault(
      'a restore is undone',
      { leaves: backAgain, status: 0, says: '== done: "shop" is now what was "shop_before_restore"' },
      async (trial) => {
        await restore(trial);
        return trial.restore(UNDO);
      },
    ),

    restoreFault(
      'a restore is undone, and that is undone',
      {
        leaves: restored,
        status: 0,
        says: '== done: "shop" is now what was "shop_before_undo"; the former database is "shop_before_request"',
      },
      async (trial) => {
        await restore(trial);
        await restore(trial, UNDO, 'undo');
        return trial.restore(UNDO);
      },
    ),

    restoreFault(
      'SIGKILL when undo has exchanged the names, and the same once more',
      {
        leaves: backAgain,
        status: 0,
        says: 'request request is already carried out, nothing to do',
      },
      async (trial) => {
        await restore(trial);
        const run = await trial.restoreUntil(trial.holdAt('psql', '*--set=previous=*', 'after'), UNDO);
        run.kill('SIGKILL');
        expect((await run.result).status).toBe(137);
        await trial.repair();
        return trial.restore(UNDO);
      },
    ),

    restoreFault(
      'there is nothing to undo',
      { leaves: asItWas, status: 1, says: 'there is no former database to go back to.' },
      (trial) => trial.restore(UNDO),
    ),

    restoreFault(
      'undo, while a service is connected',
      {
        leaves: { ...restored, check: () => {} },
        status: 1,
        says: '"shop" is still in use after 0 s, by:…a-service',
      },
      async (trial) => {
        await restore(trial);
        await connectService(trial);
        return trial.restore({ ...UNDO, RESTORE_SESSIONS: 'refuse' });
      },
    ),

    restoreFault(
      'cutover, and nothing is prepared',
      {
        leaves: asItWas,
        status: 1,
        says:
          'nothing is prepared: there is no "shop_restore" with a proven restore. Run RESTORE_ACTION=prepare ' +
          'first.',
      },
      (trial) => trial.restore(CUTOVER),
    ),

    restoreFault(
      'cutover, and what is there is not proven',
      {
        leaves: asItWas,
        status: 1,
        says:
          'nothing is prepared: there is no "shop_restore" with a proven restore. Run RESTORE_ACTION=prepare ' +
          'first.',
      },
      async (trial) => {
        trial.server.sql(
          'postgres',
          `CREATE DATABASE shop_restore; COMMENT ON DATABASE shop_restore IS 'cdk8s-postgres-backup: shop, ` +
            `loading shop-20260101-020000'`,
        );
        trial.afterwards(() => trial.server.sql('postgres', 'DROP DATABASE shop_restore'));
        return trial.restore(CUTOVER);
      },
    ),

    restoreFault(
      'prepare alone',
      {
        leaves: asItWasAndProven,
        status: 0,
        says: 'prepared: shop-20260101-020000.dump is in "shop_restore". Next: … RESTORE_ACTION=cutover -o yaml',
      },
      (trial) => trial.restore({ RESTORE_ACTION: 'prepare' }),
    ),

    restoreFault(
      'prepare, and cutover later',
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      async (trial) => {
        await restore(trial, { RESTORE_ACTION: 'prepare' });
        return trial.restore(CUTOVER);
      },
    ),

    restoreFault(
      'SIGKILL when cutover has exchanged the names, and the same once more',
      {
        leaves: restored,
        status: 0,
        says: 'request request is already carried out, nothing to do',
      },
      async (trial) => {
        await restore(trial, { RESTORE_ACTION: 'prepare' });
        const run = await trial.restoreUntil(trial.holdAt('psql', '*--set=previous=*', 'after'), CUTOVER);
        run.kill('SIGKILL');
        expect((await run.result).status).toBe(137);
        await trial.repair();
        return trial.restore(CUTOVER);
      },
    ),

    restoreFault(
      'rehearse',
      { leaves: asItWas, status: 0, says: 'rehearsed: shop-20260101-020000.dump can be restored' },
      (trial): Promise<PodResult> => trial.restore({ RESTORE_ACTION: 'rehearse' }),
    ),

    restoreFault(
      'the former databases are dropped',
      {
        leaves: live('what the dump has, alone', (trial) => {
          expect(databaseState(trial.server, 'shop').text).toBe(trial.dumped);
          expect(databaseNames(trial.server)).toEqual(['shop']);
        }),
        status: 0,
        says: 'dropped "shop_before_restore", a former database',
      },
      async (trial) => {
        await restore(trial);
        return trial.restore({ RESTORE_ACTION: 'drop-previous' });
      },
    ),

    restoreFault(
      'a former database cannot be dropped',
      {
        leaves: { ...restored, check: ({ server }) => expect(databaseNames(server)).toHaveLength(3) },
        status: 0,
        says:
          "cannot drop a template database…warning: a former database could not be dropped, see psql's " +
          'message above. RESTORE_ACTION=drop-previous tries again.…== done',
      },
      (trial) => {
        trial.addPrevious('older');
        trial.server.sql('postgres', 'ALTER DATABASE shop_before_older IS_TEMPLATE true');
        trial.afterwards(() => trial.server.sql('postgres', 'ALTER DATABASE shop_before_older IS_TEMPLATE false'));
        return trial.restore();
      },
    ),

    restoreFault(
      'the former databases are dropped, and there is none',
      { leaves: asItWas, status: 0, says: '== checks' },
      (trial) => trial.restore({ RESTORE_ACTION: 'drop-previous' }),
    ),
  ],
};
