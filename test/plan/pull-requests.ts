import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  BackupPvc,
  Isolation,
  NamespaceGuard,
  type NamespaceGuardProps,
  NetworkPeer,
  PostgresDatabase,
  PostgresImage,
  RestoreCheck,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';
import type { PlanOptions } from '../../src/plan/comparison';
import { readListing } from '../../src/plan/listing';
import { type Plan, plan } from '../../src/plan/plan';
import { type Tree, TreeReader } from '../../src/plan/tree';
import { edited, type Files, filesOf, shop, type ShopProps } from '../support/manifests/shop-tree';
import { written } from '../support/secrets/flux-repo';

/** Files of a folder, or what a tool has rendered. */
export type Side = Files | string;

/** A pull request as people make them. */
export interface PullRequest {
  /** What a careful engineer would write of it, written before the plan was seen. */
  readonly sentences: readonly [string, string, string];
  readonly base: () => Side;
  readonly head: () => Side;
  readonly options?: Partial<PlanOptions>;
}

const GIBIBYTE = 2 ** 30;
const BACKUP = 'CronJob.shop-db-backup.yaml';
const RESTORE = 'CronJob.shop-db-restore.yaml';
const DRILL = 'CronJob.shop-db-drill.yaml';
const CLAIM = 'PersistentVolumeClaim.shop-backup.yaml';
const PRUNE_GUARD = /( +)kustomize.toolkit.fluxcd.io\/prune: disabled\n/;
const WORKLOADS = [BACKUP, RESTORE, DRILL];

const keep = (rules: Parameters<typeof Retention.keep>[0], more: ShopProps = {}): ShopProps => ({
  ...more,
  backup: { ...more.backup, retention: Retention.keep(rules) },
});

const at = (hour: string, minute: string, more: object = {}): Cron => Cron.schedule({ hour, minute, ...more });

/** Replaces in every file, also in their names. */
const everywhere = (files: Files, what: RegExp, by: string): Files =>
  Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file.replace(what, by), text.replaceAll(new RegExp(what, 'g'), by)]),
  );

const without = (files: Files, gone: (file: string) => boolean): Files =>
  Object.fromEntries(Object.entries(files).filter(([file]) => !gone(file)));

const below = (folder: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]));

/** Without the guards that keep what has disappeared from Git. */
const prunable = (files: Files): Files => edited(files, CLAIM, [PRUNE_GUARD, '']);

function guard(props: Partial<NamespaceGuardProps> = {}): Files {
  const chart = new Chart(Testing.app(), 'guard');
  new NamespaceGuard(chart, 'guard', {
    name: 'shop-guard',
    namespace: 'shop',
    claims: ['shop-backup', 'data-shop-db-0'],
    statefulSets: ['shop-db'],
    ...props,
  });
  return below('guard', filesOf(chart));
}

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n';
const DATABASE = 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: shop-db\n  namespace: shop\n';

const isolated = (peer: NetworkPeer): ShopProps => ({
  backup: { isolation: Isolation.exceptFor({ database: peer }) },
});

/** Where the password is. */
const login = (secret: string, key: string): ShopProps => ({ login: [secret, key] });

/** A second database in the namespace, with all that belongs to it. */
const orders: ShopProps = {
  more: (chart) => {
    const secrets = new SecretExpectations(chart, 'order-secrets', { name: 'orders-expected-secrets' });
    const database = PostgresDatabase.at('orders-db', {
      name: 'orders',
      user: 'postgres',
      image: PostgresImage.alpine('17.2'),
      tls: Tls.require(),
      password: secrets.expectKey('orders-db', 'password', { because: 'the backup of the orders logs in with it' }),
    });
    const backup = new BackupCronJob(chart, 'orders-backup', {
      name: 'orders-db-backup',
      database,
      storage: new BackupPvc(chart, 'orders-storage', {
        name: 'orders-backup',
        storageClassName: 'nfs',
        size: Size.gibibytes(10),
      }),
      schedule: at('3', '0'),
      retention: Retention.keep({ daily: 7 }),
    });
    new RestoreJob(chart, 'orders-restore', { name: 'orders-db-restore', backup });
    new RestoreDrill(chart, 'orders-drill', { name: 'orders-db-drill', backup });
  },
};

