import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Manifest } from '../support/manifests/synth';
import { parse, parseAllDocuments } from 'yaml';
import { readManifests } from '../../src/manifests/read';
import { check } from '../../src/policies/all';

const root = join(__dirname, '../..');
const dist = join(root, 'dist/identity-internal');

/** Every file of a folder with its text. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

function manifest(file: string): Manifest {
  return parse(readFileSync(join(dist, file), 'utf8'));
}

test('dist/ is what synth writes', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    execFileSync(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
      cwd: root,
      env: { ...process.env, CDK8S_OUTDIR: outdir },
    });
    const folders = readdirSync(outdir);
    expect(readdirSync(join(root, 'dist'))).toEqual(folders);
    for (const folder of folders) expect(contents(join(root, 'dist', folder))).toEqual(contents(join(outdir, folder)));
  } finally {
    rmSync(outdir, { recursive: true });
  }
});

test('kustomization.yaml lists every manifest of the folder', () => {
  const { resources } = parse(readFileSync(join(dist, 'kustomization.yaml'), 'utf8'));
  expect([...resources, 'RUNBOOK.md', 'kubectl-pgbackup', 'kustomization.yaml'].sort()).toEqual(
    readdirSync(dist).sort(),
  );
});

(hasKubectl() ? test : test.skip)('kustomize builds the folder', () => {
  const built = parseAllDocuments(execFileSync('kubectl', ['kustomize', dist], { encoding: 'utf8' }));
  expect(built.map((document) => document.toJS().kind).sort()).toEqual([
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'ConfigMap',
    'CronJob',
    'CronJob',
    'CronJob',
    'NetworkPolicy',
    'PersistentVolumeClaim',
  ]);
});

test('no name that the cluster or the NAS remembers changes by accident', () => {
  const claim = manifest('PersistentVolumeClaim.zitadel-backup.yaml');
  expect(claim.metadata).toMatchObject({ name: 'zitadel-backup', namespace: 'identity-internal' });
  expect(claim.spec).toEqual({
    accessModes: ['ReadWriteMany'],
    storageClassName: 'nfs-client',
    resources: { requests: { storage: '50Gi' } },
  });
  const backup = manifest('CronJob.zitadel-db-backup.yaml');
  expect(backup.metadata).toMatchObject({ name: 'zitadel-db-backup', namespace: 'identity-internal' });
  expect(backup.spec).toMatchObject({ schedule: '0 2 * * *', timeZone: 'Etc/UTC', suspend: false });
  expect(manifest('CronJob.zitadel-db-restore.yaml').spec.suspend).toBe(true);
  const container = backup.spec.jobTemplate.spec.template.spec.containers[0];
  expect(container.image).toBe('postgres:16.4-alpine');
  const env = Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
  );
  expect(env).toMatchObject({
    PGHOST: 'zitadel-db',
    PGPORT: '5432',
    PGUSER: 'postgres',
    PGDATABASE: 'zitadel',
    BACKUP_DIR: '/backups/zitadel',
    KEEP_DAILY: '7',
    KEEP_WEEKLY: '4',
  });
  expect(parse(manifest('ConfigMap.zitadel-expected-secrets.yaml').data['secrets.yaml'])).toMatchObject([
    { secret: 'zitadel-secret', key: 'masterkey', bytes: 32, sameAsDump: true },
    { secret: 'sops-age', key: 'age.agekey', namespace: 'flux-system' },
    { secret: 'iam-admin' },
    { secret: 'iam-admin-pat' },
    { secret: 'login-client' },
    { secret: 'zitadel-db-secret', key: 'POSTGRES_PASSWORD' },
  ]);
});

test(
  'what needs the CRDs of the Prometheus operator is in a folder of its own, and the backup is applied without ' +
    'them',
  () => {
    expect(readdirSync(dist).filter((file) => file.startsWith('PrometheusRule'))).toEqual([]);
    expect(readdirSync(join(root, 'dist/identity-internal-monitoring'))).toEqual([
      'ConfigMap.zitadel-backup-dashboard.yaml',
      'PrometheusRule.zitadel-backup-alerts.yaml',
      'kustomization.yaml',
    ]);
  },
);

test('applying dist/ creates no Namespace, no Secret and nothing that runs by itself but the backup and the drill', () => {
  const kinds = readdirSync(dist).map((file) => file.split('.')[0]);
  expect(new Set(kinds)).toEqual(
    new Set([
      'ConfigMap',
      'CronJob',
      'NetworkPolicy',
      'PersistentVolumeClaim',
      'RUNBOOK',
      'kubectl-pgbackup',
      'kustomization',
    ]),
  );
  const running = readdirSync(dist).filter((file) => file.startsWith('CronJob.') && !manifest(file).spec.suspend);
  expect(running).toEqual(['CronJob.zitadel-db-backup.yaml', 'CronJob.zitadel-db-drill.yaml']);
});

test('dist/ breaks no policy but for notes: its server, in the same namespace, does not encrypt, and nothing copies its dumps off site', () => {
  const manifests = readdirSync(dist)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => readManifests(file, contents(dist)[file]!));
  expect(manifests).toHaveLength(readdirSync(dist).filter((file) => file.endsWith('.yaml')).length);
  expect(check(manifests).map(({ level, policy, resource }) => `${level} ${policy} ${resource.name}`)).toEqual([
    'note offsite-copy zitadel-db-backup',
    'note tls zitadel-db-backup',
    'note tls zitadel-db-restore',
  ]);
});

test('the rules name objects of dist/, and these alone are in what the alerts tell people to type', () => {
  const texts = manifest('../identity-internal-monitoring/PrometheusRule.zitadel-backup-alerts.yaml')
    .spec.groups[0].rules.flatMap(({ expr, annotations = {} }: Manifest) => [expr, annotations.description])
    .join('\n');
  const typed = [...texts.matchAll(/(cronjob|pvc)\/(\S+( \S+ }})?)/g)].map(([, kind, name]) => `${kind} ${name}`);
  expect(new Set(typed)).toEqual(new Set(['cronjob {{ $labels.cronjob }}', 'pvc {{ $labels.persistentvolumeclaim }}']));
  const named = [
    ...[...texts.matchAll(/"cronjob", "([a-z-]+)"|cronjob="([a-z-]+)"/g)].map(([, a, b]) => `cronjob ${a ?? b}`),
    ...[...texts.matchAll(/persistentvolumeclaim="([a-z-]+)"/g)].map(([, name]) => `pvc ${name}`),
  ];
  const files = new Map([
    ['cronjob', 'CronJob'],
    ['pvc', 'PersistentVolumeClaim'],
  ]);
  expect(new Set(named)).toEqual(
    new Set([
      'cronjob zitadel-db-backup',
      'cronjob zitadel-db-drill',
      'cronjob zitadel-db-restore',
      'pvc zitadel-backup',
    ]),
  );
  expect(
    named.filter(
      (object) => !readdirSync(dist).includes(`${files.get(object.split(' ')[0]!)}.${object.split(' ')[1]}.yaml`),
    ),
  ).toEqual([]);
  const namespaces = texts.match(/kubectl -n ({{.*?}}|\S+)/g)!;
  expect(new Set(namespaces)).toEqual(new Set(['kubectl -n {{ $labels.namespace }}', 'kubectl -n identity-internal']));
  expect(new Set(texts.match(/namespace="[^"]*"/g))).toEqual(new Set(['namespace="identity-internal"']));
});

test('the library knows nothing of this instance', () => {
  const library = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && !join(entry.parentPath, entry.name).includes('identity-internal') && entry.name !== 'main.ts',
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  expect(library.join('\n')).not.toMatch(/zitadel|identity-internal/i);
});

function hasKubectl(): boolean {
  return spawnSync('kubectl', ['kustomize', '--help']).status === 0;
}
