import { Cron } from 'cdk8s';
import { BackupCronJob, BackupDashboard, BackupDashboardProps, RestoreDrill, Retention } from '../../src';
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

function synth(props: Partial<BackupDashboardProps> = {}): {
  configMap: Manifest;
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
  const drill = new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup });
  new BackupDashboard(scope, 'dashboard', {
    name: 'shop-backup-dashboard',
    backups: [backup],
    drills: [drill],
    ...props,
  });
  const configMap = manifest(scope, 'ConfigMap', props.name ?? 'shop-backup-dashboard');
  const dashboard = JSON.parse(Object.values(configMap.data as Record<string, string>)[0]!);
  return { configMap, dashboard, panels: dashboard.panels };
}

const { configMap, dashboard, panels } = synth();

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

test('it shows the age of the last success, durations, failures and the claim of a backup, and the age of a drill', () => {
  expect(panels.map(({ title }) => title)).toEqual([
    'Backup shop/shop-db-backup',
    'Since the last success',
    'Last run took',
    'Failed Jobs that are kept',
    'Free on shop-backup',
    'Duration of the last run',
    'Size of shop-backup',
    'Drill shop/shop-db-drill',
    'Since the last success',
    'Last one took',
    'Failed Jobs that are kept',
    'Duration of the last drill',
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
  expect(dashboard.templating).toMatchObject({
    list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }],
  });
});

test('without a backup there is nothing to show', () => {
  expect(() => synth({ backups: [] })).toThrow(/^backupDashboard\.backups \(\[\]\) shows nothing\. /);
});

describeWithPromtool('the queries', () => {
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  test('are PromQL', () => {
    const rules = expressions.map((expr, index) => ({ record: `query:${index}`, expr }));
    const { status, output } = promtool(
      { 'rules.yaml': { groups: [{ name: 'queries', rules }] } },
      'check',
      'rules',
      'rules.yaml',
    );
    expect(output).toContain(`SUCCESS: ${expressions.length} rules found`);
    expect(status).toBe(0);
  });

  test('find what kube-state-metrics and the kubelet tell, also from two instances', () => {
    const metrics = new KubeMetrics('shop', 1440)
      .cronJob('shop-db-backup')
      .cronJob('shop-db-drill')
      .twice()
      .run({ cronJob: 'shop-db-backup', job: 'first', from: 60, to: 90, succeeds: true })
      .run({ cronJob: 'shop-db-backup', job: 'second', from: 120, to: 140, succeeds: true })
      .run({ cronJob: 'shop-db-backup', job: 'third', from: 180, to: 190, succeeds: false })
      .claim('shop-backup', 25, 100, { from: 120, to: 140 });
    const claim = '{namespace="shop", persistentvolumeclaim="shop-backup"}';
    const results: [string, number | null][] = [
      ['{namespace="shop", cronjob="shop-db-backup"}', 50 * 60],
      ['{}', 20 * 60],
      ['{}', 1],
      [claim, 0.25],
      ['{}', 20 * 60],
      [claim, 75],
      [claim, 100],
      ['{namespace="shop", cronjob="shop-db-drill"}', 190 * 60],
      ['{}', null],
      ['{}', 0],
      ['{}', null],
    ];
    expect(results).toHaveLength(expressions.length);
    const { output } = promtool(
      {
        'queries.yaml': {
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
