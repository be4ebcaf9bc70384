import { databaseNames, dropDatabase } from '../../support/postgres/database-state';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, live, restored } from '../../support/faults/restore-leaves';
import type { RestoreTrial } from '../../support/faults/restore-trial';

const already = 'request request is already carried out, nothing to do';
const waiting = 'another restore of this database is running, waiting for it to end: the lock is held by …, since …';

/** Another user's database of that name, and whether it still is what it was. */
function somebodys(trial: RestoreTrial, name: string): () => void {
  trial.server.sql('postgres', `CREATE DATABASE ${name}`);
  trial.server.sql(name, 'CREATE TABLE theirs AS SELECT 1 AS n');
  trial.afterwards(() => dropDatabase(trial.server, name));
  return () => expect(trial.server.sql(name, 'SELECT n FROM theirs')).toBe('1');
}

export const concurrency: RestoreFaultGroup = {
  title: 'Restore: several runs',
  faults: [
    restoreFault(
      'two restores at once',
      {
        leaves: {
          ...restored,
          text: 'what the dump has; those from before either restore beside it, closed',
          check: ({ server }) => expect(databaseNames(server)).toHaveLength(3),
        },
        status: 0,
        says: waiting,
      },
      async (trial) => {
        const load = trial.holdLoad();
        const first = await trial.restoreUntil(load, { KEEP_PREVIOUS: '2' }, 'first');
        const second = trial.startRestore({ KEEP_PREVIOUS: '2' });
        await second.waitForOutput(/waiting for it to end/);
        load.pass();
        expect(await first.result).toMatchObject({ status: 0 });
        return second.result;
      },
    ),

    restoreFault(
      'the same request twice at once',
      { leaves: restored, status: 0, says: `${waiting}…${already}` },
      async (trial) => {
        const load = trial.holdLoad();
        const first = await trial.restoreUntil(load);
        const second = trial.startRestore();
        await second.waitForOutput(/waiting for it to end/);
        load.pass();
        expect(await first.result).toMatchObject({ status: 0 });
        return second.result;
      },
    ),

    restoreFault(
      'the same request twice, and the service has gone on in between',
      {
        leaves: live('the restored one, with what was written since', ({ server }) =>
          expect(server.sql('shop', 'SELECT n FROM public.since_the_restore')).toBe('1'),
        ),
        status: 0,
        says: already,
      },
      async (trial) => {
        expect(await trial.restore()).toMatchObject({ status: 0 });
        trial.server.sql('shop', 'CREATE TABLE public.since_the_restore AS SELECT 1 AS n');
        return trial.restore();
      },
    ),

    restoreFault(
      'the same request again when the former database is dropped',
      {
        leaves: live('the restored one, with what was written since', ({ server }) =>
          expect(server.sql('shop', 'SELECT n FROM public.since_the_restore')).toBe('1'),
        ),
        status: 0,
        says: `${already}: see /backups/shop/restores/request.json`,
      },
      async (trial) => {
        expect(await trial.restore()).toMatchObject({ status: 0 });
        expect(await trial.restore({ RESTORE_ACTION: 'drop-previous' }, 'drop')).toMatchObject({ status: 0 });
        trial.server.sql('shop', 'CREATE TABLE public.since_the_restore AS SELECT 1 AS n');
        return trial.restore();
      },
    ),

    restoreFault(
      "the name of a request was that of another dump's",
      {
        leaves: asItWas,
        status: 1,
        says:
          'the request request was used before, see /backups/shop/restores/request.json. Use another name for the ' +
          'Job.',
      },
      (trial) => {
        trial.put(
          'restores/request.json',
          '{\n  "request": "request",\n  "action": "restore",\n  "dump": "shop-20250101-020000",\n}\n',
        );
        trial.afterwards(() => trial.put('restores/request.json', ''));
        return trial.restore();
      },
    ),

    restoreFault(
      'a backup runs while rows are loaded',
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      async (trial) => {
        const load = trial.holdLoad();
        const run = await trial.restoreUntil(load, { RESTORE_DUMP: trial.earlier });
        expect(await trial.backup()).toMatchObject({ status: 0 });
        trial.plain = { RESTORE_DUMP: trial.earlier };
        trial.settle();
        load.pass();
        return run.result;
      },
    ),

    restoreFault(
      'a backup would prune the dump that is being loaded',
      { leaves: restored, status: 0, says: 'chose shop-20250101-020000' },
      async (trial) => {
        const old = trial.addDump('20250101-020000');
        const load = trial.holdLoad();
        const run = await trial.restoreUntil(load, { RESTORE_DUMP: old });
        const pruning = await trial.instance.prune({ KEEP_LAST: '1', KEEP_DAILY: '0', KEEP_WEEKLY: '0' });
        expect(pruning.output).toContain(`left ${old}, although no rule of the retention keeps it: it is held`);
        load.pass();
        return run.result;
      },
    ),

    restoreFault(
      "the name for what is loaded is that of another user's database",
      {
        leaves: { ...asItWas, text: 'as it was, and so is theirs' },
        status: 1,
        says:
          'there is a database "shop_restore" that no restore made. Rename or drop it: the dump is loaded under ' +
          'that name.',
      },
      async (trial) => {
        const expectTheirs = somebodys(trial, 'shop_restore');
        const result = await trial.restore();
        expectTheirs();
        return result;
      },
    ),

    restoreFault(
      "the name for the former database is that of another user's database",
      {
        leaves: { ...asItWas, text: 'as it was, and so is theirs' },
        status: 1,
        says:
          'there is a database "shop_before_request", but not from restoring shop-20260101-020000: the request ' +
          'request was used before. Use another name for the Job.',
      },
      async (trial) => {
        const expectTheirs = somebodys(trial, 'shop_before_request');
        const result = await trial.restore();
        expectTheirs();
        return result;
      },
    ),

    restoreFault(
      "the name for what is loaded is that of a killed run's",
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      (trial) => {
        trial.server.sql(
          'postgres',
          `CREATE DATABASE shop_restore; COMMENT ON DATABASE shop_restore IS 'cdk8s-postgres-backup: shop, ` +
            `loading shop-20250101-020000'`,
        );
        trial.server.sql('shop_restore', 'CREATE TABLE public.half AS SELECT 1');
        return trial.restore();
      },
    ),

    restoreFault(
      'the name for what is loaded is that of an empty database',
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      (trial) => {
        trial.server.sql('postgres', 'CREATE DATABASE shop_restore');
        return trial.restore();
      },
    ),
  ],
};
