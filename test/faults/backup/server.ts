import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault, type FaultGroup } from '../../support/faults/fault';
import { asBefore, newDump } from '../../support/faults/fault-leaves';
import type { Trial } from '../../support/faults/fault-trial';
import type { PodResult } from '../../support/pods/pod';
import { TcpProxy } from '../../support/machine/tcp-proxy';

/** What fails while pg_dump stands still, with connections to the server open. */
async function midDump(trial: Trial, fail: () => unknown, env = {}): Promise<PodResult> {
  const dump = trial.holdDump();
  const run = await trial.startUntil(dump, env);
  await fail();
  return run.result;
}

async function proxy(trial: Trial, breakAfterBytes?: number): Promise<TcpProxy> {
  const made = await TcpProxy.to(trial.server.port, breakAfterBytes);
  trial.atEnd(() => made.close());
  return made;
}

const dumpFailed =
  'pg_dump failed, see its message above. The unfinished dump is thrown away. Earlier dumps are untouched.';

export const server: FaultGroup = {
  title: 'Backup: the server',
  faults: [
    fault(
      'the server is down',
      {
        leaves: asBefore,
        status: 1,
        says: 'no server accepts connections at … after 1 s. Check that its pod is running and ready.',
      },
      async (trial) => {
        trial.server.kill();
        trial.afterwards(() => trial.server.restart());
        return trial.backup({ SERVER_TIMEOUT: '1' });
      },
    ),

    fault(
      'the server comes up late',
      {
        leaves: newDump,
        status: 0,
        says: 'waiting for the server at … to accept connections',
      },
      async (trial) => {
        trial.server.kill();
        const run = trial.start();
        await run.waitForOutput(/waiting for the server/);
        await trial.server.restart();
        return run.result;
      },
    ),

    fault(
      'the server is starting: it recovers from its write-ahead log and takes no connections yet',
      {
        leaves: newDump,
        status: 0,
        says: 'waiting for the server at … to accept connections',
      },
      async (trial) => {
        const data = trial.server.sql('postgres', 'SHOW data_directory');
        const go = join(data, `go-${trial.userland}`);
        appendFileSync(
          join(data, 'postgresql.conf'),
          `restore_command = 'until [ -e ${go} ]; do sleep 0.05; done; false'\n`,
        );
        writeFileSync(join(data, 'recovery.signal'), '');
        const restarted = trial.server.restart();
        const run = trial.start();
        await run.waitForOutput(/waiting for the server/);
        writeFileSync(go, '');
        await restarted;
        return run.result;
      },
    ),

    fault(
      'the server is frozen: it takes connections and never answers',
      {
        leaves: asBefore,
        status: 1,
        says: 'no server accepts connections at … after 0 s. Check that its pod is running and ready.',
      },
      async (trial) => {
        const { pid } = trial.server;
        process.kill(pid, 'SIGSTOP');
        trial.afterwards(() => process.kill(pid, 'SIGCONT'));
        return trial.backup({ SERVER_TIMEOUT: '0' });
      },
    ),

    fault(
      'the password is wrong',
      {
        leaves: asBefore,
        status: 1,
        says:
          'password authentication failed for user "postgres"…cannot log in to … as postgres, see psql\'s message ' +
          'above. Is secret shop-db, key password its password?',
      },
      (trial) => {
        const password = 'once right, now not';
        trial.passwords.push(password);
        return trial.backup({ PGPASSWORD: password });
      },
    ),

    fault(
      'the password is missing',
      {
        leaves: asBefore,
        status: 1,
        says:
          'no password: secret shop-db, key password is missing or empty. Create it, e.g. by reconciling the Flux ' +
          'Kustomization that holds the secrets.',
      },
      (trial) => trial.backup({ PGPASSWORD: '' }),
    ),

    fault(
      'the database does not exist',
      {
        leaves: asBefore,
        status: 1,
        says: 'there is no database "nowhere" on …, or postgres may not connect to it. Earlier dumps are untouched.',
      },
      (trial) => trial.backup({ PGDATABASE: 'nowhere' }),
    ),

    ...[
      ['older', 12],
      ['newer', 99],
    ].map(([kind, version]) =>
      fault(
        `the client is ${kind} than the server`,
        {
          leaves: asBefore,
          status: 1,
          says:
            `the server is PostgreSQL …, the image has the tools of ${version}. Set the image's version to the ` +
            `server's: dump and restore need the same version.`,
        },
        (trial) => {
          trial.addTool(
            'pg_dump',
            `[ "$1" != --version ] || exec echo 'pg_dump (PostgreSQL) ${version}.1 (Debian ` +
              `${version}.1-1)'\nexec pg_dump "$@"`,
          );
          return trial.backup();
        },
      ),
    ),

    fault(
      'another session has locked a table',
      {
        leaves: asBefore,
        status: 1,
        says: `canceling statement due to statement timeout…LOCK TABLE…${dumpFailed}`,
      },
      (trial) => {
        trial.holdDump();
        return trial.backup({ LOCK_TIMEOUT: '300' });
      },
    ),

    fault(
      'the connection breaks in the middle of a table',
      {
        leaves: asBefore,
        status: 1,
        says: dumpFailed,
      },
      async (trial) => trial.backup({ PGPORT: String((await proxy(trial, 300_000)).port) }),
    ),

    fault(
      'the network breaks all connections at once',
      {
        leaves: asBefore,
        status: 1,
        says: dumpFailed,
      },
      async (trial) => {
        const network = await proxy(trial);
        return midDump(trial, () => network.reset(), { PGPORT: String(network.port) });
      },
    ),

    fault(
      'the server restarts during the dump',
      {
        leaves: asBefore,
        status: 1,
        says: `terminating connection due to administrator command…${dumpFailed}`,
      },
      (trial) => midDump(trial, () => trial.server.restart()),
    ),

    fault(
      'the server crashes during the dump',
      {
        leaves: asBefore,
        status: 1,
        says: `server closed the connection unexpectedly…${dumpFailed}`,
      },
      (trial) =>
        midDump(trial, () => {
          trial.server.kill();
          trial.afterwards(() => trial.server.restart());
        }),
    ),

    fault(
      'the server takes no new connections while the manifest is written',
      {
        leaves: asBefore,
        status: 1,
        says: 'Earlier dumps are untouched.',
      },
      async (trial) => {
        const allow = (answer: boolean): string =>
          trial.server.sql('shop', `ALTER DATABASE postgres ALLOW_CONNECTIONS ${answer}`);
        const described = trial.holdAt('pg_dumpall', '*', 'after');
        const run = await trial.startUntil(described);
        allow(false);
        trial.afterwards(() => allow(true));
        described.pass();
        return run.result;
      },
    ),
  ],
};
