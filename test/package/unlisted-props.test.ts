import { Chart, Cron, Duration, Size, Testing, Yaml } from 'cdk8s';
import { Secret } from 'cdk8s-plus-28';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  BackupFleet,
  BackupFormat,
  BackupPvc,
  Delivery,
  FluxKustomization,
  FluxSource,
  Isolation,
  NetworkPeer,
  PostgresDatabase,
  PostgresImage,
  PostgresServer,
  RestoreCheck,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  Runbook,
  RunbookService,
  ScheduleWindow,
  SecretExpectations,
  Tls,
} from '../../src';
import { chart, storage } from '../support/manifests/synth';

/**
 * What JavaScript may give and TypeScript refuses: all that the internal constructs take, and fields of the objects
 * themselves.
 */
const UNLISTED: Readonly<Record<string, unknown>> = {
  noun: 'other',
  component: 'other',
  description: 'other',
  script: 'other.sh',
  folder: 'other',
  env: { OTHER: 'x' },
  settings: [{ name: 'OTHER', value: 'x' }],
  secrets: [],
  activeDeadline: Duration.hours(9),
  startingDeadline: Duration.hours(9),
  backoffLimit: 9,
  finalStatuses: [9],
  offline: true,
  reaches: ['apiServer'],
  schedule: Cron.hourly(),
  timeZone: 'Asia/Tokyo',
  suspend: true,
  successfulJobsRetained: 9,
  failedJobsRetained: 9,
  declares: { other: 'x' },
  extras: {
    serviceAccountName: 'other',
    gracePeriod: 9,
    initContainers: [],
    volumes: [{ name: 'other', emptyDir: {} }],
    volumeMounts: [{ name: 'other', mountPath: '/other' }],
  },
  bytes: 9,
  pattern: 'other',
  expect: 'other',
  repository: 'other',
  maintenanceDatabase: 'other',
  serverTimeout: Duration.hours(9),
  port: 9,
  containerName: 'other',
  scripts: {},
  image: 'other:1',
  metadata: { name: 'other' },
  spec: { other: true },
  data: { other: 'x' },
  immutable: true,
};

type Given = <T extends object>(props: T, ...listed: string[]) => T;

const plain: Given = (props) => props;

/** Beside the props there is all that the construct does not list. */
const more: Given = (props, ...listed) => ({
  ...Object.fromEntries(Object.entries(UNLISTED).filter(([name]) => !listed.includes(name))),
  ...props,
});

/** The props are read by their names: whatever takes all that is there fails. */
const byName: Given = (props) =>
  new Proxy(props, {
    ownKeys: () => {
      throw new Error(`All props were taken, of those with ${Object.keys(props).join(', ')}`);
    },
  });

const because = 'a restore needs it';

const CONSTRUCTS: Readonly<Record<string, (scope: Chart, given: Given) => unknown>> = {
  SecretExpectations: (scope, given) => {
    const secrets = new SecretExpectations(scope, 'it', given({ name: 'others' }));
    secrets.expectKey('a', 'b', given({ because }, 'bytes', 'pattern'));
    secrets.expectKeyOf(Secret.fromSecretName(scope, 'c', 'c'), 'd', given({ because }, 'bytes', 'pattern'));
    secrets.expectSecret('e', given({ because }));
    secrets.expectEscrow(given({ what: 'f', where: 'g', attestedOn: '2026-11-01', validFor: Duration.days(1) }));
  },
  BackupPvc: (scope, given) =>
    new BackupPvc(scope, 'it', given({ name: 'dumps', storageClassName: 'nfs', size: Size.gibibytes(1) })),
  BackupCronJob: (scope, given) => backup(scope, given),
  RestoreJob: (scope, given) => restore(scope, given),
  'RestoreJob by a merge': (scope, given) =>
    new RestoreJob(
      scope,
      'it',
      given(
        {
          name: 'restore',
          backup: backup(scope),
          trigger: RestoreTrigger.onMerge(
            given({ dump: 'shop-20261123-020000', sha256: '0'.repeat(64), requestId: '1' }),
          ),
        },
        'activeDeadline',
        'env',
      ),
    ),
  RestoreDrill: (scope, given) => drill(scope, given),
  BackupFleet: (scope, given) => fleet(scope, given),
  BackupAlerts: (scope, given) => new BackupAlerts(scope, 'it', given({ name: 'alerts', backups: [backup(scope)] })),
  BackupDashboard: (scope, given) =>
    new BackupDashboard(
      scope,
      'it',
      given({
        name: 'dashboard',
        alerts: new BackupAlerts(scope, 'alerts', { name: 'alerts', backups: [backup(scope)] }),
      }),
    ),
  FluxKustomization: (scope, given) =>
    new FluxKustomization(
      scope,
      'it',
      given({
        name: 'flux',
        path: './shop',
        source: FluxSource.gitRepository('flux', given({})),
      }),
    ),
  Runbook: (scope, given) => {
    const of = backup(scope);
    return new Runbook(
      scope,
      'it',
      given({
        backup: of,
        restore: restore(scope, plain, of),
        drill: drill(scope, plain, of),
        secrets: of.database.password._list as SecretExpectations,
        server: 'db',
        delivery: Delivery.flux(given({ name: 'flux' }), given({ helmRelease: 'flux' })),
        declaredIn: 'chart.ts',
        notBackedUp: [given({ what: 'the cache', because })],
        service: RunbookService.deployment(
          'shop',
          given({
            title: 'Shop',
            readiness: given({ service: 'shop', port: 80, path: '/' }),
            delivery: Delivery.argoCd('shop', given({ namespace: 'argocd' })),
            probe: given({ command: 'true', answers: [given({ answer: '200', means: 'well' })] }),
          }),
        ),
      }),
    );
  },
};

