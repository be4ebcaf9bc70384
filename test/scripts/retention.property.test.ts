import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeClaim } from '../support/pods/pod';
import { Random, randomCase, randomPolicy } from '../support/retention/retention-cases';
import { makeFolder, UID, writeDump } from '../support/retention/retention-folder';
import { Case, DAY, Dump, DumpState, kept, newest, Policy } from '../support/retention/retention-model';
import { nameOf, pruneFolders, removedBy, timeOf } from '../support/retention/retention-pod';
import { isEverything } from '../support/machine/userlands';

// Another seed tries other histories; the seed of a failure brings it back.
const SEED = process.env.RETENTION_SEED ?? 'first of many';
const HISTORIES = Number(process.env.RETENTION_HISTORIES ?? (isEverything ? 10_000 : 200));

const cases = Array.from({ length: HISTORIES }, (_, number) => randomCase(new Random(`${SEED}/${number}`)));
const some = cases.slice(0, isEverything ? 500 : 60);
const runs = some.map(nextRun);
let removed: number[][];
let removedBefore: number[][]; // before the next run, which goes by the same policy
let removedAfter: number[][]; // and after it

beforeAll(async () => {
  const answers = await removedBy([...cases, ...some.map(({ policy, dumps }) => ({ policy, dumps })), ...runs]);
  removed = answers.slice(0, cases.length);
  removedBefore = answers.slice(cases.length, cases.length + some.length);
  removedAfter = answers.slice(cases.length + some.length);
}, 300_000);

/** Fails with all that it takes to bring the failure back. */
function forEach(list: readonly Case[], finding: (item: Case, number: number) => string | undefined): void {
  list.forEach((item, number) => {
    const found = finding(item, number);
    if (found === undefined) return;
    const dumps = [...item.dumps].sort((a, b) => b.time - a.time).map(({ time, state }) => `${nameOf(time)} ${state}`);
    const current = item.current === undefined ? 'none' : nameOf(item.current);
    throw new Error(
      `RETENTION_SEED='${SEED}', history ${number}: ${found}\n${JSON.stringify(item.policy)}, this run's dump: ` +
        `${current}\n${dumps.join('\n')}`,
    );
  });
}

const names = (times: Iterable<number>): string => [...times].map((time) => nameOf(time)).join(', ');

function timesOf(dumps: readonly Dump[], ...states: DumpState[]): number[] {
  return dumps.filter(({ state }) => states.length === 0 || states.includes(state)).map(({ time }) => time);
}

const without = (dumps: readonly Dump[], times: readonly number[]): Dump[] =>
  dumps.filter(({ time }) => !times.includes(time));
const missing = (from: Iterable<number>, what: readonly number[]): number[] => {
  const set = new Set(from);
  return what.filter((time) => !set.has(time));
};
const rulesInUse = ({ daily, weekly, monthly, yearly }: Policy): number =>
  [daily, weekly, monthly, yearly].filter((count) => count > 0).length + 2;
const less = ({ last, daily, weekly, monthly, yearly }: Policy): Policy => ({
  last: last - 1,
  daily: Math.max(0, daily - 1),
  weekly: Math.max(0, weekly - 1),
  monthly: Math.max(0, monthly - 1),
  yearly: Math.max(0, yearly - 1),
  within: 0,
});

/** A success long after the last one, or somewhere between, as when the clock was wrong. */
function nextRun(item: Case, number: number): Case & { current: number } {
  const random = new Random(`${SEED}/next/${number}`);
  const times = timesOf(item.dumps);
  const [last = 0] = newest(1, times);
  let current = random.chance(0.7) ? last + random.int(1, 3000) * DAY : random.int(0, last / 1000) * 1000;
  while (times.includes(current)) current += 1000;
  return { policy: item.policy, dumps: [...item.dumps, { time: current, state: 'verified' }], current };
}

