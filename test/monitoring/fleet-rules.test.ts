import { Cron, Testing } from 'cdk8s';
import {
  BackupAlerts,
  BackupFleet,
  PostgresImage,
  PostgresServer,
  Retention,
  ScheduleWindow,
  SecretExpectations,
} from '../../src';
import { describeWithPromtool, promtool } from '../support/machine/promtool';
import { chart, Manifest, storage } from '../support/manifests/synth';
import { alertScenarios, RuleSet } from '../support/monitoring/alert-scenarios';
import { KubeMetrics, STEP } from '../support/monitoring/kube-metrics';

const HOUR = 60;
const DAY = 24 * HOUR;

/** The objects with the rules of a fleet, whose drills are every day too. */
function objects(names: readonly string[], drill = true): Manifest[] {
  const scope = chart();
  const fleet = new BackupFleet(scope, 'fleet', {
    name: 'db',
    server: PostgresServer.at('shop-db', {
      user: 'postgres',
      password: new SecretExpectations(scope, 'secrets').expectKey('shop-db', 'password'),
      image: PostgresImage.alpine('17.2'),
    }),
    databases: names.map((name) => ({ name, drill, drillSchedule: Cron.daily() })),
    storage: storage(scope),
    window: ScheduleWindow.between('02:00', '02:10'),
    backupOptions: { retention: Retention.keep({ daily: 7 }) },
  });
  const { backups, restores, drills } = fleet;
  new BackupAlerts(scope, 'alerts', { name: 'alerts', backups, restores, drills });
  return (Testing.synth(scope) as Manifest[]).filter(({ kind }) => kind === 'PrometheusRule');
}

const rules = (names: readonly string[], drill = true): RuleSet => objects(names, drill)[0]!.spec as RuleSet;

/** Names of which each is a part of another. */
const THREE = ['a', 'a-a', 'a-a-a'];

/** In each night the first database fails, the second one is not there any more, and the third one takes too long. */
function night(failing: string, deleted: string, slow: string) {
  return () => {
    const metrics = new KubeMetrics('shop', DAY);
    for (const name of THREE) {
      metrics.cronJob(`db-${name}-restore`, {}, [{ from: 0, to: DAY }]);
      metrics.cronJob(`db-${name}-backup`, name === deleted ? { to: 10 * HOUR } : {});
      metrics.run({
        cronJob: `db-${name}-backup`,
        job: `db-${name}-backup-1`,
        from: 2 * HOUR,
        to: name === slow ? 6 * HOUR : 3 * HOUR,
        succeeds: name !== failing,
      });
    }
    const of = (name: string): Record<string, string> => ({ cronjob: `db-${name}-backup`, namespace: 'shop' });
    return {
      rules: rules(THREE, false),
      metrics,
      fires: [
        { alert: 'PostgresBackupFailed', from: 3 * HOUR, to: DAY, labels: of(failing) },
        { alert: 'PostgresBackupMissing', from: 10 * HOUR + 2 * STEP, to: DAY, labels: of(deleted) },
        { alert: 'PostgresBackupSlow', from: 5 * HOUR + STEP, to: 6 * HOUR, labels: of(slow) },
      ],
    };
  };
}

/** The first database is suspended and not dumped any more, the template of the second one is resumed. */
function days(suspended: string, resumed: string) {
  return () => {
    const metrics = new KubeMetrics('shop', 2 * DAY);
    for (const name of THREE) {
      metrics.cronJob(`db-${name}-restore`, {}, [{ from: 0, to: name === resumed ? DAY : 2 * DAY }]);
      metrics.cronJob(`db-${name}-backup`, {}, name === suspended ? [{ from: 0, to: 2 * DAY }] : []);
      metrics.success(`db-${name}-backup`, 0);
      if (name !== suspended) metrics.success(`db-${name}-backup`, DAY);
    }
    const of = (name: string, kind: string): Record<string, string> => ({ cronjob: `db-${name}-${kind}` });
    return {
      rules: rules(THREE, false),
      metrics,
      fires: [
        { alert: 'PostgresBackupSuspended', from: DAY, to: 2 * DAY, labels: of(suspended, 'backup') },
        { alert: 'PostgresBackupStale', from: 31 * HOUR + 2 * STEP, to: 2 * DAY, labels: of(suspended, 'backup') },
        { alert: 'PostgresRestoreResumed', from: DAY, to: 2 * DAY, labels: of(resumed, 'restore') },
      ],
    };
  };
}

