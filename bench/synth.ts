import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Cron, Duration, Size } from 'cdk8s';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  BackupFleet,
  BackupPvc,
  KustomizedApp,
  PostgresDatabase,
  PostgresImage,
  PostgresServer,
  RestoreJob,
  Retention,
  ScheduleWindow,
  SecretExpectations,
  Tls,
} from '../src';
import { manifestsOf } from '../src/manifests/manifest';
import { check } from '../src/policies/all';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  "Medians of `cdk8s synth` as we run it, without its policies, and as the CLI's template would, alternating " +
    'in one run, the time of synth and of the policies for 1, 100 and 1,000 databases in one app, and time and ' +
    'sizes of fleets of 10, 100 and 1,000 databases with backup, restore, drill, alerts and dashboard.',
  { rounds: 5 },
);
const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));

async function main(): Promise<void> {
  const ours = 'ours (node --import tsx)';
  const bare = 'ours without policies';
  const template = 'template (npx ts-node)';
  const commands = await medians({
    [ours]: () => cdk8sSynth('node --import tsx src/main.ts'),
    [bare]: () => cdk8sSynth('node --import tsx src/main.ts', '--no-validate'),
    [template]: () => cdk8sSynth('npx ts-node src/main.ts'),
  });
  console.log(`cdk8s synth, medians of ${chosen.rounds}:`);
  for (const [name, time] of Object.entries(commands)) console.log(`  ${name.padEnd(26)} ${time.toFixed(2)} s`);
  console.log(`  ours / template            ${(commands[ours]! / commands[template]!).toFixed(2)}`);
  console.log(`  policies / the rest        ${(commands[ours]! / commands[bare]! - 1).toFixed(2)}`);

  const sizes = await medians({ 1: () => synthesize(1), 100: () => synthesize(100), 1000: () => synthesize(1000) });
  console.log(`databases in one app, medians of ${chosen.rounds}:`);
  for (const [databases, time] of Object.entries(sizes)) {
    console.log(
      `  ${databases.padStart(5)}  ${(time * 1000).toFixed(0).padStart(6)} ms  ` +
        `${((time * 1000) / Number(databases)).toFixed(2)} ms each`,
    );
  }
  const objects = new Map([1, 100, 1000].map((databases) => [databases, synthesize(databases).toJson() as object[]]));
  const checks = await medians(
    Object.fromEntries([...objects].map(([databases, tree]) => [databases, () => policies(tree)])),
  );
  console.log(`the policies over these, medians of ${chosen.rounds}:`);
  for (const [databases, time] of Object.entries(checks))
    console.log(`  ${databases.padStart(5)}  ${(time * 1000).toFixed(0).padStart(6)} ms`);

  await fleets();
}

const SIZES = [10, 100, 1000];

/** A thousand databases may take a hundred times as long as ten, and be a hundred times as large. */
async function fleets(): Promise<void> {
  const charts = new Map<number, Chart>();
  const synth = await medians(
    Object.fromEntries(SIZES.map((databases) => [databases, () => charts.set(databases, fleet(databases))])),
  );
  const objects = new Map(SIZES.map((databases) => [databases, charts.get(databases)!.toJson() as Sized[]]));
  const checks = await medians(
    Object.fromEntries([...objects].map(([databases, tree]) => [databases, () => policies(tree)])),
  );
  console.log(`a fleet in one app, with restores, drills, alerts and dashboard, medians of ${chosen.rounds}:`);
  console.log('  databases  synth s  ms each  policies s  MiB  kB each  rules kB  dashboard kB  secrets kB');
  for (const [databases, tree] of objects) {
    const bytes = (kind: string, name = ''): number[] =>
      tree
        .filter((object) => kind === '' || (object.kind === kind && object.metadata.name === name))
        .map((object) => JSON.stringify(object).length);
    const sum = (sizes: number[]): number => sizes.reduce((all, size) => all + size, 0);
    const [time, all] = [synth[databases]!, sum(bytes(''))];
    const cells: [number, string][] = [
      [9, String(databases)],
      [7, time.toFixed(2)],
      [7, ((time * 1000) / databases).toFixed(2)],
      [10, checks[databases]!.toFixed(3)],
      [4, (all / 1024 / 1024).toFixed(1)],
      [7, (all / 1000 / databases).toFixed(1)],
      [8, (sum(bytes('PrometheusRule', 'shop-alerts')) / 1000).toFixed(1)],
      [12, (sum(bytes('ConfigMap', 'shop-dashboard')) / 1000).toFixed(1)],
      [10, (sum(bytes('ConfigMap', 'fleet-expected-secrets')) / 1000).toFixed(1)],
    ];
    console.log(`  ${cells.map(([width, cell]) => cell.padStart(width)).join('  ')}`);
  }
}

