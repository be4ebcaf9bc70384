import { Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import { Cpu, PersistentVolumeAccessMode } from 'cdk8s-plus-28';
import {
  BackupCronJob,
  BackupCronJobProps,
  BackupFormat,
  BackupPvc,
  Compression,
  PostgresImage,
  Retention,
  SecretExpectations,
} from '../../src';
import { chart, database, Manifest, manifest, storage, yaml } from '../support/manifests/synth';

function cronJob(props: Partial<BackupCronJobProps> = {}): Manifest {
  const scope = chart();
  new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: props.database ?? database(scope),
    storage: storage(scope),
    schedule: Cron.schedule({ minute: '30', hour: '3' }),
    retention: Retention.keep({ daily: 3 }),
    ...props,
  });
  return manifest(scope, 'CronJob');
}

const monitor = (key: string) =>
  new SecretExpectations(chart(), 'secrets').expectKey('monitor', key, { because: 'success is reported there' });
const job = (object: Manifest) => object.spec.jobTemplate.spec;
const pod = (object: Manifest) => job(object).template.spec;
const env = (object: Manifest, name: string) =>
  pod(object).containers[0].env.find((variable: { name: string }) => variable.name === name).value;

test('a backup with all defaults as a reviewer sees it', () => {
  expect(yaml(cronJob())).toMatchSnapshot();
});

test(
  'a backup is tried again after a failure, in any case where its pod is drained, and not for secrets that are ' +
    'not right',
  () => {
    expect(job(cronJob())).toMatchObject({
      backoffLimit: 2,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'FailJob', onExitCodes: { containerName: 'backup', operator: 'In', values: [3] } },
        ],
      },
    });
  },
);

test('a backup with every prop set as a reviewer sees it', () => {
  expect(
    yaml(
      cronJob({
        storage: BackupPvc.fromClaimName('theirs', { accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE] }),
        folder: 'shop-main',
        retention: Retention.keep({ last: 2, daily: 7, weekly: 4, monthly: 12, yearly: 5, within: Duration.days(3) }),
        timeZone: 'Europe/Zurich',
        suspend: true,
        activeDeadline: Duration.hours(2),
        startingDeadline: Duration.minutes(20),
        successfulJobsRetained: 3,
        failedJobsRetained: 5,
        compression: Compression.zstd(3),
        format: BackupFormat.directory({ parallelJobs: 4 }),
        excludeTableData: [
          { schema: 'public', table: 'cache' },
          { schema: 'a.b', table: 'it\'s "odd" $1' },
        ],
        rowCounts: false,
        recoveryWindow: Duration.hours(48),
        lockTimeout: Duration.seconds(90),
        heartbeat: { success: monitor('url'), failure: monitor('failure-url') },
        resources: {
          cpu: { request: Cpu.millis(100), limit: Cpu.units(1) },
          memory: { request: Size.mebibytes(64), limit: Size.mebibytes(128) },
          ephemeralStorage: { request: Size.mebibytes(10), limit: Size.mebibytes(100) },
        },
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'dedicated', operator: 'Exists' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
            },
          },
        },
        labels: { team: 'shop' },
        annotations: { note: 'costs $5' },
      }),
    ),
  ).toMatchSnapshot();
});

describe('defaults', () => {
  const { spec } = cronJob();

  test('timeZone is Etc/UTC', () => expect(spec.timeZone).toBe('Etc/UTC'));
  test('suspend is false, and written', () => expect(spec.suspend).toBe(false));
  test('startingDeadline is 1 hour', () => expect(spec.startingDeadlineSeconds).toBe(3600));
  test('activeDeadline is 6 hours', () => expect(spec.jobTemplate.spec.activeDeadlineSeconds).toBe(6 * 3600));
  test('successfulJobsRetained is 7', () => expect(spec.successfulJobsHistoryLimit).toBe(7));
  test('failedJobsRetained is 7', () => expect(spec.failedJobsHistoryLimit).toBe(7));
  test('compression is zstd level 1', () => expect(env(cronJob(), 'COMPRESSION')).toBe('zstd:1'));
  test('format is custom, with one job', () => {
    expect([env(cronJob(), 'DUMP_FORMAT'), env(cronJob(), 'DUMP_JOBS')]).toEqual(['custom', '1']);
  });
  test('excludeTableData is empty', () => expect(env(cronJob(), 'EXCLUDE_TABLE_DATA')).toBe(''));
  test('contentHashUpTo is 20 GiB', () => expect(env(cronJob(), 'CONTENT_HASH_BYTES')).toBe(String(20 * 2 ** 30)));
  test('rowCounts is true', () => expect(env(cronJob(), 'ROW_COUNTS')).toBe('true'));
  test('lockTimeout is 1 minute', () => expect(env(cronJob(), 'LOCK_TIMEOUT')).toBe('60000'));
  test('heartbeat is nowhere', () => expect(yaml(cronJob())).not.toContain('HEARTBEAT'));
  test('folder is the name of the database', () => expect(env(cronJob(), 'BACKUP_DIR')).toBe('/backups/shop'));

  test('compression is gzip level 6 where the image has no zstd', () => {
    expect(env(cronJob({ database: database(chart(), { image: PostgresImage.alpine('15.8') }) }), 'COMPRESSION')).toBe(
      '6',
    );
  });

  test('deadlines are at most the interval of the schedule', () => {
    const hurried = cronJob({ schedule: Cron.schedule({ minute: '*/30' }) });
    expect(hurried.spec.startingDeadlineSeconds).toBe(1800);
    expect(job(hurried).activeDeadlineSeconds).toBe(1800);
  });
});