const monitored: ShopProps = {
  more: (chart, backup) => {
    const alerts = new BackupAlerts(chart, 'alerts', { name: 'shop-alerts', backups: [backup] });
    new BackupDashboard(chart, 'dashboard', { name: 'shop-dashboard', alerts });
  },
};

/** As `helm template` prints a chart that wraps the manifests. */
const helm = (files: Files, version: string): string =>
  Object.entries(files)
    .map(
      ([file, text]) =>
        `---\n# Source: shop/templates/${file}\n${text.replace(/^( +)(app.kubernetes.io\/managed-by: )cdk8s/gm, `$1$2Helm\n$1helm.sh/chart: shop-${version}`)}`,
    )
    .join('');

const OVERLAY = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

/** A base, and an overlay that keeps so many daily dumps, as kustomize reads them. */
export const overlay = (daily: number): Files => ({
  ...below('base', shop()),
  'base/kustomization.yaml': `${OVERLAY}resources:\n${Object.keys(shop())
    .map((file) => `  - ${file}\n`)
    .join('')}`,
  'prod/kustomization.yaml':
    `${OVERLAY}resources: [../base]\nlabels: [{ pairs: { env: prod } }]\npatches:\n  - patch: |\n      apiVersion: ` +
    'batch/v1\n      kind: CronJob\n      metadata: { name: shop-db-backup, namespace: shop }\n      spec: ' +
    '{ jobTemplate: { spec: { template: { spec: { containers: [{ name: backup, env: [{ name: KEEP_DAILY, value: ' +
    `"${daily}" }] }] } } } } }\n`,
});

const kustomized = (files: Files): string =>
  execFileSync('kubectl', ['kustomize', join(written(files), 'prod')], { encoding: 'utf8' });

const check = (name: string): RestoreCheck => RestoreCheck.sql({ name, query: 'SELECT true', expect: 't' });

const LISTING = readListing(
  Array.from(
    { length: 20 },
    (_, day) => `-rw-r--r-- 1 70 70 1000000000 Nov 20 02:03 shop-202611${String(1 + day).padStart(2, '0')}-020000.dump`,
  ).join('\n'),
  'listing',
);

const reader = new TreeReader();
const treeOf = (name: string, side: Side): Tree =>
  typeof side === 'string' ? reader.ofStream(name, side) : reader.of(name, side);

export function treesOfPullRequest({ base, head }: PullRequest): [Tree, Tree] {
  return [treeOf('main', base()), treeOf('change', head())];
}

export function planOfPullRequest(one: PullRequest, now: number): Plan {
  return plan(...treesOfPullRequest(one), { now, ...one.options });
}

