import { Chart, Cron, Size, Testing } from 'cdk8s';
import {
  BackupFleet,
  BackupPvc,
  FleetDatabase,
  PostgresImage,
  PostgresServer,
  Retention,
  ScheduleWindow,
  SecretExpectations,
} from '../../src';
import { manifestsOf } from '../../src/manifests/manifest';
import { check, POLICIES } from '../../src/policies/all';

const policy = POLICIES.filter(({ id }) => id === 'runs-at-once');

/** Databases on one server, or on several, at one time. */
function findings(databases: readonly Partial<FleetDatabase>[], hosts: readonly string[] = ['shop-db']): string[] {
  const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  const password = new SecretExpectations(chart, 'secrets').expectKey('db', 'password');
  hosts.forEach((host, number) => {
    const storage = new BackupPvc(chart, `claim-${number}`, {
      name: `claim-${number}`,
      storageClassName: 'nfs',
      size: Size.gibibytes(5),
    });
    new BackupFleet(chart, `fleet-${number}`, {
      name: `fleet-${number}`,
      server: PostgresServer.at(host, { user: 'postgres', password, image: PostgresImage.alpine('17.2') }),
      databases: databases
        .map((database, index) => ({ schedule: Cron.daily(), drill: false, ...database, name: `db-${index}` }))
        .filter((_database, index) => index % hosts.length === number),
      storage,
      window: ScheduleWindow.between('20:00', '06:00'),
      backupOptions: { retention: Retention.keep({ daily: 7 }) },
    });
  });
  const objects = Testing.synth(chart) as object[];
  return check(
    objects.flatMap((object) => manifestsOf('shop.yaml', object)),
    policy,
  ).map(({ resource, path, message }) => `${resource.name} ${path} ${message}`);
}

const times = (count: number, database: Partial<FleetDatabase> = {}): Partial<FleetDatabase>[] =>
  Array.from({ length: count }, () => database);

test('eleven at once are told once for their server and once for their claim', () => {
  expect(findings(times(11))).toEqual([
    'fleet-0-db-0-backup spec.schedule is "0 0 * * *": 11 runs begin at 00:00 UTC on the server shop/shop-db:5432',
    'fleet-0-db-0-backup spec.schedule is "0 0 * * *": 11 runs begin at 00:00 UTC on the claim shop/claim-0',
  ]);
});

test('ten at once are well, and so are more on several servers and claims, or suspended', () => {
  expect(findings(times(10))).toEqual([]);
  expect(findings(times(20), ['one', 'two'])).toEqual([]);
  expect(findings([...times(10), ...times(5, { suspend: true })])).toEqual([]);
});

test('two claims on one server are one server', () => {
  expect(findings(times(12), ['db.shop.svc', 'db.shop.svc'])).toEqual([
    expect.stringMatching(/^fleet-0-db-0-backup .* 12 runs begin at 00:00 UTC on the server db\.shop\.svc:5432$/),
  ]);
});

test('drills count for the claim', () => {
  const drilled = times(6, { drill: true, drillSchedule: Cron.daily() });
  expect(findings(drilled)).toEqual([
    expect.stringMatching(/^fleet-0-db-0-backup .* 12 runs begin at 00:00 UTC on the claim shop\/claim-0$/),
  ]);
});

test('a thousand databases that are spread over ten hours are no crowd', () => {
  expect(findings(times(1000, { schedule: undefined, drill: true }))).toEqual([]);
});