test('the pod fulfils the restricted standard in full', () => {
  const spec = pod(cronJob());
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, runAsUser: 70, runAsGroup: 70, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(spec.containers[0].securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

test('fsGroup is left to block volumes: on NFS it is not applied', () => {
  expect(pod(cronJob()).securityContext).not.toHaveProperty('fsGroup');
  const block = BackupPvc.fromClaimName('disk', { accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE] });
  expect(pod(cronJob({ storage: block })).securityContext).toMatchObject({
    fsGroup: 70,
    fsGroupChangePolicy: 'OnRootMismatch',
  });
});

test('the password is a reference, and the value of no variable', () => {
  expect(pod(cronJob()).containers[0].env).toContainEqual({
    name: 'PGPASSWORD',
    valueFrom: { secretKeyRef: { name: 'shop-db', key: 'password', optional: true } },
  });
});

test('a database name with a dollar arrives as it is, though Kubernetes expands $(NAME)', () => {
  const odd = cronJob({ database: database(chart(), { name: 'a$(PGHOST)$$' }) });
  expect(env(odd, 'PGDATABASE')).toBe('a$$(PGHOST)$$$$');
  expect(env(odd, 'BACKUP_DIR')).toBe('/backups/a%24%28PGHOST%29%24%24');
});

test('every database of a chart uses the one ConfigMap of scripts', () => {
  const scope = chart();
  const shared = { storage: storage(scope), schedule: Cron.daily(), retention: Retention.keep({ daily: 1 }) };
  const secret = database(scope);
  for (const name of ['a', 'b']) {
    new BackupCronJob(scope, name, { name, folder: name, database: secret, ...shared });
  }
  expect(manifest(scope, 'ConfigMap', 'shop-backup-scripts').metadata.annotations).toMatchObject({
    'kustomize.toolkit.fluxcd.io/substitute': 'disabled',
  });
});

test.each<[string, Partial<BackupCronJobProps>]>([
  ['backupCronJob.name', { name: 'x'.repeat(53) }],
  ['backupCronJob.name', { name: 'Shop' }],
  ['backupCronJob.timeZone', { timeZone: 'Mars/Olympus' }],
  ['backupCronJob.schedule', { schedule: Cron.schedule({ minute: '61' }) }],
  ['backupCronJob.activeDeadline', { activeDeadline: Duration.hours(25) }],
  ['backupCronJob.activeDeadline', { activeDeadline: Duration.seconds(59) }],
  ['backupCronJob.activeDeadline', { activeDeadline: Duration.millis(90_500) }],
  ['backupCronJob.startingDeadline', { startingDeadline: Duration.days(2) }],
  ['backupCronJob.startingDeadline', { startingDeadline: Duration.seconds(9) }],
  ['backupCronJob.successfulJobsRetained', { successfulJobsRetained: -1 }],
  ['backupCronJob.failedJobsRetained', { failedJobsRetained: 1.5 }],
  ['backupCronJob.lockTimeout', { lockTimeout: Duration.millis(500) }],
  ['backupCronJob.excludeTableData.schema', { excludeTableData: [{ schema: '', table: 'x' }] }],
  ['backupCronJob.excludeTableData.table', { excludeTableData: [{ schema: 'public', table: 'two\nlines' }] }],
  ['backupCronJob.folder', { folder: '../other' }],
  ['backupCronJob.folder', { folder: '' }],
])('a bad %s is refused by its name', (property, props) => {
  expect(() => cronJob(props)).toThrow(`${property} (`);
});

test("two backups that share a folder are refused: their servers do not see each other's locks", () => {
  const scope = chart();
  const shared = {
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
  };
  new BackupCronJob(scope, 'one', { name: 'one', ...shared });
  expect(() => new BackupCronJob(scope, 'two', { name: 'two', ...shared })).toThrow(
    'backupCronJob.folder ("shop") is used by shop/one on the same claim. Give each backup a folder of its own',
  );
});

test('a claim or a secret of another namespace is refused: no pod can use it', () => {
  const elsewhere = new Chart(Testing.app(), 'elsewhere', { namespace: 'elsewhere' });
  expect(() => cronJob({ storage: storage(elsewhere) })).toThrow(
    'backupCronJob.storage ("elsewhere/shop-backup") is not in the namespace of the chart, shop',
  );
  expect(() => cronJob({ database: database(elsewhere) })).toThrow(
    'backupCronJob.secrets ("secret elsewhere/shop-db, key password")',
  );
  const scope = chart();
  const foreign = new SecretExpectations(scope, 'secrets').expectKey('monitor', 'url', {
    because: 'x',
    namespace: 'monitoring',
  });
  expect(() => cronJob({ heartbeat: { success: foreign } })).toThrow(
    'backupCronJob.secrets ("secret monitoring/monitor, key url")',
  );
});

test('zstd for an image that lacks it is refused', () => {
  const old = database(chart(), { image: PostgresImage.alpine('15.8') });
  expect(() => cronJob({ database: old, compression: Compression.zstd() })).toThrow(
    'needs the client tools of PostgreSQL 16, the image has 15',
  );
});

test('a recovery window that is not in whole days is refused', () => {
  expect(() => cronJob({ recoveryWindow: Duration.hours(36) })).toThrow(
    /^backupCronJob.recoveryWindow \("1 day 12 hours"\) is not in whole days/,
  );
});
