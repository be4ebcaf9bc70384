import { CLAIM, CronJobMetrics, series, STALE_AFTER } from './metrics';
import { Kind } from './watched';

/** The columns of a Grafana dashboard. */
const COLUMNS = 24;

/** The variable that lets the reader choose: a dashboard does not know the uid of its Prometheus. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The schema of Grafana 10.4; later versions migrate it. */
const SCHEMA_VERSION = 39;

/** The reader's choice: a name, or several as a regular expression. */
const CHOSEN = { namespace: { pattern: '$namespace' }, cronjob: { pattern: '$cronjob' } };

export interface DashboardContents {
  readonly uid: string;
  readonly title: string;
  /** Name of the `BackupAlerts` in recorded metrics. */
  readonly alerts: string;
  /** Whether any copies are watched. */
  readonly hasCopies: boolean;
  readonly hasDrills: boolean;
  /** Whether any drills have a recovery time objective. */
  readonly hasObjectives: boolean;
}

type Unit = 's' | 'bytes' | 'percentunit' | 'none';

interface Panel {
  readonly type: 'stat' | 'timeseries' | 'state-timeline' | 'table';
  readonly title: string;
  readonly description?: string;
  readonly width: number;
  readonly height: number;
  readonly unit: Unit;
  readonly thresholds?: readonly Threshold[];
  /** PromQL, by the name of its line or its column. */
  readonly lines: { readonly [legend: string]: string };
  /** The columns of a table, in their order. */
  readonly columns?: { readonly [title: string]: Column };
}

interface Column {
  readonly unit: Unit;
  readonly thresholds?: readonly Threshold[];
}

interface Threshold {
  readonly color: string;
  readonly from: number | null;
}

/** Thresholds that are red from a value on. */
function redFrom(value: number): Threshold[] {
  return [
    { color: 'green', from: null },
    { color: 'red', from: value },
  ];
}

/** Thresholds of an age, as a part of the allowed age. */
const AGE: readonly Threshold[] = [
  { color: 'green', from: null },
  { color: 'orange', from: 0.9 },
  { color: 'red', from: 1 },
];

const ORANGE_FROM_1: readonly Threshold[] = [
  { color: 'green', from: null },
  { color: 'orange', from: 1 },
];

/** Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function dashboard({ uid, title, alerts, hasCopies, hasDrills, hasObjectives }: DashboardContents): object {
  const rows = [
    { title: 'Backups', panels: cronJobPanels(alerts, 'backup') },
    ...(hasCopies ? [{ title: 'Copies', panels: cronJobPanels(alerts, 'copy') }] : []),
    ...(hasDrills ? [{ title: 'Drills', panels: cronJobPanels(alerts, 'drill', hasObjectives) }] : []),
    { title: 'Claims', panels: claimPanels(alerts) },
  ];
  return {
    uid,
    title,
    tags: ['postgresql', 'backup'],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    timezone: 'browser',
    time: { from: 'now-30d', to: 'now' },
    refresh: '5m',
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
          hide: 0,
          refresh: 1,
          options: [],
        },
        variable('namespace', 'Namespace', series(STALE_AFTER, { alerts })),
        variable('cronjob', 'CronJob', series(STALE_AFTER, { alerts, namespace: CHOSEN.namespace })),
      ],
    },
    annotations: { list: [] },
    panels: laidOut(rows),
  };
}

/**
 * The values of a label, from which the reader chooses. `.*` stands for all values, so that a query does not grow with
 * their number.
 */
