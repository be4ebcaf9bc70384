import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { atEndOfFile } from '../support/machine/leftovers';
import { say } from '../support/machine/machine';
import { Random, randomHistory, randomPolicy } from '../support/retention/retention-cases';
import { Case, Policy } from '../support/retention/retention-model';
import { nameOf, removedBy } from '../support/retention/retention-pod';
import { freshFolder, memoryFolder } from '../support/machine/run-folder';
import { Grouping, Restic, Snapshot } from './restic';

const SEED = process.env.RETENTION_SEED ?? 'first of many';
const random = new Random(`${SEED}/oracle`);

const policies: Policy[] = [
  { last: 1, daily: 7, weekly: 4, monthly: 0, yearly: 0, within: 0 },
  { last: 1, daily: 0, weekly: 52, monthly: 0, yearly: 0, within: 0 },
  ...Array.from({ length: 22 }, () => randomPolicy(random)),
];

/** Each snapshot belongs to three histories: that of its tag, the longer one of its host, and the whole. */
function someSnapshots(): Snapshot[] {
  const snapshots = new Map<number, Snapshot>();
  for (let history = 0; history < 16; history++) {
    for (const { time } of randomHistory(random, 16)) {
      snapshots.set(time, { time, tag: `history-${history}`, host: `host-${random.int(1, 5)}` });
    }
  }
  return [...snapshots.values()];
}

test('pruning keeps the dumps whose snapshots restic forget keeps', async () => {
  const folder = freshFolder('restic', memoryFolder());
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  const restic = new Restic(folder);
  await restic.init();
  const snapshots = someSnapshots();
  say(`Making ${snapshots.length} snapshots with ${(await restic.version()).trim()} ...`);
  await inParallel(snapshots, (snapshot) => restic.backup(snapshot));

  const questions = policies.flatMap((policy) =>
    (['tags', 'host', ''] as const).map((grouping) => ({ policy, grouping })),
  );
  const pairs: { case: Case; restic: Set<number> }[] = [];
  await inParallel(questions, async ({ policy, grouping }) => {
    for (const [history, kept] of await restic.kept(policy, grouping)) {
      const times = snapshots.filter((snapshot) => historyOf(snapshot, grouping) === history).map(({ time }) => time);
      pairs.push({ case: { policy, dumps: times.map((time) => ({ time, state: 'verified' })) }, restic: kept });
    }
  });

  const removed = await removedBy(pairs.map((pair) => pair.case));
  const differences = pairs.flatMap(({ case: { policy, dumps }, restic: kept }, number) => {
    const ours = dumps.map(({ time }) => time).filter((time) => !removed[number]!.includes(time));
    const [onlyOurs, onlyRestic] = [
      ours.filter((time) => !kept.has(time)),
      [...kept].filter((time) => !ours.includes(time)),
    ].map((times) => times.map((time) => nameOf(time)));
    return onlyOurs!.length + onlyRestic!.length === 0
      ? []
      : [{ policy, onlyOurs, onlyRestic, dumps: dumps.map(({ time }) => nameOf(time)).sort() }];
  });
  say(`${pairs.length} pairs, ${differences.length} differences`);
  expect(pairs.length).toBeGreaterThan(500);
  expect({ SEED, differences }).toEqual({ SEED, differences: [] });
});

function historyOf({ tag, host }: Snapshot, grouping: Grouping): string {
  return { tags: tag, host, '': '' }[grouping];
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