function backup(scope: Chart, given: Given = plain): BackupCronJob {
  const secrets = new SecretExpectations(scope, 'secrets');
  const password = secrets.expectKey('db', 'password', { because });
  const clientKey = secrets.expectKey('db', 'tls.key', { because });
  return new BackupCronJob(
    scope,
    'backup',
    given(
      {
        name: 'backup',
        storage: storage(scope),
        schedule: Cron.daily(),
        retention: Retention.keep(given({ daily: 1 })),
        database: PostgresDatabase.at(
          'db',
          given(
            {
              name: 'shop',
              user: 'postgres',
              password,
              image: PostgresImage.alpine('17.2', given({}, 'repository')),
              tls: Tls.require(given({ clientCertificate: given({ certificate: password, key: clientKey }) })),
            },
            'maintenanceDatabase',
            'serverTimeout',
            'port',
          ),
        ),
        format: BackupFormat.directory(given({ parallelJobs: 2 })),
        excludeTableData: [given({ schema: 'public', table: 'cache' })],
        checks: [
          RestoreCheck.sql(given({ name: 'a', query: 'SELECT 1', expect: '1' })),
          RestoreCheck.sameAsDump(given({ name: 'b', query: 'SELECT 2' })),
        ],
        resources: given({}),
        nodeSelector: { a: 'b' },
        tolerations: [given({ key: 'c' })],
        affinity: given({}),
        env: { TZ: 'Europe/Zurich' },
        volumes: [given({ volume: { name: 'ca', configMap: { name: 'ca' } }, mountPath: '/ca' })],
        topologySpreadConstraints: [given({ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' })],
        labels: { d: 'e' },
        annotations: { f: 'g' },
        heartbeat: given({ success: password }),
        isolation: Isolation.exceptFor(
          given({
            database: NetworkPeer.pods({ app: 'db' }, given({}, 'port')),
            heartbeat: NetworkPeer.addresses(['192.0.2.1'], given({}, 'port')),
          }),
        ),
      },
      'folder',
      'timeZone',
      'suspend',
      'activeDeadline',
      'startingDeadline',
      'successfulJobsRetained',
      'failedJobsRetained',
    ),
  );
}

function restore(scope: Chart, given: Given, of = backup(scope)): RestoreJob {
  return new RestoreJob(
    scope,
    'restore',
    given({ name: 'restore', backup: of, quiesce: given({ deployment: 'shop' }, 'image') }, 'activeDeadline', 'env'),
  );
}

function drill(scope: Chart, given: Given, of = backup(scope)): RestoreDrill {
  const proof = given({ name: 'a proof', key: of.database.password, sql: "SELECT :'key_file'" });
  return new RestoreDrill(
    scope,
    'drill',
    given(
      { name: 'drill', backup: of, proof },
      'activeDeadline',
      'env',
      'startingDeadline',
      'schedule',
      'timeZone',
      'suspend',
    ),
  );
}

function fleet(scope: Chart, given: Given): BackupFleet {
  const password = new SecretExpectations(scope, 'secrets').expectKey('db', 'password', { because });
  const props = given(
    { user: 'postgres', password, image: PostgresImage.alpine('17.2') },
    'maintenanceDatabase',
    'serverTimeout',
    'port',
  );
  const job = ['env', 'activeDeadline'];
  const cronJob = [...job, 'timeZone', 'suspend', 'startingDeadline'];
  return new BackupFleet(
    scope,
    'it',
    given({
      name: 'fleet',
      server: PostgresServer.at('db', props),
      databases: [given({ name: 'shop' }, 'folder', 'schedule', 'suspend')],
      storage: storage(scope),
      window: ScheduleWindow.between('22:00', '05:00'),
      backupOptions: given(
        { retention: Retention.keep({ daily: 1 }) },
        ...cronJob,
        'successfulJobsRetained',
        'failedJobsRetained',
      ),
      restoreOptions: given({}, ...job),
      drillOptions: given({}, ...cronJob),
    }),
  );
}

function manifests(name: string, given: Given): string {
  const scope = chart();
  const made = CONSTRUCTS[name]!(scope, given);
  return `${Yaml.stringify(...Testing.synth(scope))}${made instanceof Runbook ? made.toMarkdown() : ''}`;
}

test.each(Object.keys(CONSTRUCTS))('%s: what it does not list changes nothing in a manifest', (name) => {
  const expected = manifests(name, plain);
  expect(manifests(name, more)).toBe(expected);
});

test.each(Object.keys(CONSTRUCTS))('%s takes its props by their names', (name) => {
  expect(manifests(name, byName)).toBe(manifests(name, plain));
});
