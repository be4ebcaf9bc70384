import type { Violations } from './fault-ledger';
import { expectRun, testGroup } from './fault-tests';
import {
  copied,
  type InBucket,
  noPrograms,
  type OffsiteFault,
  type OffsiteFaultGroup,
  type OffsiteSample,
  OffsiteTrial,
  takeOffsiteSample,
} from './offsite-trial';
import { isEverything } from '../machine/userlands';
import { said } from '../offsite/shop';

/** Tests of the faults of copies off site. */
export function testOffsiteFaults(group: OffsiteFaultGroup): void {
  testGroup(
    {
      component: 'offsite',
      prepare: async (server) => (noPrograms() === undefined ? takeOffsiteSample(server) : ({} as OffsiteSample)),
      begin: (server, userland, sample) => new OffsiteTrial(server, userland, sample),
      face,
      leak: 'secrets in logs, argv or the NAS',
    },
    group,
  );
}

async function face(
  { inject, leaves, status, says, next }: OffsiteFault,
  trial: OffsiteTrial,
  violations: Violations<'offsite'>,
  time: number,
): Promise<void> {
  const result = await inject(trial, time);
  await count(trial, leaves, violations);
  if (result.status === 0 && status !== 0) violations['failures reported as success']++;
  expectRun({ status: result.status, output: said(result) }, { status, says });
  await leaves.check(trial);
  expect(trial.dumpsNow()).toEqual(trial.dumpsBefore());
  await trial.repair();
  if (leaves.needsPerson || !(isEverything || leaves.isMet || next !== undefined)) return;
  const again = await trial.copy();
  const { then = copied } = leaves;
  await count(trial, then, violations);
  expectRun({ status: again.status, output: said(again) }, { status: 0, says: next });
  await then.check(trial);
}

async function count(trial: OffsiteTrial, { isForced }: InBucket, violations: Violations<'offsite'>): Promise<void> {
  violations['copies called good that cannot be restored'] += await trial.falselyGood();
  violations['objects overwritten'] += await trial.overwritten();
  if (!isForced) violations['plaintext in the bucket'] += await trial.plainObjects();
}
