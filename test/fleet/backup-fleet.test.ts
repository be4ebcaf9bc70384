import { Chart, Cron, Duration, Testing } from 'cdk8s';
import {
  BackupFleet,
  BackupFleetProps,
  FleetDatabase,
  PostgresImage,
  PostgresServer,
  RestoreCheck,
  RestoreSessions,
  Retention,
  ScheduleWindow,
  SecretExpectations,
} from '../../src';
import { Manifest, chart, storage } from '../support/manifests/synth';

function fleet(
  databases: FleetDatabase[],
  props: Partial<BackupFleetProps> = {},
  scope: Chart = chart(),
): { fleet: BackupFleet; objects: Manifest[] } {
  const made = new BackupFleet(scope, 'fleet', {
    name: 'shop-db',
    server: PostgresServer.at('shop-db', {
      user: 'postgres',
      password: new SecretExpectations(scope, 'secrets').expectKey('shop-db', 'password'),
      image: PostgresImage.alpine('17.2'),
    }),
    databases,
    storage: storage(scope),
    window: ScheduleWindow.between('22:00', '05:00'),
    backupOptions: { retention: Retention.keep({ daily: 7 }) },
    ...props,
  });
  return { fleet: made, objects: Testing.synth(scope) as Manifest[] };
}

const cronJobs = (objects: Manifest[]): Manifest[] => objects.filter(({ kind }) => kind === 'CronJob');
const names = (objects: Manifest[]): string[] => cronJobs(objects).map(({ metadata }) => metadata.name);
const environment = (object: Manifest): Record<string, string> =>
  Object.fromEntries(
    object.spec.jobTemplate.spec.template.spec.containers[0].env.map((variable: { name: string; value: string }) => [
      variable.name,
      variable.value,
    ]),
  );

test('each database has a backup, a template for restores and a drill, of its own names', () => {
  const { fleet: made, objects } = fleet([{ name: 'shop' }, { name: 'Audit_Log' }]);
  expect(names(objects)).toEqual([
    'shop-db-shop-backup',
    'shop-db-shop-restore',
    'shop-db-shop-drill',
    'shop-db-audit-log-backup',
    'shop-db-audit-log-restore',
    'shop-db-audit-log-drill',
  ]);
  expect([made.backups, made.restores, made.drills].map((list) => list.map(({ name }) => name))).toEqual(
    ['backup', 'restore', 'drill'].map((kind) => [`shop-db-shop-${kind}`, `shop-db-audit-log-${kind}`]),
  );
  expect(environment(cronJobs(objects)[3]!)).toMatchObject({
    PGHOST: 'shop-db',
    PGDATABASE: 'Audit_Log',
    BACKUP_DIR: '/backups/Audit_Log',
  });
});

test('claim, scripts, expected secrets and password are there once', () => {
  const { objects } = fleet([{ name: 'shop' }, { name: 'audit' }, { name: 'mail' }]);
  const others = objects.filter(({ kind }) => kind !== 'CronJob');
  expect(others.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    'ConfigMap shop-backup-scripts',
    'ConfigMap shop-backup-scripts-lib',
    'ConfigMap shop-backup-scripts-sql',
    'ConfigMap shop-expected-secrets',
    'PersistentVolumeClaim shop-backup',
  ]);
  const list = others.find(({ metadata }) => metadata.name === 'shop-expected-secrets')!;
  expect(list.data['secrets.tsv'].split('\n')[1].split('\t').slice(0, 3)).toEqual([
    'shop-db',
    'password',
    'audit mail shop',
  ]);
});

test('another database changes nothing of those that are there, wherever it is in the list', () => {
  const some = ['shop', 'audit', 'mail'].map((name) => ({ name }));
  const checks = [RestoreCheck.sql({ name: 'rows', query: 'SELECT 1', expect: '1' })];
  const before = cronJobs(fleet(some, { checks }).objects);
  for (const index of [0, 1, 3]) {
    const after = cronJobs(fleet([...some.slice(0, index), { name: 'new' }, ...some.slice(index)], { checks }).objects);
    expect(after).toHaveLength(12);
    expect(after.filter(({ metadata }) => !metadata.name.includes('-new-'))).toEqual(before);
  }
});

