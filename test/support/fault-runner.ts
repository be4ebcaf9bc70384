import { createIdentityDatabase } from './identity-database';
import { eventually } from './eventually';
import { pattern, type Fault, type FaultGroup } from './fault';
import { dumpsOf, type Dumps } from './fault-checks';
import { contents } from './fault-contents';
import { NO_VIOLATIONS, record, type Violations } from './fault-ledger';
import { takeSample, Trial, type Sample } from './fault-trial';
import type { PodResult } from './pod';
import { PostgresServer } from './postgres-server';
import { SecretWatch } from './secret-watch';

/** Tests of all faults of a group, under both shells. */
export function testFaults({ title, faults }: FaultGroup): void {
  let server: PostgresServer;
  let sample: Sample;
  beforeAll(async () => {
    server = await PostgresServer.start({ settings: { max_prepared_transactions: '2' } });
    createIdentityDatabase(server, 'shop');
    sample = await takeSample(server);
  });
  afterAll(() => server.stop());

  describe.each(['ash', 'dash'] as const)(`${title}, under %s`, (shell) => {
    for (const fault of faults) {
      const reason = fault.impossible?.();
      if (reason !== undefined) record({ case: `${title}: ${fault.name}, under ${shell}`, skipped: reason });
      (reason === undefined ? test : test.skip)(fault.name, async () => {
        const violations = { ...NO_VIOLATIONS };
        try {
          await face(fault, new Trial(server, shell, sample, fault.cluster), violations);
        } finally {
          record({ case: `${title}: ${fault.name}, under ${shell}`, violations });
        }
        expect(violations).toEqual(NO_VIOLATIONS);
      });
    }
  });
}

/** Makes the fault and compares what comes of it, then does a plain run. */
async function face(fault: Fault, trial: Trial, violations: Violations): Promise<void> {
  const watch = new SecretWatch(trial.passwords);
  try {
    const result = await fault.inject(trial);
    const dumps = await dumpsOf(trial);
    await judge(trial, dumps, violations);
    if (result.status === 0 && fault.status !== 0 && fresh(trial, dumps).length === 0) violations['failures reported as success']++;
    expectOutcome(fault, trial, result);
    await trial.repair();
    await expectNoLock(trial);
    await expectNextRun(fault, trial, violations);
  } finally {
    await trial.end().finally(() => watch.stop());
    for (const pod of trial.pods) watch.lookAt('the output of a pod', pod.output());
    watch.lookAtFolder(trial.instance.nas);
    violations['passwords leaked'] += watch.leaks.size;
    if (watch.leaks.size > 0) console.error(`A password is in ${[...watch.leaks].join(' and in ')}.`);
  }
}

async function judge(trial: Trial, { good, bad }: Dumps, violations: Violations): Promise<void> {
  violations['bad dumps published'] += bad.filter((name) => !trial.damaged.has(name)).length;
  if (!good.includes(trial.earlier) && !trial.damaged.has(trial.earlier)) violations['last verified dump pruned']++;
}

function expectOutcome({ leaves, status, says }: Fault, trial: Trial, result: PodResult): void {
  expect({ status: result.status, output: result.output }).toEqual({ status, output: expect.stringMatching(pattern(says ?? '')) });
  leaves.check(trial.before, contents(trial.folder));
}

/** A session that dies with its pod takes a moment to notice. */
async function expectNoLock({ server }: Trial): Promise<void> {
  const count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
  await eventually('no lock is left', () => server.sql('postgres', count) === '0');
}

async function expectNextRun({ next }: Fault, trial: Trial, violations: Violations): Promise<void> {
  const before = new Set(trial.instance.dumps());
  const result = await trial.backup({ PGDATABASE: 'shop' });
  expect({ status: result.status, output: result.output }).toEqual({ status: 0, output: expect.stringMatching(pattern(next ?? '')) });
  const dumps = await dumpsOf(trial);
  await judge(trial, dumps, violations);
  expect(dumps.good.filter((name) => !before.has(name))).toHaveLength(1);
  expect(contents(trial.folder).work).toEqual([]);
}

function fresh({ before }: Trial, { good }: Dumps): string[] {
  return good.filter((name) => !(`${name}.dump` in before.files));
}
