import { Disk, noDisk } from '../../support/storage/disk';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, asItWasAndLoaded, asItWasAndProven, type Live } from '../../support/faults/restore-leaves';
import type { Moment } from '../../support/faults/fault-trial';
import type { PodResult } from '../../support/pods/pod';
import { SERVER_USER } from '../../support/postgres/postgres-template';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { freshFolder } from '../../support/machine/run-folder';

/** What fails at a moment of a restore. */
async function atMoment(trial: RestoreTrial, moment: Moment, fail: () => unknown): Promise<PodResult> {
  const run = await trial.restoreUntil(moment);
  await fail();
  moment.pass();
  return run.result;
}

/** What ends all sessions while rows are loaded. */
async function whileLoading(trial: RestoreTrial, fail: () => unknown): Promise<PodResult> {
  const run = await trial.restoreUntil(trial.holdLoad());
  await fail();
  return run.result;
}

/** The power fails, and is back before the next run. */
function crash(trial: RestoreTrial): void {
  // What comes after it in the log of the server would let sequences skip some values.
  trial.server.sql('postgres', 'CHECKPOINT');
  trial.server.kill();
  trial.afterwards(() => trial.server.restart());
}

function stop(trial: RestoreTrial): Promise<void> {
  trial.afterwards(() => trial.server.restart());
  return trial.server.halt();
}

const loadFailed = 'pg_restore failed, see its message above. "shop" is untouched.';
const noExchange =
  'the names could not be exchanged, see the message above. "shop" is as it was; what was proven stays in ' +
  '"shop_restore". Stop the service (scale it to 0 replicas), then: … RESTORE_ACTION=cutover -o yaml';

/** The live database on a small disk of the server's. */
async function onSmallDisk(trial: RestoreTrial): Promise<Disk> {
  const { server } = trial;
  const folder = freshFolder('disk');
  const disk = Disk.ofMemory(folder, 64, SERVER_USER.uid, 'server');
  const unshare = server.share(folder);
  await server.restart();
  server.sql('postgres', `CREATE TABLESPACE small LOCATION '${folder}'`);
  server.sql('postgres', 'ALTER DATABASE shop SET TABLESPACE small');
  trial.settleDatabase();
  trial.dumped = trial.dumped.replace(/^CREATE DATABASE shop .*(?=;)/m, '$& TABLESPACE = small');
  trial.atEnd(async () => {
    trial.dropAll();
    server.sql('postgres', 'DROP TABLESPACE small');
    unshare();
    await server.restart();
    disk.remove();
  });
  trial.afterwards(() => disk.freeAgain());
  return disk;
}

const interrupted: Live = {
  ...asItWasAndLoaded,
  text: 'as it was; what is loaded so far stays beside it until the next run',
};

