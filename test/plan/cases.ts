import { Cron, Duration, Size } from 'cdk8s';
import { PersistentVolumeAccessMode } from 'cdk8s-plus-28';
import {
  BackupCronJob,
  BackupFormat,
  BackupPvc,
  Compression,
  OffsiteCopy,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresImage,
  RestoreCheck,
  RestoreDrill,
  RestoreJob,
  RestoreSessions,
  RestoreTrigger,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';
import type { PlanOptions } from '../../src/plan/comparison';
import { readListing } from '../../src/plan/listing';
import { edited, type Files, shop, type ShopProps } from '../support/manifests/shop-tree';

/** A small change: props before and after, or what somebody does to the files by hand. */
export interface Case {
  readonly before?: ShopProps;
  readonly after?: ShopProps;
  readonly byHand?: (files: Files) => Files;
  /** What somebody had done before. */
  readonly byHandBefore?: (files: Files) => Files;
  readonly options?: Partial<PlanOptions>;
}

const BACKUP = 'CronJob.shop-db-backup.yaml';
const RESTORE = 'CronJob.shop-db-restore.yaml';
const DRILL = 'CronJob.shop-db-drill.yaml';
const CLAIM = 'PersistentVolumeClaim.shop-backup.yaml';
const POLICY =
  'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: shop-db-drill, namespace: shop ' +
  '}\nspec:\n  podSelector: { matchLabels: { app.kubernetes.io/component: drill } }\n';
const FLUX =
  'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: shop, namespace: ' +
  'flux-system }\nspec:\n  path: dist\n';
const VOLUME =
  'apiVersion: v1\nkind: PersistentVolume\nmetadata: { name: shop-backup }\nspec: { ' +
  'persistentVolumeReclaimPolicy: Retain }\n';
const SCRIPTS = 'ConfigMap.shop-backup-scripts.yaml';

const keep = (rules: Parameters<typeof Retention.keep>[0]): ShopProps => ({
  backup: { retention: Retention.keep(rules) },
});
const everySixHours = (rules: Parameters<typeof Retention.keep>[0] = {}): ShopProps => ({
  backup: { schedule: Cron.schedule({ hour: '*/6', minute: '0' }), retention: Retention.keep({ daily: 3, ...rules }) },
});
const at = (hour: string, minute: string, more: object = {}): Cron => Cron.schedule({ hour, minute, ...more });
const check = (name: string, sql: string): RestoreCheck => RestoreCheck.sql({ name, query: sql, expect: 't' });
const onMerge = { dump: 'shop-20261120-020000', sha256: 'ab'.repeat(32), requestId: 'incident-7' };
const noon = { hour: '12', minute: '0' };

/** Ten days of dumps, one of them held, one that nobody verified, as `ls -l` shows them. */
export const LISTING = Array.from({ length: 10 }, (_, day) => `shop-202611${14 + day}-020000`)
  .flatMap((name, index) => [
    `-rw-r--r-- 1 70 70 ${(index + 1) * 100_000_000} Nov 23 02:03 ${name}.dump`,
    ...(index === 4
      ? []
      : [`-rw-r--r-- 1 70 70 91 Nov 23 02:03 ${name}.dump.sha256`, `-rw-r--r-- 1 70 70 900 Nov 23 02:03 ${name}.json`]),
    ...(index === 1 ? [`-rw-r--r-- 1 70 70 0 Nov 23 02:03 ${name}.ada.hold`] : []),
  ])
  .join('\n');

const without =
  (file: string) =>
  (files: Files): Files =>
    Object.fromEntries(Object.entries(files).filter(([path]) => path !== file));
const dumps = readListing(LISTING, 'listing');

/** Another backup into a folder of the same name, on another claim. */
const twin: ShopProps = {
  more: (chart, backup) =>
    new BackupCronJob(chart, 'twin', {
      name: 'twin-db-backup',
      database: backup.database,
      folder: 'shop',
      schedule: at('4', '0'),
      retention: Retention.keep({ last: 1 }),
      storage: new BackupPvc(chart, 'twin-storage', {
        name: 'twin-backup',
        storageClassName: 'nfs',
        size: Size.gibibytes(20),
      }),
    }),
};

/** A shop whose dumps are copied, with a template and a drill of the copies. */
function copied({
  bucket = 'dumps',
  plain = false,
  password = 'password',
  suspend = false,
  drill = true,
} = {}): ShopProps {
  return {
    more: (chart, backup) => {
      const secrets = new SecretExpectations(chart, 'bucket', { name: 'bucket-secrets' });
      const key = (name: string) => secrets.expectKey('shop-bucket', name, { because: 'the copies need it' });
      const offsite = OffsiteTarget.s3({
        endpoint: 'https://s3.example.com',
        region: 'eu-central-1',
        bucket,
        accessKey: key('accessKey'),
        secretKey: key('secretKey'),
        encryption: plain ? OffsiteEncryption.none() : OffsiteEncryption.crypt(key(password), key('salt')),
      });
      new OffsiteCopy(chart, 'copy', {
        name: 'shop-db-copy',
        backup,
        target: offsite,
        suspend,
        schedule: at('4', '0'),
      });
      new RestoreJob(chart, 'restore-copy', { name: 'shop-db-restore-copy', backup, offsite });
      new RestoreDrill(chart, 'drill-copy', {
        name: 'shop-db-drill-copy',
        backup,
        offsite: drill ? offsite : undefined,
      });
    },
  };
}

/** The retention of the copies, as a variable of the container that copies. */
const copiesKept =
  (daily: number) =>
  (files: Files): Files =>
    edited(files, 'CronJob.shop-db-copy.yaml', [
      /( +)- name: OFFSITE_BANDWIDTH\n/,
      `$1- name: KEEP_LAST\n$1  value: "0"\n$1- name: KEEP_DAILY\n$1  value: "${daily}"\n$1- name: OFFSITE_BANDWIDTH\n`,
    ]);

export const CASES: { readonly [name: string]: Case } = {
  'fewer days are kept': { after: keep({ daily: 3, weekly: 4 }) },
  'fewer days are kept, with a listing of the dumps': { after: keep({ daily: 3, weekly: 1 }), options: { dumps } },
  'no weeks are kept': { after: keep({ daily: 7 }) },
  'only the newest dumps are kept': { after: keep({ last: 2 }) },
  'more is kept': { after: keep({ daily: 14, weekly: 8, monthly: 12 }) },
  'more is kept than the claim has room for': { after: keep({ daily: 30, weekly: 8 }), options: { dumpSize: 2 ** 30 } },
  'every dump of the last days is kept': {
    before: everySixHours(),
    after: everySixHours({ within: Duration.days(2) }),
  },
  'not every dump of the last days is kept any more': {
    before: everySixHours({ within: Duration.days(2) }),
    after: everySixHours(),
  },
  'days become weeks': { before: keep({ daily: 28 }), after: keep({ daily: 7, weekly: 4 }) },
  'the stated need shrinks': {
    before: { backup: { recoveryWindow: Duration.days(7) } },
    after: { backup: { recoveryWindow: Duration.days(3) } },
  },
  'the need is stated': { after: { backup: { recoveryWindow: Duration.days(7) } } },
  'once a week instead of every night': { after: { backup: { schedule: at('2', '0', { weekDay: '1' }) } } },
  'every six hours instead of every night': { after: { backup: { schedule: at('*/6', '0') } } },
  'another minute': { after: { backup: { schedule: at('2', '30') } } },
  'in the hour that daylight saving leaves out': {
    after: { backup: { schedule: at('2', '30'), timeZone: 'Europe/Zurich' } },
  },
  'in the hour that comes twice': {
    before: { backup: { timeZone: 'America/New_York' } },
    after: { backup: { schedule: at('1', '30'), timeZone: 'America/New_York' } },
  },
  'another time zone': { after: { backup: { timeZone: 'Asia/Kathmandu' } } },
  'the backup is suspended': { after: { backup: { suspend: true } } },
  'the backup is resumed': { before: { backup: { suspend: true } } },
  'less is kept while the backup is suspended': {
    before: { backup: { suspend: true } },
    after: { backup: { suspend: true, retention: Retention.keep({ daily: 3 }) } },
  },
  'less is kept while the backup is suspended, with a listing of the dumps': {
    before: { backup: { suspend: true } },
    after: { backup: { suspend: true, retention: Retention.keep({ last: 1 }) } },
    options: { dumps },
  },
  'the backup is resumed, with a listing of the dumps': {
    before: { backup: { suspend: true, retention: Retention.keep({ daily: 3 }) } },
    after: { backup: { retention: Retention.keep({ daily: 3 }) } },
    options: { dumps },
  },
  'fewer days are kept, with a listing that may be of another backup': {
    before: twin,
    after: { ...twin, ...keep({ daily: 3, weekly: 1 }) },
    options: { dumps },
  },
  'the backup is removed': { after: { backup: false } },
  'the backup is added': { before: { backup: false } },
  'the backup is renamed': { after: { backup: { name: 'shop-backup' } } },
  'the folder is renamed': { after: { backup: { folder: 'shop2' } } },
  'the claim is renamed': { after: { storage: { name: 'shop-dumps' } } },
  'the storage class changes, of a guarded claim': { after: { storage: { storageClassName: 'ceph' } } },
  'the storage class changes, of a claim without a guard': {
    before: { storage: { resizableFromGit: true } },
    after: { storage: { resizableFromGit: true, storageClassName: 'ceph' } },
  },
  'the access modes change': {
    before: { storage: { resizableFromGit: true } },
    after: { storage: { resizableFromGit: true, accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE] } },
  },
  'the claim selects other volumes, and has another source': {
    byHandBefore: (files) =>
      edited(
        files,
        CLAIM,
        [/ +kustomize.toolkit.fluxcd.io\/ssa: IfNotPresent\n/, ''],
        ['spec:\n', 'spec:\n  selector: { matchLabels: { shop: old, disk: a } }\n'],
      ),
    byHand: (files) =>
      edited(
        files,
        CLAIM,
        [/ +kustomize.toolkit.fluxcd.io\/ssa: IfNotPresent\n/, ''],
        [
          'spec:\n',
          'spec:\n  selector: { matchLabels: { disk: a, shop: new } }\n  dataSourceRef: { kind: ' +
            'PersistentVolumeClaim, name: other }\n',
        ],
      ),
  },
  'the claim shrinks': {
    before: { storage: { resizableFromGit: true } },
    after: { storage: { resizableFromGit: true, size: Size.gibibytes(10) } },
  },
  'the claim grows, which Flux does not apply': {
    after: { storage: { size: Size.gibibytes(40) } },
    options: { dumpSize: 3 * 2 ** 30 },
  },
  'the claim grows': {
    before: { storage: { resizableFromGit: true } },
    after: { storage: { resizableFromGit: true, size: Size.gibibytes(40) } },
  },
  'the claim loses its guard against re-creation': { after: { storage: { resizableFromGit: true } } },
  'the claim loses its guard against pruning': {
    byHand: (files) => edited(files, CLAIM, [/ +kustomize.toolkit.fluxcd.io\/prune: disabled\n/, '']),
  },
  'the claim is gone from Git': { byHand: without(CLAIM) },
  'a claim that may be pruned is gone from Git': {
    byHandBefore: (files) => edited(files, CLAIM, [/ +kustomize.toolkit.fluxcd.io\/prune: disabled\n/, '']),
    byHand: without(CLAIM),
  },
  'Flux may force what Kubernetes refuses': {
    byHandBefore: (files) => ({ ...files, 'flux.yaml': FLUX }),
    byHand: (files) => ({ ...files, 'flux.yaml': `${FLUX}  force: true\n` }),
  },
  'the volume is deleted with its claim': {
    byHandBefore: (files) => ({ ...files, 'volume.yaml': VOLUME }),
    byHand: (files) => ({ ...files, 'volume.yaml': VOLUME.replace('Retain', 'Delete') }),
  },
  'the alerts are gone': {
    byHandBefore: (files) => ({
      ...files,
      'rules.yaml':
        'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: { name: shop-alerts, namespace: ' +
        'shop }\n',
    }),
    byHand: (files) => files,
  },
  'the isolation of the drill is gone': {
    byHandBefore: (files) => ({ ...files, 'policy.yaml': POLICY }),
    byHand: (files) => files,
  },
  'the isolation of what is gone too is gone': {
    byHandBefore: (files) => ({ ...files, 'policy.yaml': POLICY }),
    byHand: without(DRILL),
  },
  'the claim gets its guards': { before: { storage: { resizableFromGit: true } } },
  'scripts may be substituted': {
    byHand: (files) => edited(files, SCRIPTS, [/ +kustomize.toolkit.fluxcd.io\/substitute: disabled\n/, '']),
  },
  'a script changes': {
    byHand: (files) =>
      edited(files, SCRIPTS, ['pg_dump\n', 'pg_dump --verbose\n'], ['set -eu\n    rm', 'set -eu\n    rm -f']),
  },
  'the template for restores is resumed': {
    byHand: (files) => edited(files, RESTORE, ['suspend: true', 'suspend: false']),
  },
  'the template for restores is removed': { after: { restore: false } },
  'the template for restores is added': { before: { restore: false } },
  'a restore at the merge': {
    after: {
      more: (chart, backup) =>
        new RestoreJob(chart, 'incident', {
          name: 'shop-db-restore',
          backup,
          trigger: RestoreTrigger.onMerge(onMerge),
        }),
    },
  },
  'a restore at the merge that deletes its Job': {
    after: {
      more: (chart, backup) =>
        new RestoreJob(chart, 'incident', {
          name: 'shop-db-restore',
          backup,
          trigger: RestoreTrigger.onMerge(onMerge),
        }),
    },
    byHand: (files) =>
      edited(files, 'Job.shop-db-restore-incident-7.yaml', [
        'backoffLimit: 0',
        'backoffLimit: 0\n  ttlSecondsAfterFinished: 60',
      ]),
  },
  'the Job of a restore asks for another dump': {
    before: {
      more: (chart, backup) =>
        new RestoreJob(chart, 'incident', {
          name: 'shop-db-restore',
          backup,
          trigger: RestoreTrigger.onMerge(onMerge),
        }),
    },
    after: {
      more: (chart, backup) =>
        new RestoreJob(chart, 'incident', {
          name: 'shop-db-restore',
          backup,
          trigger: RestoreTrigger.onMerge({ ...onMerge, dump: 'shop-20261121-020000' }),
        }),
    },
  },
  'the Job of a restore is done': {
    before: {
      more: (chart, backup) =>
        new RestoreJob(chart, 'incident', {
          name: 'shop-db-restore',
          backup,
          trigger: RestoreTrigger.onMerge(onMerge),
        }),
    },
  },
  'restores disconnect the service': { after: { restore: { sessions: RestoreSessions.DISCONNECT } } },
  'fewer former databases stay': { before: { restore: { keepPrevious: 3 } } },
  'restores go on despite wrong secrets': {
    byHand: (files) => edited(files, RESTORE, [/(RESTORE_IGNORE\n +value: )""/, '$1secrets space']),
  },
  'restores undo by default': {
    byHand: (files) => edited(files, RESTORE, [/(RESTORE_ACTION\n +value: )restore/, '$1undo']),
  },
  'restores scale the service': { after: { restore: { quiesce: { deployment: 'shop' } } } },
  'the deadline is shorter': { after: { backup: { activeDeadline: Duration.minutes(30) } } },
  'the deadline is shorter than the last run': {
    after: { backup: { activeDeadline: Duration.minutes(30) } },
    options: { lastRun: 2400 },
  },
  'the deadline is longer': { after: { backup: { activeDeadline: Duration.hours(12) } }, options: { lastRun: 2400 } },
  'drills meet backups': {
    before: { drill: { schedule: Cron.schedule(noon) } },
    after: { drill: { schedule: at('3', '0') } },
  },
  'the deadline is longer than the interval': {
    byHand: (files) => edited(files, BACKUP, ['activeDeadlineSeconds: 21600', 'activeDeadlineSeconds: 100000']),
  },
  'the drill is suspended': { after: { drill: { suspend: true } } },
  'the drill is resumed': { before: { drill: { suspend: true } } },
  'the drill is removed': { after: { drill: false } },
  'the drill is added': { before: { drill: false } },
  'a secret is expected': {
    after: {
      secrets: (secrets) =>
        secrets.expectKey('shop-mail', 'token', {
          because: 'orders are confirmed with it',
          gitFile: 'secrets/mail.enc.yaml',
        }),
    },
  },
  'a secret is expected that may be missing': {
    after: {
      secrets: (secrets) =>
        secrets.expectKey('shop-mail', 'token', {
          because: 'orders are confirmed with it',
          optionalUntil: 'the first order',
        }),
    },
  },
  'a secret is expected that another tool brings': {
    after: {
      secrets: (secrets) =>
        secrets.expectKey('shop-mail', 'token', { because: 'orders are confirmed with it', provider: 'Vault' }),
    },
  },
  'another tool brings a secret': {
    before: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail' }) },
    after: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail', provider: 'Vault' }) },
  },
  'no other tool brings a secret any more': {
    before: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail', provider: 'Vault' }) },
    after: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail' }) },
  },
  'a secret is not expected any more': {
    before: {
      secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'orders are confirmed with it' }),
    },
  },
  'another length of a secret is expected': {
    before: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail', bytes: 16 }) },
    after: { secrets: (secrets) => secrets.expectKey('shop-mail', 'token', { because: 'mail', bytes: 32 }) },
  },
  'a secret is used that nobody expects': {
    byHand: (files) =>
      edited(files, BACKUP, [
        'name: shop-db\n                      optional',
        'name: other-db\n                      optional',
      ]),
  },
  'a minor version of the image': { after: { database: { image: PostgresImage.alpine('17.4') } } },
  'a major version of the image': { after: { database: { image: PostgresImage.alpine('18.1') } } },
  'an older major version of the image': { after: { database: { image: PostgresImage.alpine('16.4') } } },
  'an image of another user': { after: { database: { image: PostgresImage.debian('17.2') } } },
  'another server': { after: { host: 'shop-db-new' } },
  'a server that is not checked any more': {
    before: { database: { tls: Tls.verifyFull(TlsAuthority.configMap('shop-ca')) } },
    after: { database: { tls: Tls.require() } },
  },
  'a server that is checked': {
    before: { database: { tls: undefined } },
    after: { database: { tls: Tls.verifyCa(TlsAuthority.configMap('shop-ca')) } },
  },
  'another authority': {
    before: { database: { tls: Tls.verifyCa(TlsAuthority.configMap('shop-ca')) } },
    after: { database: { tls: Tls.verifyCa(TlsAuthority.configMap('company-ca')) } },
  },
  'another database': { after: { database: { name: 'store' }, backup: { folder: 'shop' } } },
  'restores look into another folder': {
    byHand: (files) => edited(files, RESTORE, [/(BACKUP_DIR\n +value: )\/backups\/shop/, '$1/backups/store']),
  },
  'restores look at another claim': {
    byHand: (files) => edited(files, RESTORE, ['claimName: shop-backup', 'claimName: store-backup']),
  },
  'drills look into another folder': {
    byHand: (files) => edited(files, DRILL, [/(BACKUP_DIR\n +value: )\/backups\/shop/, '$1/backups/store']),
  },
  'drills look where the backup writes again': {
    byHandBefore: (files) => edited(files, DRILL, [/(BACKUP_DIR\n +value: )\/backups\/shop/, '$1/backups/store']),
    byHand: (files) => files,
  },
  'a check is new': { after: { backup: { checks: [check('there are orders', 'SELECT true')] } } },
  'a check is gone': {
    before: {
      backup: { checks: [check('there are orders', 'SELECT true'), check('there are customers', 'SELECT true')] },
    },
    after: { backup: { checks: [check('there are orders', 'SELECT 1 = 1')] } },
  },
  'rows are not counted any more': { after: { backup: { rowCounts: false, contentHashUpTo: Size.gibibytes(0) } } },
  'rows of a table are left out': {
    after: { backup: { excludeTableData: [{ schema: 'public', table: 'sessions' }] } },
  },
  'rows of a table are dumped again': {
    before: { backup: { excludeTableData: [{ schema: 'public', table: 'sessions' }] } },
  },
  'another format and compression': {
    after: { backup: { format: BackupFormat.directory({ parallelJobs: 4 }), compression: Compression.gzip(9) } },
  },
  'a heartbeat is new': {
    byHand: (files) =>
      edited(files, BACKUP, [
        '                - name: KEEP_LAST',
        '                - name: HEARTBEAT_URL\n                  valueFrom:\n                    secretKeyRef:\n ' +
          '                     name: shop-heartbeat\n                      key: url\n                - name: ' +
          'KEEP_LAST',
      ]),
  },
  'another order of the variables': {
    byHand: (files) => edited(files, BACKUP, [/( +- name: KEEP_LAST\n.*\n)( +- name: KEEP_DAILY\n.*\n)/, '$2$1']),
  },
  'what is not ours': {
    byHand: (files) => ({
      ...files,
      'web.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\n',
      'README.md': 'A shop.\n',
    }),
  },
  'a comment': { byHand: (files) => ({ ...files, [CLAIM]: `# a claim\n${files[CLAIM]}` }) },
  'the same resource twice': { byHand: (files) => ({ ...files, 'again.yaml': files[CLAIM]! }) },
  'broken YAML': { byHand: (files) => ({ ...files, [CLAIM]: `${files[CLAIM]}  broken: [x\n` }) },
  'a secret in Git': {
    byHand: (files) => ({
      ...files,
      'secret.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: shop }\nstringData: { key: "never shown" }\n',
    }),
  },
  'dumps are copied off site': { after: copied() },
  'dumps are not copied any more': { before: copied() },
  'copies are suspended': { before: copied(), after: copied({ suspend: true }) },
  'copies are resumed': { before: copied({ suspend: true }), after: copied() },
  'copies go to another bucket': { before: copied(), after: copied({ bucket: 'vault' }) },
  'copies have a retention from now on': { before: copied(), byHand: copiesKept(30) },
  'more copies are kept': { before: copied(), byHandBefore: copiesKept(30), byHand: copiesKept(60) },
  'copies have no retention any more': { before: copied(), byHandBefore: copiesKept(30), after: copied() },
  'copies are not encrypted any more': { before: copied(), after: copied({ plain: true }) },
  'copies are encrypted from now on': { before: copied({ plain: true }), after: copied() },
  'copies are encrypted with another key': { before: copied(), after: copied({ password: 'new-password' }) },
  'the drill of copies takes dumps instead': { before: copied(), after: copied({ drill: false }) },
};

const made = new WeakMap<Case, { before: Files; after: Files }>();

export function treesOf(one: Case): { before: Files; after: Files } {
  const trees = made.get(one) ?? synthesized(one);
  made.set(one, trees);
  return trees;
}

function synthesized({ before, after, byHand, byHandBefore = (files) => files }: Case): {
  before: Files;
  after: Files;
} {
  return {
    before: byHandBefore(shop(before)),
    after: byHand === undefined ? shop(after) : byHand(shop(after ?? before)),
  };
}
