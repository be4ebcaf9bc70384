import { Cron, Duration } from 'cdk8s';
import { BackupAlerts, BackupCronJob, BackupDashboard, BackupDashboardProps, RestoreDrill, Retention } from '../../src';
import { RuleSet } from '../support/monitoring/alert-scenarios';
import { KubeMetrics, STEP } from '../support/monitoring/kube-metrics';
import { describeWithPromtool, promtool } from '../support/machine/promtool';
import { chart, database, Manifest, manifest, storage } from '../support/manifests/synth';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: unknown;
  targets?: { refId: string; expr: string; datasource: unknown }[];
}

function synth(
  props: Partial<BackupDashboardProps> = {},
  more = 0,
  rto?: Duration,
): {
  configMap: Manifest;
  rules: RuleSet;
  dashboard: Record<string, unknown> & { uid: string };
  panels: Panel[];
} {
  const scope = chart();
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
  });
  const drill = new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup, rto });
  const others = Array.from(
    { length: more },
    (_, index) =>
      new BackupCronJob(scope, `other-${index}`, {
        name: `other-${index}`,
        database: backup.database,
        folder: `other-${index}`,
        storage: backup.storage,
        schedule: Cron.daily(),
        retention: Retention.keep({ daily: 7 }),
      }),
  );
  const alerts = new BackupAlerts(scope, 'alerts', {
    name: 'shop-alerts',
    backups: [backup, ...others],
    drills: [drill],
  });
  new BackupDashboard(scope, 'dashboard', { name: 'shop-backup-dashboard', alerts, ...props });
  const configMap = manifest(scope, 'ConfigMap', props.name ?? 'shop-backup-dashboard');
  const dashboard = JSON.parse(Object.values(configMap.data as Record<string, string>)[0]!);
  const rules = manifest(scope, 'PrometheusRule').spec as RuleSet;
  return { configMap, rules, dashboard, panels: dashboard.panels };
}

const { configMap, rules, dashboard, panels } = synth();

test('the sidecar of Grafana finds the ConfigMap, and Flux leaves its variables alone', () => {
  expect(configMap.metadata.labels).toEqual({ grafana_dashboard: '1' });
  expect(configMap.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' });
  expect(Object.keys(configMap.data)).toEqual(['shop-shop-backup-dashboard.json']);
  const other = synth({ labels: { dashboards: 'yes' }, annotations: { grafana_folder: 'Backups' } }).configMap.metadata;
  expect(other.labels).toEqual({ dashboards: 'yes' });
  expect(other.annotations).toMatchObject({ grafana_folder: 'Backups' });
});

test('the dashboard is the same whenever it is made, and another name is another dashboard', () => {
  expect(synth().configMap).toEqual(configMap);
  expect(dashboard).toMatchObject({ title: 'PostgreSQL backups shop', schemaVersion: 39 });
  expect(dashboard.id).toBeUndefined(); // the database of Grafana gives it
  expect(dashboard.uid).toMatch(/^[a-zA-Z0-9_-]{8,40}$/);
  expect(synth({ name: 'another' }).dashboard.uid).not.toBe(dashboard.uid);
});

test('panels have ids of their own and lie within the 24 columns, none over another', () => {
  expect(panels.map(({ id }) => id)).toEqual(panels.map((_panel, index) => index + 1));
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => ({ x: x + (cell % w), y: y + Math.floor(cell / w) })),
  );
  expect(cells.filter(({ x }) => x < 0 || x > 23)).toEqual([]);
  expect(new Set(cells.map(({ x, y }) => `${x} ${y}`)).size).toBe(cells.length);
});

test('it shows what is wrong, the last successes and their history, durations, drills and claims', () => {
  const cronJobs = [
    'Overdue',
    'Failed since the last success',
    'Missing',
    'Suspended',
    'Last successes',
    'Success history',
    'Duration of the last run',
  ];
  expect(panels.map(({ title }) => title)).toEqual([
    'Backups',
    ...cronJobs,
    'Drills',
    ...cronJobs,
    'Claims',
    'Free, the fullest ten',
    'Size',
  ]);
});

test('drills with an objective have a column with what they took of it', () => {
  expect(JSON.stringify(dashboard)).not.toContain('Of the objective');
  const { panels: withObjective } = synth({}, 0, Duration.hours(1));
  const columns = withObjective
    .filter(({ title }) => title === 'Last successes')
    .map((panel) => JSON.stringify(panel).includes('"Of the objective"'));
  expect(columns).toEqual([false, true]);
});

