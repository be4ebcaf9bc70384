import { fault, type Fault, type FaultGroup, type Outcome } from '../../support/faults/fault';
import { asBefore, newDump, stuck } from '../../support/faults/fault-leaves';
import type { Trial } from '../../support/faults/fault-trial';
import type { Env } from '../../support/pods/instance';
import { HttpListener, type Answer } from '../../support/machine/http-listener';
import type { PodResult } from '../../support/pods/pod';
import { becomesReadOnly, mountable } from './storage';

const unheard = 'warning: the heartbeat was not accepted. Is its URL right, and has the image wget?';

/** A run whose heartbeat goes to a listener. The Debian image has no wget: it says so. */
async function listening(
  trial: Trial,
  answer: Answer,
  heard: RegExp,
  run: (env: Env) => Promise<PodResult>,
): Promise<PodResult> {
  const listener = await HttpListener.start(answer);
  trial.atEnd(() => listener.close());
  const result = await run({ HEARTBEAT_URL: listener.url('/ok'), HEARTBEAT_FAILURE_URL: listener.url('/failed') });
  const posts = listener.posts();
  if (trial.userland === 'gnu' && posts.length === 0) expect(result.stderr).toContain(unheard);
  else expect(posts).toEqual([expect.stringMatching(heard)]);
  return result;
}

function beat(what: string, outcome: Outcome, answer: Answer, heard: RegExp, env: Env = {}): Fault {
  return fault(what, outcome, (trial) => listening(trial, answer, heard, (urls) => trial.backup({ ...urls, ...env })));
}

const success = /^POST \/ok shop-\d{8}-\d{6}\.dump is complete and verified: \d+ MB/;
const failure = /^POST \/failed the backup of shop failed$/;
const published = { leaves: newDump, status: 0 };

export const heartbeat: FaultGroup = {
  title: 'Backup: the heartbeat',
  faults: [
    beat(
      'nothing fails, and the monitor hears of it',
      { ...published, says: 'is complete and verified' },
      'accept',
      success,
    ),
    beat(
      'the backup fails, and the monitor hears of it',
      { leaves: asBefore, status: 1, says: 'no database "nowhere"' },
      'accept',
      failure,
      { PGDATABASE: 'nowhere' },
    ),
    fault(
      'the storage becomes read-only before the dump gets its name, and the monitor hears of it',
      {
        ...mountable,
        leaves: stuck,
        status: 1,
        says: 'Read-only file system…Earlier dumps are untouched.',
      },
      (trial) => listening(trial, 'accept', failure, (env) => becomesReadOnly(trial, env)),
    ),
    beat('the monitor answers with an error', { ...published, says: unheard }, 'error', success),
    beat('the monitor takes the request and never answers', { ...published, says: unheard }, 'hang', success),
    beat('the monitor answers a byte now and then, without an end', { ...published, says: unheard }, 'drip', success),
    fault('the monitor is down', { ...published, says: unheard }, (trial) =>
      trial.backup({ HEARTBEAT_URL: 'http://127.0.0.1:1/' }),
    ),
    fault('the URL is none', { ...published, says: unheard }, (trial) =>
      trial.backup({ HEARTBEAT_URL: '--version; $(id)' }),
    ),
  ],
};