function variable(name: string, label: string, metric: string): object {
  const query = `label_values(${metric}, ${name})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: name },
    hide: 0,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
    options: [],
  };
}

function cronJobPanels(alerts: string, kind: Kind, hasObjectives = false): Panel[] {
  const metrics = new CronJobMetrics({ alerts, kind, ...CHOSEN }, CHOSEN.namespace);
  const count = { type: 'stat', width: 6, height: 4, unit: 'none' } as const;
  const number = (expression: string): string => `count(${expression}) or vector(0)`;
  return [
    {
      ...count,
      title: 'Overdue',
      lines: { overdue: number(metrics.overdue) },
      description: 'The last success, or the creation where there was none, is longer ago than the alerts allow.',
      thresholds: redFrom(1),
    },
    {
      ...count,
      title: 'Failed since the last success',
      lines: { failed: number(metrics.failed) },
      thresholds: ORANGE_FROM_1,
    },
    { ...count, title: 'Missing', lines: { missing: number(metrics.missing) }, thresholds: redFrom(1) },
    { ...count, title: 'Suspended', lines: { suspended: number(metrics.suspended) }, thresholds: ORANGE_FROM_1 },
    {
      type: 'table',
      title: 'Last successes',
      description:
        'The age is since the creation where nothing has succeeded. Of what is allowed, 100 % is the interval of the ' +
        'schedule and the slack: an alert.',
      width: 24,
      height: 10,
      unit: 'none',
      lines: {
        Age: metrics.age,
        'Of what is allowed': metrics.ageOfAllowed,
        'Last run took': metrics.lastDuration,
        ...(hasObjectives && { 'Of the objective': metrics.durationOfObjective }),
        'Failed Jobs that are kept': metrics.failures,
        'Next run in': metrics.untilNext,
        Suspended: metrics.suspended,
      },
      columns: {
        Age: { unit: 's' },
        'Of what is allowed': { unit: 'percentunit', thresholds: AGE },
        'Last run took': { unit: 's' },
        ...(hasObjectives && { 'Of the objective': { unit: 'percentunit' as const, thresholds: AGE } }),
        'Failed Jobs that are kept': { unit: 'none', thresholds: ORANGE_FROM_1 },
        'Next run in': { unit: 's' },
        Suspended: { unit: 'none', thresholds: ORANGE_FROM_1 },
      },
    },
    {
      type: 'state-timeline',
      title: 'Success history',
      description: 'Red while the last success was longer ago than the alerts allow. Choose CronJobs above.',
      width: 12,
      height: 10,
      unit: 'percentunit',
      lines: { '{{namespace}}/{{cronjob}}': metrics.ageOfAllowed },
      thresholds: AGE,
    },
    {
      type: 'timeseries',
      title: 'Duration of the last run',
      width: 12,
      height: 10,
      unit: 's',
      lines: { '{{namespace}}/{{cronjob}}': metrics.lastDuration },
    },
  ];
}

function claimPanels(alerts: string): Panel[] {
  const labels = { alerts, namespace: CHOSEN.namespace };
  const [capacity, free] = [CLAIM.capacity, CLAIM.free].map(
    (metric) => `max by (namespace, persistentvolumeclaim) (${series(metric, labels)})`,
  ) as [string, string];
  const claim = '{{namespace}}/{{persistentvolumeclaim}}';
  return [
    {
      type: 'stat',
      title: 'Free, the fullest ten',
      width: 24,
      height: 4,
      unit: 'percentunit',
      lines: { [claim]: `bottomk(10, ${free})` },
      description: 'Measured while a backup ran. A folder on a NAS reports the whole NAS.',
      thresholds: [
        { color: 'red', from: null },
        { color: 'orange', from: 0.1 },
        { color: 'green', from: 0.2 },
      ],
    },
    {
      type: 'timeseries',
      title: 'Size',
      width: 24,
      height: 8,
      unit: 'bytes',
      lines: { [`${claim} used`]: `${capacity} * (1 - ${free})`, [`${claim} capacity`]: capacity },
    },
  ];
}

/** Panels from left to right, as many as fit, under the title of their row. Ids count from 1. */
function laidOut(rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.width > COLUMNS || (height > 0 && panel.height !== height)) {
        y += height;
        x = 0;
      }
      placed.push({ id: placed.length + 1, ...model(panel), gridPos: { x, y, w: panel.width, h: panel.height } });
      x += panel.width;
      height = panel.height;
    }
    y += height;
  }
  return placed;
}

function model({ type, title, description, unit, thresholds, lines, columns }: Panel): object {
  const isInstant = type === 'stat' || type === 'table';
  const queries = Object.entries(lines).map(([name, expr], index) => ({
    name,
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    expr,
  }));
  return {
    type,
    title,
    ...(description !== undefined && { description }),
    datasource: DATASOURCE,
    targets: queries.map(({ name, refId, expr }) => ({
      refId,
      datasource: DATASOURCE,
      expr,
      legendFormat: name,
      instant: isInstant,
      range: !isInstant,
      ...(type === 'table' && { format: 'table' }),
    })),
    ...(columns !== undefined && { transformations: joined(queries) }),
    fieldConfig: {
      defaults: {
        unit,
        min: isInstant ? undefined : 0,
        ...(type === 'state-timeline' && { color: { mode: 'thresholds' } }),
        thresholds: steps(thresholds ?? [{ color: 'blue', from: null }]),
      },
      overrides: Object.entries(columns ?? {}).map(([name, column]) => ({
        matcher: { id: 'byName', options: name },
        properties: [
          { id: 'unit', value: column.unit },
          ...(column.thresholds === undefined
            ? []
            : [
                { id: 'thresholds', value: steps(column.thresholds) },
                { id: 'custom.cellOptions', value: { type: 'color-background' } },
              ]),
        ],
      })),
    },
    options: OPTIONS[type],
  };
}

const OPTIONS: Readonly<Record<Panel['type'], object>> = {
  stat: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value', graphMode: 'none' },
  timeseries: {},
  'state-timeline': { mergeValues: true, showValue: 'never', perPage: 20 },
  table: { sortBy: [{ displayName: 'Of what is allowed', desc: true }] },
};

/** Joins the results of the queries of a table: a line per CronJob, and a column per query with its name. */
function joined(queries: readonly { readonly name: string; readonly refId: string }[]): object[] {
  const columns = queries.map(({ name, refId }) => [`Value #${refId}`, name] as const);
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(
          ['namespace', 'cronjob', ...columns.map(([value]) => value)].map((name, index) => [name, index]),
        ),
        renameByName: { namespace: 'Namespace', cronjob: 'CronJob', ...Object.fromEntries(columns) },
      },
    },
  ];
}

function steps(thresholds: readonly Threshold[]): object {
  return { mode: 'absolute', steps: thresholds.map(({ color, from }) => ({ color, value: from })) };
}