const [a, b, c] = THREE as [string, string, string];

alertScenarios('of three databases', {
  'a fails, b is missing and c is slow': night(a, b, c),
  'b fails, c is missing and a is slow': night(b, c, a),
  'c fails, a is missing and b is slow': night(c, a, b),
  'a is suspended and stale, and the template of b is resumed': days(a, b),
  'b is suspended and stale, and the template of c is resumed': days(b, c),
  'c is suspended and stale, and the template of a is resumed': days(c, a),
});

const THOUSAND = Array.from({ length: 1000 }, (_, index) => `customer_${index}`);
const thousand = objects(THOUSAND);

test('there are as many alerts for a thousand databases as for one, below what kubectl takes', () => {
  const [object, ...others] = thousand;
  expect(others).toEqual([]);
  expect(JSON.stringify(object).length).toBeLessThan(262_144);
  expect((object!.spec as RuleSet).groups[0]!.rules).toHaveLength(rules(['a']).groups[0]!.rules.length);
});

test('what does not fit into an object goes into others, all below what kubectl takes', () => {
  const many = objects(Array.from({ length: 1100 }, (_, index) => `a_customer_with_a_longer_name_${index}`));
  expect(many.map(({ metadata }) => metadata.name)).toEqual(['alerts', 'alerts-2']);
  for (const object of many) expect(JSON.stringify(object).length).toBeLessThan(262_144);
  expect(objects(THREE)).toHaveLength(1);
});

describeWithPromtool('of a thousand databases', () => {
  const set = thousand[0]!.spec as RuleSet;
  const alerts = set.groups[0]!.rules.flatMap(({ alert }) => alert ?? []);

  /** How many CronJobs each alert fires for, at a time. */
  function firing(series: Record<string, string>, hours: number, wanted: Record<string, number>): string {
    const test = {
      interval: '10m',
      input_series: Object.entries(series).map(([name, value]) => ({
        series: name,
        values: `${value}+0x${hours * 6}`,
      })),
      promql_expr_test: alerts.map((alert) => ({
        expr: `count(count by (cronjob) (ALERTS{alertname="${alert}", alertstate="firing"}))`,
        eval_time: `${hours}h`,
        exp_samples: wanted[alert] === undefined ? [] : [{ labels: '{}', value: wanted[alert] }],
      })),
    };
    const files = {
      'rules.yaml': set,
      'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: '5h', tests: [test] },
    };
    return promtool(files, 'test', 'rules', 'test.yaml').output;
  }

  const namespace = { 'kube_namespace_created{namespace="shop"}': '0' };
  const cronJobs = THOUSAND.map((name) => `db-${name.replace('_', '-')}`);

  test('promtool takes the rules', () => {
    const { status, output } = promtool(
      { 'rules.yaml': set },
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      'rules.yaml',
    );
    expect(output).toContain(`SUCCESS: ${set.groups[0]!.rules.length} rules found`);
    expect(status).toBe(0);
  });

  test('each that is missing is an alert', () => {
    expect(firing(namespace, 10, { PostgresBackupMissing: 1000, PostgresDrillMissing: 1000 })).toContain('SUCCESS');
  });

  test('each that never succeeds, fails, takes too long and is suspended or resumed is an alert', () => {
    const series: Record<string, string> = { ...namespace };
    for (const name of cronJobs) {
      for (const kind of ['backup', 'drill', 'restore']) {
        const labels = `namespace="shop", cronjob="${name}-${kind}"`;
        series[`kube_cronjob_created{${labels}}`] = '0';
        series[`kube_cronjob_spec_suspend{${labels}}`] = kind === 'backup' ? '1' : '0';
        if (kind === 'restore') continue;
        const job = `namespace="shop", job_name="${name}-${kind}-1"`;
        series[`kube_job_owner{${job}, owner_kind="CronJob", owner_name="${name}-${kind}"}`] = '1';
        series[`kube_job_status_start_time{${job}}`] = '60';
        series[`kube_job_status_active{${job}}`] = '1';
        series[`kube_job_failed{${job}, condition="true"}`] = '1';
      }
    }
    const wanted = alerts.filter((alert) => /Stale|Failed|Slow|Suspended|Resumed/.test(alert));
    expect(wanted).toHaveLength(8);
    expect(firing(series, 50, Object.fromEntries(wanted.map((alert) => [alert, 1000])))).toContain('SUCCESS');
  });
});
