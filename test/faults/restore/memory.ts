import { eventually } from '../../support/machine/eventually';
import { Instance } from '../../support/pods/instance';
import { MemoryLimit } from '../../support/machine/memory-limit';
import type { PodResult } from '../../support/pods/pod';
import { PostgresServer } from '../../support/postgres/postgres-server';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { live } from '../../support/faults/restore-leaves';
import { SessionClient } from '../../support/postgres/session-client';

/** The session of a service, before and after. */
const sessions: string[] = [];

/** More than a gigabyte, with indexes whose building takes all the memory that a session may have. */
const LARGE = `
  CREATE TABLE public.large (id bigint, t text, u text);
  INSERT INTO public.large SELECT i, md5(i::text), md5((-i)::text) || repeat('x', 60) FROM generate_series(1, 2200000) AS i;
  CREATE INDEX ON public.large (t);
  CREATE INDEX ON public.large (u text_pattern_ops);
  CREATE INDEX ON public.large (u, t)`;

export const memory: RestoreFaultGroup = {
  title: 'Restore: the memory of the server',
  faults: [
    restoreFault(
      'the server has a memory limit of 384Mi, and the database more than 1 GB',
      {
        impossible: MemoryLimit.impossible,
        userlands: ['gnu'],
        status: 0,
        says: 'prepared: ',
        leaves: live('as it was; its sessions were not cut', () => expect(sessions[1]).toBe(sessions[0])),
      },
      async (trial) => {
        const limit = new MemoryLimit(512 * 2 ** 20);
        trial.atEnd(() => limit.remove());
        const server = await PostgresServer.start({ memory: limit });
        trial.atEnd(() => server.stop());
        server.sql('postgres', 'CREATE DATABASE zitadel');
        server.sql('zitadel', LARGE);
        limit.set(384 * 2 ** 20);
        return backUpAndPrepare(server, new Instance(server, trial.userland));
      },
    ),
  ],
};

async function backUpAndPrepare(server: PostgresServer, instance: Instance): Promise<PodResult> {
  const client = new SessionClient(server, 'zitadel');
  const pid = (): string =>
    server.sql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = 'a-service'");
  try {
    await eventually('the service is connected', () => pid() !== '');
    sessions[0] = pid();
    expect(await instance.backup({ CHECKS_DIR: '' })).toMatchObject({ status: 0 });
    const result = await instance.restore({ CHECKS_DIR: '', RESTORE_ACTION: 'prepare' });
    sessions[1] = pid();
    return result;
  } finally {
    await client.stop();
  }
}