/** In the order of what they touch. */
export const PULL_REQUESTS: { readonly [name: string]: PullRequest } = {
  'retention-halved': {
    sentences: [
      'The next run deletes the dumps between the 7th and the 14th day, which are named.',
      'You can go back less far by days, and as far as before by weeks.',
      'The claim was too small for 14 days, and the dumps still do not fit, but they need less than before.',
    ],
    base: () => shop(keep({ daily: 14, weekly: 4 })),
    head: () => shop(keep({ daily: 7, weekly: 4 })),
    options: { dumpSize: 2.3 * GIBIBYTE },
  },
  'retention-doubled': {
    sentences: [
      'Nothing is deleted: you can go back 14 days by days once there are as many dumps.',
      'The dumps then need more than the claim has, which a backup notices only when it is full.',
      'Grow the claim first, or keep fewer.',
    ],
    base: () => shop(keep({ daily: 7, weekly: 4 })),
    head: () => shop(keep({ daily: 14, weekly: 4 })),
    options: { dumpSize: 1.5 * GIBIBYTE },
  },
  'schedule-moved': {
    sentences: [
      'The backup runs at 14:00 UTC instead of 02:00.',
      'Nothing is deleted, and how far back you can go stays the same.',
      'Between the last run at night and the first one at noon, up to 36 hours are at stake once.',
    ],
    base: () => shop(),
    head: () => shop({ backup: { schedule: at('14', '0') } }),
  },
  'schedule-weekly': {
    sentences: [
      'A week of writes is lost at worst, instead of a day.',
      'The daily rule has a dump per week to keep only, so there are fewer restore points, further apart.',
      'No dump is deleted by the next run that would stay without the change.',
    ],
    base: () => shop(),
    head: () => shop({ backup: { schedule: at('2', '0', { weekDay: '1' }) } }),
  },
  'namespace-renamed': {
    sentences: [
      'The backup, the restore and the drill move to the namespace store, and begin with an empty claim; the dumps ' +
        'stay behind on the claim shop/shop-backup, where nothing looks for them.',
      'The host shop-db has no namespace in its name, so it now means the Service shop-db in the namespace store.',
      'The Secrets must be made in the namespace store as well, before the merge.',
    ],
    base: () => shop(),
    head: () => everywhere(shop(), /namespace: shop\n/, 'namespace: store\n'),
  },
  'claim-renamed': {
    sentences: [
      'The new claim shop/shop-dumps is empty: every dump stays behind on the claim shop/shop-backup.',
      'Until the next run, a restore finds no dump.',
      'The old claim stays in the cluster, since Flux must not prune it; copy the dumps before it is deleted by hand.',
    ],
    base: () => shop(),
    head: () => shop({ storage: { name: 'shop-dumps' } }),
  },
  'backup-renamed': {
    sentences: [
      'The CronJob of the backup gets another name, and writes into the same folder: no dump is lost.',
      'Flux deletes the old CronJob with its Jobs and logs; a run that is under way ends.',
      'Alerts and scripts that name the old CronJob must be changed.',
    ],
    base: () => shop(),
    head: () => shop({ backup: { name: 'shop-nightly' } }),
  },
  'chart-renamed': {
    sentences: [
      'Only the ConfigMaps of the scripts get another name; the workloads follow them.',
      'Nothing is lost, and no dump is touched.',
      'What is in the ConfigMaps is the same.',
    ],
    base: () => shop(),
    head: () => everywhere(shop(), /shop-backup-scripts/, 'store-backup-scripts'),
  },
  'folder-renamed': {
    sentences: [
      'The backup begins anew in an empty folder of the same claim.',
      'The dumps in the old folder stay, nothing prunes them, and no restore finds them by itself.',
      'Move them into the new folder before the next run, or accept that there is nothing to restore until then.',
    ],
    base: () => shop(),
    head: () => shop({ backup: { folder: 'store' } }),
  },
  'claim-grown': {
    sentences: [
      'The claim in the cluster stays as large as it is, since Flux only creates it.',
      'Resize it by kubectl as well, or set resizableFromGit.',
      'With 40 GiB the dumps would fit, which they do not today.',
    ],
    base: () => shop(),
    head: () => shop({ storage: { size: Size.gibibytes(40) } }),
    options: { dumpSize: 2.3 * GIBIBYTE },
  },
  'claim-grown-from-git': {
    sentences: [
      'The claim grows to 40 GiB, if its storage class allows that.',
      'The dumps fit then.',
      'Nothing else changes.',
    ],
    base: () => shop({ storage: { resizableFromGit: true } }),
    head: () => shop({ storage: { resizableFromGit: true, size: Size.gibibytes(40) } }),
    options: { dumpSize: 2.3 * GIBIBYTE },
  },
  'claim-shrunk': {
    sentences: [
      'Kubernetes refuses to shrink a claim, so Flux applies nothing of the Kustomization from then on.',
      'With force, the claim is deleted with the dumps.',
      'The dumps would not fit on 10 GiB either.',
    ],
    base: () => shop({ storage: { resizableFromGit: true } }),
    head: () => shop({ storage: { resizableFromGit: true, size: Size.gibibytes(10) } }),
    options: { dumpSize: 1.2 * GIBIBYTE },
  },
  'storage-class-changed': {
    sentences: [
      'The claim in the cluster keeps its storage class, since Flux only creates it.',
      'A fresh cluster gets the other class, so the two differ from now on.',
      'To move the dumps, make a claim of another name and copy them.',
    ],
    base: () => shop(),
    head: () => shop({ storage: { storageClassName: 'ceph' } }),
  },
  'image-minor': {
    sentences: [
      'All three workloads run the tools of PostgreSQL 17.4 instead of 17.2.',
      'That is a minor version: existing dumps stay restorable.',
      'Nothing else changes.',
    ],
    base: () => shop(),
    head: () => shop({ database: { image: PostgresImage.alpine('17.4') } }),
  },
  'image-major': {
    sentences: [
      'The tools are those of PostgreSQL 18, and the server must be as well: a backup refuses a server of 17.',
      'Merge it together with the upgrade of the server, and not before.',
      'The dumps of 17 can be restored into 18, but not the other way round.',
    ],
    base: () => shop(),
    head: () => shop({ database: { image: PostgresImage.alpine('18.1') } }),
  },
  'database-added': {
    sentences: [
      'The database orders gets a backup at 03:00, a template for restores and a drill, on a claim of its own.',
      'At worst a day of its writes is lost.',
      'The Secret orders-db with the key password must exist before.',
    ],
    base: () => shop(),
    head: () => shop(orders),
  },
  'database-removed': {
    sentences: [
      'The database orders is not backed up any more, and has no template for restores and no drill.',
      'Its dumps stay on the claim shop/orders-backup, which Flux leaves in the cluster though it is gone from Git.',
      'Nothing prunes them; delete the claim by hand once they are not needed.',
    ],
    base: () => shop(orders),
    head: () => shop(),
  },
  'secret-key-renamed': {
    sentences: [
      'The password is read from the key POSTGRES_PASSWORD of the Secret shop-db, and not from its key password.',
      'Put the new key into the Secret before the merge, or every backup and restore fails.',
      'The password itself may stay the same.',
    ],
    base: () => shop(),
    head: () => shop(login('shop-db', 'POSTGRES_PASSWORD')),
  },
  'password-secret-changed': {
    sentences: [
      'The password is read from the Secret shop-backup-login, and not from shop-db.',
      'Put that Secret into Git, encrypted, before the merge, or every backup and restore fails.',
      'Nothing else is read from it.',
    ],
    base: () => shop(),
    head: () => shop(login('shop-backup-login', 'password')),
  },
  'network-policy-opened': {
    sentences: [
      'The pods of the backup may connect to any address, and not only to the database and to DNS.',
      'They hold the dump and the password, so what breaks into them could send both out.',
      'Nothing changes for the dumps.',
    ],
    base: () => shop(isolated(NetworkPeer.pods({ app: 'shop-db' }))),
    head: () => shop(isolated(NetworkPeer.addresses(['0.0.0.0/0']))),
  },
  'network-policy-narrowed': {
    sentences: [
      'The pods of the backup may connect to the database and to DNS only.',
      'If the labels are not those of the pods of the server, every backup fails at its first connection.',
      'Nothing changes for the dumps.',
    ],
    base: () => shop(isolated(NetworkPeer.addresses(['0.0.0.0/0']))),
    head: () => shop(isolated(NetworkPeer.pods({ app: 'shop-db' }))),
  },
  'drill-removed': {
    sentences: [
      'No drill proves any more that the dumps of shop can be restored.',
      'The first real restore is then the first proof.',
      'The backups go on as before.',
    ],
    base: () => shop(),
    head: () => shop({ drill: false }),
  },
  suspended: {
    sentences: [
      'The backup does not run any more until somebody resumes it.',
      'What is written after the newest dump is lost in an incident, without a limit.',
      'Existing dumps stay, since nothing prunes.',
    ],
    base: () => shop(),
    head: () => shop({ backup: { suspend: true } }),
  },
  resumed: {
    sentences: [
      'The backup runs again, the next time at 2026-11-24 02:00 UTC.',
      'That run applies the retention to the 20 dumps of the listing, and deletes those that no rule keeps.',
      'From then on a day is lost at worst.',
    ],
    base: () => shop({ backup: { suspend: true } }),
    head: () => shop(),
    options: { dumps: LISTING },
  },
  'monitoring-removed': {
    sentences: [
      'No alert tells any more when a backup fails or does not run.',
      'The dashboard goes, too.',
      'The backups themselves go on as before.',
    ],
    base: () => {
      const files = shop(monitored);
      return Object.fromEntries(
        Object.entries(files).map(([file, text]) => [
          `${/alerts|dashboard/.test(file) ? 'monitoring' : 'shop'}/${file}`,
          text,
        ]),
      );
    },
    head: () => below('shop', shop()),
  },
  'helm-chart-bumped': {
    sentences: [
      'The retention goes from 7 to 5 days: the next run deletes two dumps.',
      'You can go back as far as before by weeks.',
      'Beside that only the label of the chart differs, on every object.',
    ],
    base: () => helm(shop(), '1.4.0'),
    head: () => helm(shop(keep({ daily: 5, weekly: 4 })), '1.5.0'),
  },
  'kustomize-overlay': {
    sentences: [
      'The overlay of prod keeps 3 daily dumps instead of 7: the next run deletes four.',
      'You can go back as far as before by weeks.',
      'Nothing else differs in what is applied.',
    ],
    base: () => kustomized(overlay(7)),
    head: () => kustomized(overlay(3)),
  },
  'overlay-not-rendered': {
    sentences: [
      'The overlay of prod patches the CronJob of the base, and a patch by itself does not say what is applied.',
      'Render the overlay before and after the change, and compare that.',
      'What is told of the patch alone is not to be trusted.',
    ],
    base: () => overlay(7),
    head: () => overlay(3),
  },
  'one-of-two-clusters': {
    sentences: [
      'In the cluster prod, the next run deletes four dumps of shop.',
      'The cluster staging does not change.',
      'In prod, you can go back as far as before by weeks.',
    ],
    base: () => ({ ...below('clusters/prod', shop()), ...below('clusters/staging', shop()) }),
    head: () => ({
      ...below('clusters/prod', shop(keep({ daily: 3, weekly: 4 }))),
      ...below('clusters/staging', shop()),
    }),
  },
  'both-clusters': {
    sentences: [
      'In both clusters the backup runs at 14:00 instead of 02:00.',
      'That is said once, with both.',
      'Nothing is deleted.',
    ],
    base: () => ({ ...below('clusters/prod', shop()), ...below('clusters/staging', shop()) }),
    head: () => {
      const noon = shop({ backup: { schedule: at('14', '0') } });
      return { ...below('clusters/prod', noon), ...below('clusters/staging', noon) };
    },
  },
  'cluster-added': {
    sentences: [
      'The cluster staging gets a backup of the database shop, a template for restores and a drill.',
      'The cluster prod does not change.',
      'The Secrets shop-db and shop-key must be in staging before.',
    ],
    base: () => below('clusters/prod', shop()),
    head: () => ({ ...below('clusters/prod', shop()), ...below('clusters/staging', shop()) }),
  },
  'guard-added': {
    sentences: [
      'Nothing can delete the namespace shop, the claims shop-backup and data-shop-db-0 and the StatefulSet shop-db ' +
        'any more.',
      'What leaves Git and must go is deleted by hand from then on, with an annotation that allows it.',
      'Nothing changes for backups and restores.',
    ],
    base: () => shop(),
    head: () => ({ ...shop(), ...guard() }),
  },
  'guard-removed': {
    sentences: [
      'The guard of the namespace shop is gone from Git, with what it protects: the namespace, two claims and the ' +
        'StatefulSet shop-db.',
      'It stays in force in the cluster, since Flux must not prune it; a fresh cluster does not get it.',
      'Remove it by hand, finalizers included, if that is meant; otherwise put it back.',
    ],
    base: () => ({ ...shop(), ...guard() }),
    head: () => shop(),
  },
  'guard-protects-less': {
    sentences: [
      'The guard does not protect the claim of the dumps, shop-backup, any more.',
      'From the merge on, whoever deletes this claim deletes the dumps.',
      'The namespace and the database stay protected.',
    ],
    base: () => ({ ...shop(), ...guard() }),
    head: () => ({ ...shop(), ...guard({ claims: ['data-shop-db-0'] }) }),
  },
  'guard-only-warns': {
    sentences: [
      'The guard only warns, and does not refuse anything any more.',
      'The namespace, the claims and the database can be deleted as if there were no guard.',
      'Put Deny back.',
    ],
    base: () => ({ ...shop(), ...guard() }),
    head: () =>
      edited({ ...shop(), ...guard() }, 'guard/ValidatingAdmissionPolicyBinding.shop-guard.yaml', ['- Deny', '- Warn']),
  },
  'claim-removed-under-guard': {
    sentences: [
      'Flux would delete the claim of the dumps, and the guard refuses that: the dumps stay.',
      'The claim is then without an owner in Git, and Flux reports an error or forgets it.',
      'Keep it in Git, or copy the dumps, allow the deletion by its annotation and delete it by hand.',
    ],
    base: () => ({ ...prunable(shop()), ...guard() }),
    head: () => ({ ...without(shop(), (file) => file === CLAIM), ...guard() }),
  },
  'namespace-removed': {
    sentences: [
      'The namespace shop is gone from Git, so Flux deletes it with all that is in it: the database, the claim and ' +
        'the dumps.',
      'No guard refuses that.',
      'Keep it by the annotation kustomize.toolkit.fluxcd.io/prune: disabled, if it is meant to leave Git.',
    ],
    base: () => ({ ...shop(), 'namespace.yaml': NAMESPACE, 'database.yaml': DATABASE }),
    head: () => ({ ...shop(), 'database.yaml': DATABASE }),
  },
  'database-moved-under-guard': {
    sentences: [
      'The StatefulSet shop-db is gone from Git; the guard refuses that Flux deletes it.',
      'The database goes on running, and nobody maintains it in Git.',
      'Delete it by hand, with the annotation that allows it, once the data is elsewhere.',
    ],
    base: () => ({ ...shop(), ...guard(), 'database.yaml': DATABASE }),
    head: () => ({ ...shop(), ...guard() }),
  },
  'hold-for-ever': {
    sentences: [
      'Every dump is held for 9999 days, 27 years, from now on: no retention prunes it before.',
      'The claim fills up by a dump a day, until backups fail.',
      'BACKUP_HOLD is for a single run; for longer retention, change the retention.',
    ],
    base: () => shop(),
    head: () => edited(shop(), BACKUP, [/(BACKUP_HOLD\n +value: )""/, '$1P9999D']),
    options: { dumpSize: GIBIBYTE },
  },
  'checks-removed': {
    sentences: [
      'A dump and a restore are not checked any more for orders.',
      'The check for customers stays.',
      'Nothing changes for existing dumps.',
    ],
    base: () => shop({ backup: { checks: [check('there are customers'), check('there are orders')] } }),
    head: () => shop({ backup: { checks: [check('there are customers')] } }),
  },
  'tls-weakened': {
    sentences: [
      'The connection is still encrypted, but the certificate of the server is not verified any more.',
      'Another server in its place would get the password and could hand in any data.',
      'That holds for the backup and for the restore.',
    ],
    base: () => shop({ database: { tls: Tls.verifyFull(TlsAuthority.configMap('shop-ca')) } }),
    head: () => shop({ database: { tls: Tls.require() } }),
  },
  'deadline-longer': {
    sentences: [
      'A backup may take 40 minutes, and not 20.',
      'The last one took 50 minutes, so it is still killed before its end.',
      'That is better than before, and not enough.',
    ],
    base: () => shop({ backup: { activeDeadline: Duration.minutes(20) } }),
    head: () => shop({ backup: { activeDeadline: Duration.minutes(40) } }),
    options: { lastRun: 3000 },
  },
  'server-moved': {
    sentences: [
      'The backup dumps the database shop on shop-db-new, and not on shop-db, and restores replace it there.',
      'The dumps of both servers are in one folder under one name, so the retention and a restore take them for the ' +
        'same database.',
      'If it is the same database on a new server, that is right; else use another folder.',
    ],
    base: () => shop(),
    head: () => shop({ host: 'shop-db-new' }),
  },
  'restore-by-merge': {
    sentences: [
      'The merge starts a restore: the dump of 2026-11-20 replaces the database shop.',
      'What was written since is then in the former database only.',
      'The checksum of the dump is pinned.',
    ],
    base: () => shop(),
    head: () =>
      shop({
        more: (chart, backup) =>
          new RestoreJob(chart, 'incident', {
            name: 'shop-db-restore',
            backup,
            trigger: RestoreTrigger.onMerge({
              dump: 'shop-20261120-020000',
              sha256: 'ab'.repeat(32),
              requestId: 'incident-7',
            }),
          }),
      }),
  },
  'release-of-the-library': {
    sentences: [
      'The scripts of the backup, the restore and the drill change: read the differences of two files.',
      'They take effect for the next pods, those of a retried run included.',
      'Nothing else changes but the checksum of the scripts on each workload.',
    ],
    base: () => shop(),
    head: () =>
      WORKLOADS.reduce(
        (files, workload) => edited(files, workload, [/(scripts-sha256: )\w+/, `$1${'c'.repeat(64)}`]),
        edited(shop(), 'ConfigMap.shop-backup-scripts.yaml', ['pg_dump\n', 'pg_dump --verbose\n'], [/rm\n/, 'rm -f\n']),
      ),
  },
  'memory-raised': {
    sentences: [
      'The containers of all workloads may use 2 GiB of memory, and not what they could before.',
      'That is the same change in three objects.',
      'Nothing changes for the dumps.',
    ],
    base: () => shop(),
    head: () =>
      WORKLOADS.reduce((files, workload) => edited(files, workload, [/(limits:\n +memory: )\w+/g, '$12Gi']), shop()),
  },
  'description-reworded': {
    sentences: [
      'Only descriptions of objects differ.',
      'Nothing changes for backups and restores.',
      'There is nothing to do.',
    ],
    base: () => shop(),
    head: () =>
      WORKLOADS.reduce(
        (files, workload) => edited(files, workload, [/(kubernetes.io\/description: )"?/, '$&See the runbook. ']),
        shop(),
      ),
  },
  'label-beside-an-old-violation': {
    sentences: [
      'The backup gets a label.',
      'It ran as root before and still does, which is no matter of this change.',
      'Nothing changes for the dumps.',
    ],
    base: () => edited(shop(), BACKUP, [/runAsNonRoot: true\n/, 'runAsNonRoot: false\n']),
    head: () =>
      edited(
        shop(),
        BACKUP,
        [/runAsNonRoot: true\n/, 'runAsNonRoot: false\n'],
        [/^ {2}labels:\n/m, '  labels:\n    team: shop\n'],
      ),
  },
};