test(`of ${HISTORIES} random histories, pruning removes what the written rules do not keep, and nothing else`, () => {
  forEach(cases, (item, number) => {
    const stays = kept(item);
    const expected = timesOf(item.dumps)
      .filter((time) => !stays.has(time))
      .sort((a, b) => b - a);
    const actual = removed[number]!;
    return `${actual}` === `${expected}` ? undefined : `removed ${names(actual)}, by the rules: ${names(expected)}`;
  });
  // The histories are worth it: most of them lose something, and none loses everything.
  expect(removed.filter((times) => times.length > 0).length).toBeGreaterThan(HISTORIES / 2);
});

test('the newest KEEP_LAST, the newest KEEP_LAST verified and the dump of the run always stay', () => {
  forEach(cases, ({ policy, dumps, current }, number) => {
    const safe = [
      ...newest(policy.last, timesOf(dumps, 'verified', 'unverified')),
      ...newest(policy.last, timesOf(dumps, 'verified')),
    ];
    const lost = [...safe, current].filter((time) => time !== undefined && removed[number]!.includes(time)) as number[];
    return lost.length === 0 ? undefined : `removed ${names(lost)}`;
  });
});

test('pruning twice removes nothing more', async () => {
  const again = await removedBy(
    some.map((item, number) => ({ ...item, dumps: without(item.dumps, removed[number]!) })),
  );
  forEach(some, (_, number) =>
    again[number]!.length === 0 ? undefined : `the second time removed ${names(again[number]!)}`,
  );
});

test('a further dump removes at most one for each rule that counts, and brings none back', () => {
  forEach(runs, ({ policy, dumps, current }, number) => {
    const [latest = 0] = newest(
      1,
      timesOf(
        dumps.filter(({ time }) => time !== current),
        'verified',
      ),
    );
    const more = missing(removedBefore[number]!, removedAfter[number]!).filter(
      (time) => time <= latest - policy.within * DAY,
    );
    if (more.length > rulesInUse(policy)) return `removed ${names(more)}`;
    const back = missing(removedAfter[number]!, removedBefore[number]!);
    return back.length === 0 ? undefined : `brought back ${names(back)}`;
  });
});

test('the first dump after an outage of a year or more, however long, leaves what one less of each rule would keep', () => {
  forEach(runs, ({ policy, dumps, current }, number) => {
    const before = dumps.filter(({ time }) => time !== current);
    if (before.some(({ time }) => time > current! - 366 * DAY)) return undefined;
    const stays = kept({ policy: less(policy), dumps: before });
    const lost = removedAfter[number]!.filter((time) => stays.has(time));
    return lost.length === 0 ? undefined : `removed ${names(lost)}`;
  });
});

test('another script that leaves a later or an empty dump each day costs no verified dump', async () => {
  const disturbed = some.map((item, number) => {
    const random = new Random(`${SEED}/other script/${number}`);
    const times = new Set(timesOf(item.dumps));
    const others = item.dumps
      .filter(({ state }) => state === 'verified')
      .flatMap(({ time }): Dump[] => {
        const later = time + 1000 * random.int(1, 86_400);
        const isFree = Math.floor(later / DAY) === Math.floor(time / DAY) && !times.has(later) && times.add(later);
        return isFree ? [{ time: later, state: random.pick(['unverified', 'empty']) }] : [];
      });
    return { ...item, dumps: [...item.dumps, ...others] };
  });
  const answers = await removedBy(disturbed);
  forEach(disturbed, ({ dumps }, number) => {
    const verified = new Set(timesOf(dumps, 'verified'));
    const lost = missing(removed[number]!, answers[number]!).filter((time) => verified.has(time));
    return lost.length === 0 ? undefined : `removed ${names(lost)}`;
  });
});

test('pruning after every dump leaves what one pruning at the end leaves', async () => {
  const pruned = runs.map((run, number) => ({ ...run, dumps: without(run.dumps, removedBefore[number]!) }));
  const nightly = await removedBy(pruned);
  forEach(runs, ({ dumps }, number) => {
    const [once, twice] = [without(dumps, removedAfter[number]!), without(pruned[number]!.dumps, nightly[number]!)].map(
      (left) => names(timesOf(left)),
    );
    return once === twice ? undefined : `at once left ${once}, one after the other ${twice}`;
  });
});

