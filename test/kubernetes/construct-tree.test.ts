import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, Chart, Cron, JsonPatch, Size, Testing } from 'cdk8s';
import { IConstruct } from 'constructs';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  BackupPvc,
  FluxKustomization,
  FluxSource,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
} from '../../src';
import { IdentityInternal } from '../../src/identity-internal/chart';
import { atEndOfFile } from '../support/machine/leftovers';
import { freshFolder } from '../support/machine/run-folder';
import { chart, database, Manifest, storage } from '../support/manifests/synth';

const root = join(__dirname, '../..');

function tree(construct: IConstruct, depth = 0): string[] {
  const kind = ApiObject.isApiObject(construct) ? ` (${construct.kind})` : '';
  return [
    `${'  '.repeat(depth)}${construct.node.id}${kind}`,
    ...construct.node.children.flatMap((child) => tree(child, depth + 1)),
  ];
}

test('the tree of the app reads like its chart', () => {
  expect(`\n${tree(new IdentityInternal(Testing.app(), 'identity-internal')).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    identity-internal
      secrets
        list (ConfigMap)
      storage
        claim (PersistentVolumeClaim)
      backup
        workload
          cron-job (CronJob)
      postgres-backup-checks-684fc90d7401e665
        files (ConfigMap)
      postgres-backup-scripts
        files (ConfigMap)
        lib (ConfigMap)
        sql (ConfigMap)
      restore
        workload
          cron-job (CronJob)
      drill
        proof (ConfigMap)
        workload
          isolation (NetworkPolicy)
          cron-job (CronJob)
      runbook
    "
  `);
});

/** Every construct of the library that stands for an object. */
function constructs(): Record<string, IConstruct> {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'expectations', { name: 'expected' });
  const claim = storage(scope);
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope),
    storage: claim,
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
  });
  const trigger = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: '0'.repeat(64), requestId: '42' });
  const alerts = new BackupAlerts(scope, 'alerts', { name: 'shop-alerts', backups: [backup] });
  return {
    secrets,
    claim,
    backup,
    restore: new RestoreJob(scope, 'restore', { name: 'shop-restore', backup }),
    once: new RestoreJob(scope, 'once', { name: 'shop-restore', backup, trigger }),
    drill: new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup }),
    alerts,
    dashboard: new BackupDashboard(scope, 'dashboard', { name: 'shop-dashboard', alerts }),
    flux: new FluxKustomization(new Chart(Testing.app(), 'flux', { namespace: 'flux-system' }), 'flux', {
      name: 'shop',
      path: './shop',
      source: FluxSource.gitRepository('flux-system'),
    }),
  };
}

test('ApiObject.of finds the object that each construct stands for', () => {
  const found = Object.entries(constructs()).map(([name, construct]) => {
    const { kind, name: object } = ApiObject.of(construct);
    return `${name}: ${kind} ${object}`;
  });
  expect(found).toEqual([
    'secrets: ConfigMap expected',
    'claim: PersistentVolumeClaim shop-backup',
    'backup: CronJob shop-backup',
    'restore: CronJob shop-restore',
    'once: Job shop-restore-42',
    'drill: CronJob shop-drill',
    'alerts: PrometheusRule shop-alerts',
    'dashboard: ConfigMap shop-dashboard',
    'flux: Kustomization shop',
  ]);
});