test('it has one size, however many databases there are', () => {
  expect(synth({}, 20).configMap).toEqual(configMap);
});

test('the reader chooses namespaces and CronJobs among those that the alerts watch', () => {
  const { list } = dashboard.templating as { list: { name: string; definition?: string; allValue?: string }[] };
  const watched = 'cronjob:postgres_backup_stale_after_seconds{alerts="shop/shop-alerts"';
  expect(list.map(({ name, definition, allValue }) => [name, definition, allValue])).toEqual([
    ['datasource', undefined, undefined],
    ['namespace', `label_values(${watched}}, namespace)`, '.*'],
    ['cronjob', `label_values(${watched}, namespace=~"$namespace"}, cronjob)`, '.*'],
  ]);
});

test('every query goes to the data source that the reader chooses', () => {
  const chosen = { type: 'prometheus', uid: '${datasource}' };
  const shown = panels.filter(({ type }) => type !== 'row');
  expect(
    shown
      .flatMap(({ datasource, targets }) => [datasource, ...targets!.map((target) => target.datasource)])
      .filter((datasource) => JSON.stringify(datasource) !== JSON.stringify(chosen)),
  ).toEqual([]);
  const [first] = (dashboard.templating as { list: object[] }).list;
  expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
});

describeWithPromtool('the queries', () => {
  const expressionsOf = (shown: Panel[]) =>
    shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll(/\$(namespace|cronjob)/g, '.*')));
  const expressions = expressionsOf(panels);

  test('are PromQL', () => {
    const all = [...expressions, ...expressionsOf(synth({}, 0, Duration.hours(1)).panels)];
    const rules = all.map((expr, index) => ({ record: `query:${index}`, expr }));
    const { status, output } = promtool(
      { 'rules.yaml': { groups: [{ name: 'queries', rules }] } },
      'check',
      'rules',
      'rules.yaml',
    );
    expect(output).toContain(`SUCCESS: ${all.length} rules found`);
    expect(status).toBe(0);
  });

  test('find what kube-state-metrics and the kubelet tell, also from two instances', () => {
    const metrics = new KubeMetrics('shop', 1440)
      .cronJob('shop-db-backup')
      .cronJob('other')
      .twice()
      .run({ cronJob: 'shop-db-backup', job: 'first', from: 60, to: 90, succeeds: true })
      .run({ cronJob: 'shop-db-backup', job: 'second', from: 120, to: 140, succeeds: true })
      .run({ cronJob: 'shop-db-backup', job: 'third', from: 180, to: 190, succeeds: false })
      .run({ cronJob: 'other', job: 'fourth', from: 180, to: 190, succeeds: false })
      .claim('shop-backup', 25, 100, { from: 120, to: 140 });
    const backup = '{namespace="shop", cronjob="shop-db-backup"}';
    const claim = '{namespace="shop", persistentvolumeclaim="shop-backup"}';
    const allowed = (24 + 1 + 6) * 60;
    const results: [string, number | null][] = [
      ['{}', 0],
      ['{}', 1],
      ['{}', 0],
      ['{}', 0],
      [backup, 50 * 60],
      [backup, 50 / allowed],
      [backup, 20 * 60],
      [backup, 1],
      ['{}', null],
      ['{}', null],
      [backup, 50 / allowed],
      [backup, 20 * 60],
      ['{}', 0],
      ['{}', 0],
      ['{}', 1], // there is no such drill
      ['{}', 0],
      ...Array.from({ length: 8 }, (): [string, null] => ['{}', null]),
      [claim, 0.25],
      [claim, 75],
      [claim, 100],
    ];
    expect(results).toHaveLength(expressions.length);
    const { output } = promtool(
      {
        'rules.yaml': rules,
        'queries.yaml': {
          rule_files: ['rules.yaml'],
          evaluation_interval: `${STEP}m`,
          tests: [
            {
              interval: `${STEP}m`,
              input_series: metrics.inputSeries,
              promql_expr_test: expressions.map((expr, index) => {
                const [labels, value] = results[index]!;
                return { expr, eval_time: '190m', exp_samples: value === null ? [] : [{ labels, value }] };
              }),
            },
          ],
        },
      },
      'test',
      'rules',
      'queries.yaml',
    );
    expect(output).toContain('SUCCESS');
  });
});
