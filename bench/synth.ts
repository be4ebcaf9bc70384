// usage: npm run bench:synth [-- ROUNDS]
// Medians of `cdk8s synth` as we run it and as the CLI's template would, alternating in one run, and the time of synth
// for 1, 100 and 1,000 databases in one app.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Cron, Size } from 'cdk8s';
import { BackupCronJob, BackupPvc, KustomizedApp, PostgresDatabase, PostgresImage, RestoreJob, Retention, SecretExpectations } from '../src';

const rounds = Number(process.argv[2] ?? 5);
const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));

function main(): void {
  const apps: Record<string, string> = {
    'ours (node --import tsx)': 'node --import tsx src/main.ts',
    'template (npx ts-node)': 'npx ts-node src/main.ts',
  };
  const seconds = alternate(apps, (app) => execFileSync('node_modules/.bin/cdk8s', ['synth', '--app', app, '--output', outdir], {
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' }, stdio: ['ignore', 'ignore', 'inherit'],
  }));
  const [ours, template] = Object.values(seconds) as [number, number];
  console.log(`cdk8s synth, medians of ${rounds}:`);
  for (const [name, median] of Object.entries(seconds)) console.log(`  ${name.padEnd(26)} ${median.toFixed(2)} s`);
  console.log(`  ours / template            ${(ours / template).toFixed(2)}`);

  const sizes = alternate({ 1: 1, 100: 100, 1000: 1000 }, synthesize);
  console.log(`databases in one app, medians of ${rounds}:`);
  for (const [count, median] of Object.entries(sizes)) {
    console.log(`  ${count.padStart(5)}  ${(median * 1000).toFixed(0).padStart(6)} ms  ${(median * 1000 / Number(count)).toFixed(2)} ms each`);
  }
}

/** Runs each task once a round, in turn, and returns the medians in seconds. */
function alternate<T>(tasks: Record<string, T>, run: (task: T) => unknown): Record<string, number> {
  const times = new Map(Object.keys(tasks).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      const begun = process.hrtime.bigint();
      run(task);
      times.get(name)!.push(Number(process.hrtime.bigint() - begun) / 1e9);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, values.sort((a, b) => a - b)[rounds >> 1]!]));
}

function synthesize(databases: number): void {
  const app = new KustomizedApp({ outdir });
  const chart = new Chart(app, 'databases', { namespace: 'databases' });
  const secrets = new SecretExpectations(chart, 'secrets');
  for (let i = 0; i < databases; i++) {
    const name = `db-${i}`;
    const database = PostgresDatabase.at(name, {
      name, user: 'postgres', password: secrets.expectKey(name, 'password', { because: 'login' }), image: PostgresImage.alpine('17.2'),
    });
    const storage = new BackupPvc(chart, `${name}-storage`, { name, storageClassName: 'nfs', size: Size.gibibytes(5) });
    const schedule = Cron.schedule({ minute: String(i % 60), hour: String(i % 24) });
    const backup = new BackupCronJob(chart, `${name}-backup`, { name, database, storage, schedule, retention: Retention.keep({ daily: 7 }) });
    new RestoreJob(chart, `${name}-restore`, { name: `${name}-restore`, backup });
  }
  app.synth();
}

try {
  main();
} finally {
  rmSync(outdir, { recursive: true });
}
