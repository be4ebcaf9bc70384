import { closedState, identifier } from '../../support/postgres/database-state';
import { restoreFault, type RestoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, asItWasAndProven, restored } from '../../support/faults/restore-leaves';
import type { Env } from '../../support/pods/instance';
import type { PodResult } from '../../support/pods/pod';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { connectService, startWriter, type Writer } from '../../support/faults/restore-services';

const WRITERS = 3;

/** A restore while services write, and connect again at once when they are cut off. */
async function besideWriters(trial: RestoreTrial, env: Env): Promise<PodResult> {
  const writers: Writer[] = [];
  for (let i = 0; i < WRITERS; i++) writers.push(await startWriter(trial));
  const result = await trial.restore(env);
  await Promise.all(writers.map((writer) => writer.stop()));
  const confirmed = Math.max(...writers.map((writer) => writer.confirmed));
  const rows = `SELECT count(*) FROM public.since_the_dump WHERE n = ${confirmed}`;
  if (result.status !== 0) {
    expect(trial.server.sql('shop', rows)).not.toBe('0');
    trial.settleDatabase();
  } else {
    const previous = trial.previousOf();
    trial.server.sql('postgres', `ALTER DATABASE ${identifier(previous)} ALLOW_CONNECTIONS true`);
    expect(trial.server.sql(previous, rows)).not.toBe('0');
    trial.live = { ...closedState(trial.server, previous), text: trial.live.text };
  }
  return result;
}

const inUse =
  '"shop" is still in use after … s, by:…postgres from 127.0.0.1 as a-service pid …Nothing was changed. What ' +
  'was proven stays in "shop_restore": ' +
  'stop the service (kubectl scale deployment/shop --replicas=0), then: … RESTORE_ACTION=cutover -o yaml';

const kept = (what: string, env: Env): RestoreFault =>
  restoreFault(
    `services write and connect again all the time, and ${what}`,
    {
      leaves: asItWasAndProven,
      status: 1,
      says: inUse,
    },
    (trial) => besideWriters(trial, { ...env, STOP_COMMAND: 'kubectl scale deployment/shop --replicas=0' }),
  );

export const sessions: RestoreFaultGroup = {
  title: 'Restore: services that are connected',
  faults: [
    restoreFault(
      'services write and connect again all the time, and are to be disconnected',
      {
        leaves: {
          ...restored,
          text: 'what the dump has; the one from before beside it, closed, with every row that was confirmed',
        },
        status: 0,
        says: '== done: "shop" is now shop-20260101-020000',
      },
      (trial) => besideWriters(trial, { RESTORE_SESSIONS: 'disconnect' }),
    ),
    kept('are waited for', { RESTORE_SESSIONS: 'wait', SESSIONS_TIMEOUT: '1' }),
    kept('are to stay', { RESTORE_SESSIONS: 'refuse' }),

    restoreFault(
      'a service sits in an open transaction, and is to be disconnected',
      {
        leaves: restored,
        status: 0,
        says: '== done: "shop" is now shop-20260101-020000',
      },
      async (trial) => {
        await connectService(trial, 'BEGIN; DELETE FROM projections.users; SELECT pg_sleep(600)');
        return trial.restore({ RESTORE_SESSIONS: 'disconnect' });
      },
    ),

    restoreFault(
      'a consumer of logical replication has a slot of the live database',
      {
        leaves: asItWasAndProven,
        status: 1,
        says:
          '"shop" is replicated, and what is restored would not be:…the logical replication slot cdc: stop its ' +
          "consumer, drop it with SELECT pg_drop_replication_slot('cdc')…Nothing was changed.",
      },
      async (trial) => {
        trial.server.sql('shop', "SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')");
        trial.afterwards(() => trial.server.sql('shop', "SELECT pg_drop_replication_slot('cdc')"));
        return trial.restore({ RESTORE_SESSIONS: 'disconnect' });
      },
    ),

    restoreFault(
      'what to do with services is misspelt',
      {
        leaves: asItWas,
        status: 1,
        says: 'RESTORE_SESSIONS (kill) is not one of wait, disconnect, refuse.',
      },
      (trial) => trial.restore({ RESTORE_SESSIONS: 'kill' }),
    ),
  ],
};