test('by ApiObject.of labels, annotations and what no prop covers can be set', () => {
  const object = ApiObject.of(constructs().backup!);
  object.metadata.addLabel('team', 'shop');
  object.metadata.addAnnotation('note', 'hello');
  object.addJsonPatch(JsonPatch.add('/spec/jobTemplate/spec/template/spec/hostname', 'backup'));
  const { metadata, spec } = object.toJson() as Manifest;
  expect(metadata.labels).toMatchObject({ team: 'shop', 'app.kubernetes.io/component': 'backup' });
  expect(metadata.annotations).toMatchObject({ note: 'hello', 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' });
  expect(spec.jobTemplate.spec.template.spec).toMatchObject({ hostname: 'backup', restartPolicy: 'Never' });
});

test('databases in a plain loop share the claim, the list of secrets and the scripts', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const claim = new BackupPvc(scope, 'storage', { name: 'backups', storageClassName: 'nfs', size: Size.gibibytes(5) });
  for (const name of ['shop', 'wiki', 'mail']) {
    const password = secrets.expectKey(`${name}-db`, 'password', {
      because: 'the backup and the restore log in with it',
    });
    const backup = new BackupCronJob(scope, `${name}-backup`, {
      name: `${name}-backup`,
      database: PostgresDatabase.at(`${name}-db`, {
        name,
        user: 'postgres',
        password,
        image: PostgresImage.alpine('17.2'),
      }),
      storage: claim,
      schedule: Cron.daily(),
      retention: Retention.keep({ daily: 7 }),
    });
    new RestoreJob(scope, `${name}-restore`, { name: `${name}-restore`, backup });
  }
  const all = Testing.synth(scope) as Manifest[];
  const cronJobs = all.filter(({ kind }) => kind === 'CronJob');
  expect(
    all
      .filter(({ kind }) => kind !== 'CronJob')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort(),
  ).toEqual([
    'ConfigMap shop-backup-scripts',
    'ConfigMap shop-backup-scripts-lib',
    'ConfigMap shop-backup-scripts-sql',
    'ConfigMap shop-expected-secrets',
    'PersistentVolumeClaim backups',
  ]);
  expect(cronJobs.map(({ metadata }) => metadata.name)).toEqual([
    'shop-backup',
    'shop-restore',
    'wiki-backup',
    'wiki-restore',
    'mail-backup',
    'mail-restore',
  ]);
  const folders = cronJobs.map(
    ({ spec }) =>
      spec.jobTemplate.spec.template.spec.containers[0].env.find(({ name }: { name: string }) => name === 'BACKUP_DIR')
        .value,
  );
  expect(folders).toEqual(['shop', 'shop', 'wiki', 'wiki', 'mail', 'mail'].map((name) => `/backups/${name}`));
});

test('with a second copy of constructs in the tree the manifests are the same', () => {
  const folder = freshFolder('two-constructs');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  // The library with a copy of its own, as npm installs it where versions do not fit; all else is the one that cdk8s
  // uses.
  const library = join(folder, 'library');
  const copies = join(library, 'node_modules');
  mkdirSync(copies, { recursive: true });
  for (const part of ['src', 'imports']) cpSync(join(root, part), join(library, part), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'constructs') symlinkSync(join(root, 'node_modules', name), join(copies, name));
  }
  cpSync(join(root, 'node_modules/constructs'), join(copies, 'constructs'), { recursive: true });
  writeFileSync(
    join(folder, 'main.ts'),
    `
    import * as ours from ${JSON.stringify(join(copies, 'constructs'))};
    import * as theirs from ${JSON.stringify(join(root, 'node_modules/constructs'))};
    import { KustomizedApp } from './library/src';
    import { IdentityInternal } from './library/src/identity-internal/chart';
    if (ours.Construct === theirs.Construct) throw new Error('there is one copy only');
    const app = new KustomizedApp({ outdir: 'dist' });
    const chart = new IdentityInternal(app, 'identity-internal');
    if (!(chart instanceof theirs.Construct) || !(chart.node.findChild('backup') instanceof ours.Construct)) throw new Error('the copies do not meet');
    app.synth();
  `,
  );
  execFileSync(process.execPath, ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), 'main.ts'], {
    cwd: folder,
    stdio: 'pipe',
  });
  const contents = (of: string) => readdirSync(of).map((file) => [file, readFileSync(join(of, file), 'utf8')]);
  expect(contents(join(folder, 'dist/identity-internal'))).toEqual(contents(join(root, 'dist/identity-internal')));
});
