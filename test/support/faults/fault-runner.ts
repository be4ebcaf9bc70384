import { createIdentityDatabase } from '../zitadel/identity-database';
import type { Fault, FaultGroup } from './fault';
import { isEverything } from '../machine/userlands';
import { dumpsOf, type Dumps } from './fault-checks';
import { contents } from './fault-contents';
import type { Violations } from './fault-ledger';
import { expectRun, testGroup } from './fault-tests';
import { takeSample, Trial } from './fault-trial';
import type { PodResult } from '../pods/pod';

const KILLED = 137;

/** Tests of the faults of a backup. */
export function testFaults(group: FaultGroup): void {
  testGroup(
    {
      component: 'backup',
      prepare: (server) => {
        createIdentityDatabase(server, 'shop');
        return takeSample(server);
      },
      begin: (server, userland, sample, fault: Fault) => new Trial(server, userland, sample, fault.cluster),
      face,
      leak: 'passwords leaked',
    },
    group,
  );
}

async function face(fault: Fault, trial: Trial, violations: Violations<'backup'>, time: number): Promise<void> {
  const result = await fault.inject(trial, time);
  const dumps = await dumpsOf(trial);
  await judge(trial, dumps, violations);
  const { work } = contents(trial.folder);
  if (result.status === 0 && fault.status !== 0 && fresh(trial, dumps).length === 0)
    violations['failures reported as success']++;
  expectOutcome(fault, trial, result);
  await trial.repair();
  await expectNoLock(trial);
  const isAnythingLeft = result.status === KILLED || work.length > 0;
  if (isEverything || isAnythingLeft || fault.next !== undefined) await expectNextRun(fault, trial, violations);
}

async function judge(trial: Trial, { good, bad }: Dumps, violations: Violations<'backup'>): Promise<void> {
  violations['bad dumps published'] += bad.filter((name) => !trial.damaged.has(name)).length;
  if (!good.includes(trial.earlier) && !trial.damaged.has(trial.earlier)) violations['last verified dump pruned']++;
}

function expectOutcome({ leaves, status, says }: Fault, trial: Trial, result: PodResult): void {
  expectRun(result, { status, says });
  leaves.check(trial.before, contents(trial.folder));
}

/** A session that dies with its pod takes a moment to notice. */
function expectNoLock({ server }: Trial): Promise<void> {
  return server.until('no lock is left', "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')");
}

async function expectNextRun({ next }: Fault, trial: Trial, violations: Violations<'backup'>): Promise<void> {
  const before = new Set(trial.instance.dumps());
  const result = await trial.backup({ PGDATABASE: 'shop' });
  expectRun(result, { status: 0, says: next });
  const dumps = await dumpsOf(trial);
  await judge(trial, dumps, violations);
  expect(dumps.good.filter((name) => !before.has(name))).toHaveLength(1);
  expect(contents(trial.folder).work).toEqual([]);
}

function fresh({ before }: Trial, { good }: Dumps): string[] {
  return good.filter((name) => !(`${name}.dump` in before.files));
}
