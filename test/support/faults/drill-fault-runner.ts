import { DrillTrial, takeDrillSample, type DrillFault, type DrillFaultGroup } from './drill-trial';
import { isEverything } from '../machine/userlands';
import type { Violations } from './fault-ledger';
import { expectRun, testGroup } from './fault-tests';

const KILLED = 137;
const REFUTED = 4;

/** Tests of the faults of a drill. */
export function testDrillFaults(group: DrillFaultGroup): void {
  testGroup(
    {
      component: 'drill',
      prepare: takeDrillSample,
      begin: (server, userland, sample) => new DrillTrial(server, userland, sample),
      face,
      leak: 'keys outside their file',
    },
    group,
  );
}

async function face(
  { inject, leaves, status, says, next }: DrillFault,
  trial: DrillTrial,
  violations: Violations<'drill'>,
  time: number,
): Promise<void> {
  const result = await inject(trial, time);
  const verdicts = trial.evidence().map(({ verdict }) => verdict);
  const isCalled = (verdict: string, code: number): boolean =>
    result.status === code || verdicts.includes(verdict as never);
  if (!leaves.isDumpGood && isCalled('proven', 0)) violations['bad dumps called proven']++;
  if (leaves.isDumpGood && isCalled('refuted', REFUTED)) violations['good dumps refuted']++;
  if (result.status === 0 && status !== 0) violations['failures reported as success']++;
  expectRun(result, { status, says });
  expect(verdicts.at(-1)).toBe(leaves.verdict);
  expect(trial.dumpsNow()).toEqual(trial.dumpsBefore());
  if (result.status !== KILLED) expect(trial.holds()).toEqual([]);
  await trial.repair();
  // A drill's server ends with its pod: only a drill that was stopped leaves anything that the next one meets.
  const isMet = isEverything || result.status === KILLED || next !== undefined;
  if (!leaves.isDumpGood || !isMet) return;
  const plain = await trial.drill();
  expectRun(plain, { status: 0, says: next });
  expect(trial.instance.evidence()).toMatchObject({
    verdict: 'proven',
    compared: 'rows and contents',
    structure: 'sound',
  });
}