test('making room for a dump removes nothing that pruning after it would keep', async () => {
  const coming = runs.map((run) => ({ ...run, dumps: run.dumps.filter(({ time }) => time !== run.current) }));
  const early = await removedBy(coming);
  forEach(coming, (_, number) => {
    const lost = missing(removedAfter[number]!, early[number]!);
    return lost.length === 0 ? undefined : `removed ${names(lost)}`;
  });
});

test('a policy that keeps more removes nothing that one that keeps less would keep', async () => {
  const more = some.map((item, number) => {
    const { last, daily, weekly, monthly, yearly, within } = randomPolicy(new Random(`${SEED}/more/${number}`));
    const { policy } = item;
    return {
      ...item,
      policy: {
        last: policy.last + last - 1,
        daily: policy.daily + daily,
        weekly: policy.weekly + weekly,
        monthly: policy.monthly + monthly,
        yearly: policy.yearly + yearly,
        within: policy.within + within,
      },
    };
  });
  const larger = await removedBy(more);
  forEach(more, (_, number) => {
    const lost = missing(removed[number]!, larger[number]!);
    return lost.length === 0 ? undefined : `removed ${names(lost)}`;
  });
});

test('400 years later, when the calendar repeats itself, the same dumps go', async () => {
  const cycle = 146_097 * DAY;
  const later = await removedBy(
    some.map(({ policy, dumps, current }) => ({
      policy,
      dumps: dumps.map((dump) => ({ ...dump, time: dump.time + cycle })),
      ...(current === undefined ? {} : { current: current + cycle }),
    })),
  );
  forEach(some, (_, number) => {
    const [now, then] = [names(removed[number]!), names(later[number]!.map((time) => time - cycle))];
    return now === then ? undefined : `now ${now}, then ${then}`;
  });
});

test('on real folders, neither the order nor the times of the files count', async () => {
  const prefixes = ['zitadel', 'a', 'app-test', 'caf%C3%A9', 'x-20260101-020000', '%2D-f', '1e5', 'A.b_c'];
  const folders = cases
    .slice(-24)
    .map((item, number) => ({ ...item, folder: `${number}/${prefixes[number % prefixes.length]}` }));
  await Promise.all(
    (['busybox', 'gnu'] as const).map(async (userland) => {
      const nas = makeClaim(UID);
      for (const { folder, dumps } of folders)
        writeShuffled(join(nas, folder), dumps, new Random(`${SEED}/files/${folder}`));
      await pruneFolders(userland, nas, folders);
      forEach(folders, (item, number) => {
        const left = readdirSync(join(nas, folders[number]!.folder))
          .filter((file) => file !== '.work')
          .sort();
        const stays = item.dumps.filter(({ time }) => kept(item).has(time)).sort((a, b) => a.time - b.time);
        const actual = left.filter((file) => file.endsWith('.dump')).map((file) => timeOf(file.replace(/\.dump$/, '')));
        if (`${actual}` !== `${timesOf(stays)}`)
          return `${userland} left ${names(actual)}, by the rules: ${names(timesOf(stays))}`;
        const files = stays.reduce((count, { state }) => count + (state === 'verified' ? 4 : 1), 1);
        return left.length === files ? undefined : `${userland} left the files ${left.join(', ')}`;
      });
    }),
  );
});

function writeShuffled(path: string, dumps: readonly Dump[], random: Random): void {
  makeFolder(path);
  for (const { time, state } of random.shuffled(dumps)) {
    const name = nameOf(time, basename(path));
    writeDump(path, name, state, random.chance(0.2) ? 'directory' : 'custom');
    utimesSync(join(path, `${name}.dump`), random.int(0, 2 ** 32), random.int(0, 2 ** 32));
  }
  writeFileSync(join(path, 'notes.txt'), 'not ours');
}
