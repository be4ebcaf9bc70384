import { manyDatabases } from '../test/support/manifests/many-databases';
import { plan } from '../src/plan/plan';
import { textReport } from '../src/plan/plan-text';
import { TreeReader } from '../src/plan/tree';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options('Medians of a plan of 1, 100 and 1,000 databases: of which one has changed, and all.', {
  rounds: 3,
});
const NOW = Date.UTC(2026, 10, 24, 1);

async function main(): Promise<void> {
  const tasks = [1, 100, 1000].flatMap((databases) => {
    const [before, after] = [manyDatabases(databases, 7), manyDatabases(databases, 3)];
    const one = {
      ...before,
      ...Object.fromEntries(Object.entries(after).filter(([file]) => file.startsWith('shop-0/'))),
    };
    return (
      [
        ['one', one],
        ['all', after],
      ] as const
    ).map(([changed, head]): [string, () => void] => [
      `${databases} databases, ${changed} changed`,
      () => {
        const reader = new TreeReader();
        textReport(plan(reader.of('base', before), reader.of('head', head), { now: NOW }), {
          color: false,
          columns: 120,
        });
      },
    ]);
  });
  const timed = Object.fromEntries(tasks.map(([name, task]) => [name, () => seconds(task)]));
  for (const [name, samples] of Object.entries(await rounds(chosen.rounds, timed)))
    console.log(`${name.padEnd(32)} ${median(samples).toFixed(2)} s`);
}

void main();