test('backups are spread over the window, drills over the days of the week too', () => {
  const { fleet: made } = fleet(Array.from({ length: 200 }, (_, index) => ({ name: `customer_${index}` })));
  const fields = (list: readonly { schedule: Cron }[]): string[][] =>
    list.map(({ schedule }) => schedule.expressionString.split(' '));
  const hours = (list: readonly { schedule: Cron }[]): string[] =>
    [...new Set(fields(list).map(([, hour]) => hour!))].sort();
  expect(hours(made.backups)).toEqual(['0', '1', '2', '22', '23', '3', '4']);
  expect(hours(made.drills)).toEqual(['0', '1', '2', '22', '23', '3', '4']);
  expect(new Set(fields(made.backups).map((all) => all.slice(2).join(' ')))).toEqual(new Set(['* * *']));
  expect(new Set(fields(made.drills).map(([, , , , day]) => day)).size).toBe(7);
  expect(new Set(made.backups.map(({ schedule }) => schedule.expressionString)).size).toBeGreaterThan(120);
});

test('what a database says for itself wins over what the fleet says', () => {
  const { fleet: made, objects } = fleet(
    [
      { name: 'shop' },
      {
        name: 'audit',
        alias: 'log',
        folder: 'audit-log',
        checks: [RestoreCheck.sql({ name: 'rows', query: 'SELECT 1', expect: '1' })],
        schedule: Cron.hourly(),
        retention: Retention.keep({ monthly: 12 }),
        suspend: true,
        drill: false,
        excludeTableData: [{ schema: 'public', table: 'cache' }],
        quiesce: { deployment: 'audit' },
      },
    ],
    {
      backupOptions: {
        retention: Retention.keep({ daily: 3 }),
        recoveryWindow: Duration.days(3),
        timeZone: 'Asia/Tokyo',
      },
      restoreOptions: { sessions: RestoreSessions.DISCONNECT },
      drillOptions: { keepEvidence: 5 },
    },
  );
  expect(names(objects)).toEqual([
    'shop-db-shop-backup',
    'shop-db-shop-restore',
    'shop-db-shop-drill',
    'shop-db-log-backup',
    'shop-db-log-restore',
  ]);
  const [shop, audit] = made.backups as [(typeof made.backups)[0], (typeof made.backups)[0]];
  expect(shop).toMatchObject({ suspend: false, timeZone: 'Asia/Tokyo', excludeTableData: [] });
  expect(audit).toMatchObject({ folder: 'audit-log', suspend: true, timeZone: 'Asia/Tokyo' });
  expect([shop, audit].map(({ retention: { daily, monthly } }) => [daily, monthly])).toEqual([
    [3, 0],
    [0, 12],
  ]);
  expect(audit.schedule.expressionString).toBe('0 * * * *');
  expect(audit.checks).toHaveLength(1);
  expect(audit.excludeTableData).toHaveLength(1);
  expect(made.restores.map(({ sessions, quiesce }) => [sessions, quiesce?.deployment])).toEqual([
    ['disconnect', undefined],
    ['disconnect', 'audit'],
  ]);
  expect(made.drills.map(({ keepEvidence }) => keepEvidence)).toEqual([5]);
});

test.each<[string, FleetDatabase[], Partial<BackupFleetProps>, RegExp]>([
  ['no database', [], {}, /^backupFleet\.databases \(\[\]\) backs up nothing\. /],
  ['one twice', [{ name: 'a' }, { name: 'a' }], {}, /^backupFleet\.databases \("a"\) is named twice\. /],
  [
    'two of one name for Kubernetes',
    [{ name: 'a_b' }, { name: 'A-B' }],
    {},
    /^backupFleet\.databases \("A-B"\) makes workloads shop-db-a-b-…, as "a_b" does\. Give one of them an alias/,
  ],
  ['a long name', [{ name: 'a' }], { name: 'a'.repeat(21) }, /^backupFleet\.name \("a+"\) has 21 characters/],
  ['an alias', [{ name: 'a', alias: 'A' }], {}, /^backupFleet\.databases\.alias \("A"\) is not a DNS-1123 name/],
  ['the maintenance database', [{ name: 'postgres' }], {}, /^database\.name \("postgres"\) is also the maintenance/],
])('%s is refused', (_what, databases, props, message) => {
  expect(() => fleet(databases, props)).toThrow(message);
});

test('a name of 63 strange bytes makes names that Kubernetes takes', () => {
  const { objects } = fleet([{ name: 'Ünïcode $ '.repeat(5) }, { name: 'x'.repeat(63) }], { name: 'a'.repeat(20) });
  expect(names(objects)).toHaveLength(6);
  for (const name of names(objects)) expect(name).toMatch(/^[a-z0-9-]{1,52}$/);
});