interface Sized {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function fleet(databases: number): Chart {
  const app = new KustomizedApp({ outdir });
  const chart = new Chart(app, 'fleet', { namespace: 'shop' });
  const secrets = new SecretExpectations(chart, 'secrets');
  const { backups, restores, drills } = new BackupFleet(chart, 'fleet', {
    name: 'shop-db',
    server: PostgresServer.at('shop-db', {
      user: 'postgres',
      password: secrets.expectKey('shop-db', 'password'),
      image: PostgresImage.alpine('17.2'),
      tls: Tls.disable(),
    }),
    databases: Array.from({ length: databases }, (_, index) => ({ name: `customer_${index}` })),
    storage: new BackupPvc(chart, 'storage', {
      name: 'shop-backup',
      storageClassName: 'nfs',
      size: Size.gibibytes(500),
    }),
    window: ScheduleWindow.between('20:00', '06:00'),
    backupOptions: { retention: Retention.keep({ daily: 7, weekly: 4 }), recoveryWindow: Duration.days(7) },
  });
  const alerts = new BackupAlerts(chart, 'alerts', { name: 'shop-alerts', backups, restores, drills });
  new BackupDashboard(chart, 'dashboard', { name: 'shop-dashboard', alerts });
  app.synth();
  return chart;
}

async function medians(tasks: Record<string, () => void>): Promise<Record<string, number>> {
  const timed = Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, () => seconds(task)]));
  return Object.fromEntries(
    Object.entries(await rounds(chosen.rounds, timed)).map(([name, samples]) => [name, median(samples)]),
  );
}

function cdk8sSynth(app: string, ...options: string[]): void {
  execFileSync('node_modules/.bin/cdk8s', ['synth', '--app', app, '--output', outdir, ...options], {
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function policies(objects: readonly object[]): void {
  const findings = check(objects.flatMap((object) => manifestsOf('databases.yaml', object)));
  // Notes are fine: nothing copies these dumps off site.
  const serious = findings.find(({ level }) => level !== 'note');
  if (serious !== undefined) throw new Error(`${serious.policy}: ${serious.path} ${serious.message}`);
}

function synthesize(databases: number): Chart {
  const app = new KustomizedApp({ outdir });
  const chart = new Chart(app, 'databases', { namespace: 'databases' });
  for (let i = 0; i < databases; i++) {
    const name = `db-${i}`;
    const secrets = new SecretExpectations(chart, `${name}-secrets`, { name: `${name}-expected-secrets` });
    const database = PostgresDatabase.at(name, {
      name,
      user: 'postgres',
      password: secrets.expectKey(name, 'password', { because: 'login' }),
      image: PostgresImage.alpine('17.2'),
      tls: Tls.disable(),
    });
    const storage = new BackupPvc(chart, `${name}-storage`, { name, storageClassName: 'nfs', size: Size.gibibytes(5) });
    const schedule = Cron.schedule({ minute: String(i % 60), hour: String(i % 24) });
    const backup = new BackupCronJob(chart, `${name}-backup`, {
      name,
      database,
      storage,
      schedule,
      retention: Retention.keep({ daily: 7 }),
    });
    new RestoreJob(chart, `${name}-restore`, { name: `${name}-restore`, backup });
  }
  app.synth();
  return chart;
}

main().finally(() => rmSync(outdir, { recursive: true }));