export const server: RestoreFaultGroup = {
  title: 'Restore: the server',
  faults: [
    restoreFault(
      'the server is down',
      {
        leaves: asItWas,
        status: 1,
        says: 'no server accepts connections at … after 1 s. Check that its pod is running and ready.',
      },
      (trial) => {
        crash(trial);
        return trial.restore({ SERVER_TIMEOUT: '1' });
      },
    ),

    restoreFault(
      'the password is wrong',
      {
        leaves: asItWas,
        status: 1,
        says:
          'password authentication failed for user "postgres"…cannot log in to … as postgres, see psql\'s message ' +
          'above. Is secret shop-db, key password its password?',
      },
      (trial) => {
        const password = 'once right, now not';
        trial.passwords.push(password);
        return trial.restore({ PGPASSWORD: password });
      },
    ),

    restoreFault(
      'the password is missing',
      {
        leaves: asItWas,
        status: 1,
        says: 'no password: secret shop-db, key password is missing or empty.',
      },
      (trial) => trial.restore({ PGPASSWORD: '' }),
    ),

    restoreFault(
      'the tools are those of another version',
      {
        leaves: asItWas,
        status: 1,
        says:
          "the server is PostgreSQL …, the image has the tools of 12. Set the image's version to the server's: " +
          'dump and restore need the same version.',
      },
      (trial) => {
        trial.addTool(
          'pg_dump',
          `[ "$1" != --version ] || exec echo 'pg_dump (PostgreSQL) 12.1 (Debian 12.1-1)'\nexec pg_dump "$@"`,
        );
        return trial.restore();
      },
    ),

    restoreFault(
      'the server restarts while rows are loaded',
      {
        leaves: interrupted,
        status: 1,
        says: `terminating connection due to administrator command…${loadFailed}`,
      },
      (trial) => whileLoading(trial, () => stop(trial)),
    ),

    restoreFault(
      'the server crashes while rows are loaded',
      {
        leaves: interrupted,
        status: 1,
        says: `server closed the connection unexpectedly…${loadFailed}`,
      },
      (trial) => whileLoading(trial, () => crash(trial)),
    ),

    restoreFault(
      'another user ends the sessions that load',
      {
        leaves: asItWas,
        status: 1,
        says: `terminating connection due to administrator command…${loadFailed}`,
      },
      (trial) =>
        whileLoading(trial, () =>
          trial.server.sql(
            'postgres',
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop_restore'",
          ),
        ),
    ),

    restoreFault(
      'the server restarts before the names are exchanged',
      {
        leaves: asItWasAndProven,
        status: 1,
        says: noExchange,
      },
      (trial) => atMoment(trial, trial.holdAt('psql', '*--set=previous=*'), () => stop(trial)),
    ),

    restoreFault(
      'the server crashes in the middle of the exchange of the names',
      {
        leaves: asItWasAndProven,
        status: 1,
        says: noExchange,
      },
      async (trial) => {
        const { run } = await trial.restoreUntilExchange();
        crash(trial);
        return run.result;
      },
    ),

    restoreFault(
      'another user ends the session that holds the lock',
      {
        leaves: asItWasAndProven,
        status: 1,
        says: 'the session that holds the lock has ended: the server restarted or dropped it. Run this again.',
      },
      (trial) =>
        atMoment(trial, trial.holdLoad(), () =>
          trial.server.sql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"),
        ),
    ),

    restoreFault(
      'another user drops what was loaded before it is proved',
      {
        leaves: asItWas,
        status: 1,
        says:
          'database "shop_restore" does not exist…"shop_restore" could not be read, see psql\'s message above. ' +
          '"shop" is untouched. Run this again.',
      },
      (trial) =>
        atMoment(trial, trial.holdAt('psql', '*--set=excluded=*'), () =>
          trial.server.sql('postgres', 'DROP DATABASE shop_restore WITH (FORCE)'),
        ),
    ),

    restoreFault(
      'another user holds a transaction prepared on the live database',
      {
        leaves: asItWasAndProven,
        status: 1,
        says:
          '"shop" has prepared transactions, which keep it from being renamed. Commit or roll them back: ' +
          'pg_prepared_xacts.',
      },
      (trial) => {
        trial.server.sql('shop', "BEGIN; CREATE TABLE public.half (id int); PREPARE TRANSACTION 'half'");
        trial.afterwards(() => trial.server.sql('shop', "ROLLBACK PREPARED 'half'"));
        return trial.restore({ RESTORE_SESSIONS: 'disconnect' });
      },
    ),

    restoreFault(
      'the server has no room for a second copy',
      {
        leaves: asItWas,
        status: 1,
        impossible: noDisk,
        says: 'the server has … MB free, and a second copy of "shop" needs about … MB.',
      },
      async (trial) => {
        (await onSmallDisk(trial)).fill(6_000_000);
        return trial.restore();
      },
    ),

    restoreFault(
      'the server has no room for a second copy, and it is tried all the same',
      {
        leaves: asItWas,
        status: 1,
        impossible: noDisk,
        says: 'RESTORE_IGNORE=space is set: going on.…No space left on device…"shop" is untouched.',
      },
      async (trial) => {
        (await onSmallDisk(trial)).fill(200_000);
        return trial.restore({ RESTORE_IGNORE: 'space' });
      },
    ),

    restoreFault(
      'another program takes the room of the server while rows are loaded',
      {
        leaves: asItWas,
        status: 1,
        impossible: noDisk,
        says:
          `No space left on device…${loadFailed} Free space on the server: it holds a second copy until the ` +
          'restore is done.',
      },
      async (trial) => {
        const disk = await onSmallDisk(trial);
        return atMoment(trial, trial.holdLoad(), () => disk.fill());
      },
    ),
  ],
};
