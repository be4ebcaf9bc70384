import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseNames, databaseState, oidOf } from '../postgres/database-state';
import { isEverything } from '../machine/userlands';
import type { Violations } from './fault-ledger';
import { expectRun, testGroup } from './fault-tests';
import type { PodResult } from '../pods/pod';
import type { RestoreFault, RestoreFaultGroup } from './restore-fault';
import { becameOf } from './restore-leaves';
import { RestoreTrial, takeRestoreSample } from './restore-trial';

const KILLED = 137;

type Counts = Violations<'restore'>;

/** Tests of the faults of a restore. */
export function testRestoreFaults(group: RestoreFaultGroup): void {
  testGroup(
    {
      component: 'restore',
      prepare: takeRestoreSample,
      begin: (server, userland, sample, fault: RestoreFault) =>
        new RestoreTrial(server, userland, sample, fault.cluster),
      face,
      leak: 'secrets in logs or argv',
    },
    group,
  );
}

async function face(fault: RestoreFault, trial: RestoreTrial, violations: Counts, time: number): Promise<void> {
  const result = await fault.inject(trial, time);
  const { last } = trial;
  await trial.repair();
  await trial.quiet();
  const became = becameOf(trial);
  judge(fault, result, became, violations);
  expectRun(result, fault);
  if (fault.leaves.may.length > 0) expect(fault.leaves.may).toContain(became);
  fault.leaves.check(trial);
  expect(trial.dumpsNow()).toEqual(trial.dumpsBefore());
  if (result.status !== KILLED) expect(holds(trial)).toEqual([]);
  const isTidy = result.status !== KILLED && isLeftTidy(trial, result, became);
  if (!isEverything && isTidy && fault.next === undefined) return;

  const wasHere = trial.pods.length > 0; // and not on a server of the fault's own
  const isDone = wasHere && (result.status === 0 || (result.status === KILLED && became === 'new'));
  if (isDone) await expectNothingMore(fault, trial, last, violations);
  await expectPlainRun(trial, isDone ? 'plain' : last.request, isDone ? '' : fault.next);
  expect(await trial.backup()).toMatchObject({ status: 0 });
}

/** Whether there are only the databases that a run leaves which met no fault. */
function isLeftTidy({ server }: RestoreTrial, { status }: PodResult, became?: 'old' | 'new'): boolean {
  const count = databaseNames(server).length;
  return (became === 'old' && count === 1) || (became === 'new' && count === 2 && status === 0);
}

function judge(
  { leaves, status }: RestoreFault,
  result: PodResult,
  became: 'old' | 'new' | undefined,
  violations: Counts,
): void {
  const isAllowed = became === 'old' || (became === 'new' && leaves.may.includes('new'));
  if (result.status !== 0 && leaves.may.length > 0 && !isAllowed)
    violations['live databases changed by a failed restore']++;
  const isDone = leaves.may.join() !== 'new' || became === 'new';
  if (result.status === 0 && (status !== 0 || !isDone)) violations['failures reported as success']++;
}

/** The same request once more. */
async function expectNothingMore(
  { next }: RestoreFault,
  trial: RestoreTrial,
  { env, request }: RestoreTrial['last'],
  violations: Counts,
): Promise<void> {
  const oid = oidOf(trial.server, trial.database);
  expectRun(await trial.restore(env, request), { status: 0, says: next });
  if (oidOf(trial.server, trial.database) !== oid) violations['restores run twice']++;
}

/** A restore without a fault brings back all of the dump, and leaves nothing lying about. */
async function expectPlainRun(trial: RestoreTrial, request: string, says?: string): Promise<void> {
  const { server, database } = trial;
  expectRun(await trial.restore(trial.plain, request), { status: 0, says });
  await trial.quiet();
  expect(databaseState(server, database).text).toBe(trial.dumped);
  expect(databaseNames(server)).toHaveLength(2);
  expect(JSON.parse(readFileSync(join(trial.folder, 'restores', `${request}.json`), 'utf8'))).toMatchObject({
    request,
    action: 'restore',
  });
}

function holds({ instance }: RestoreTrial): string[] {
  return instance.files().filter((file) => file.endsWith('.hold'));
}
