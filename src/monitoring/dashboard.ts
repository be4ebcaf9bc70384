import { ClaimMetrics, promDuration } from './metrics';
import { staleAfter, Watched } from './watched';

/** The columns of a Grafana dashboard. */
const COLUMNS = 24;

/** The variable that lets the reader choose; no dashboard knows the uid of anybody's Prometheus. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Grafana 10.4; later ones migrate it. */
const SCHEMA_VERSION = 39;

/** A backup, and the claim that it writes to. */
export interface ShownBackup {
  readonly watched: Watched;
  readonly claimName: string;
}

export interface DashboardContents {
  readonly uid: string;
  readonly title: string;
  readonly backups: readonly ShownBackup[];
  readonly drills: readonly Watched[];
}

interface Panel {
  readonly type: 'stat' | 'timeseries';
  readonly title: string;
  readonly description?: string;
  readonly width: number;
  readonly height: number;
  readonly unit: 's' | 'bytes' | 'percentunit' | 'none';
  readonly thresholds?: readonly Threshold[];
  /** PromQL by what its line is called. */
  readonly lines: { readonly [legend: string]: string };
}

interface Threshold {
  readonly color: string;
  readonly from: number | null;
}

/** Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
export function dashboard({ uid, title, backups, drills }: DashboardContents): object {
  const rows = [
    ...backups.map(({ watched, claimName }) => ({
      title: `Backup ${watched.namespace}/${watched.name}`,
      panels: backupPanels(watched, claimName),
    })),
    ...drills.map((drill) => ({ title: `Drill ${drill.namespace}/${drill.name}`, panels: drillPanels(drill) })),
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
      ],
    },
    annotations: { list: [] },
    panels: laidOut(rows),
  };
}

function backupPanels(backup: Watched, claimName: string): Panel[] {
  const claim = new ClaimMetrics(backup.namespace, claimName, promDuration(staleAfter(backup)));
  return [
    ...stats(backup, 'Last run took'),
    {
      type: 'stat',
      title: `Free on ${claimName}`,
      width: 6,
      height: 4,
      unit: 'percentunit',
      lines: { free: claim.free },
      description: 'Measured while a backup ran. A folder on a NAS reports the whole NAS.',
      thresholds: [
        { color: 'red', from: null },
        { color: 'orange', from: 0.1 },
        { color: 'green', from: 0.2 },
      ],
    },
    duration(backup, 'Duration of the last run'),
    {
      type: 'timeseries',
      title: `Size of ${claimName}`,
      width: 12,
      height: 8,
      unit: 'bytes',
      lines: { used: claim.used, capacity: claim.capacity },
    },
  ];
}

function drillPanels(drill: Watched): Panel[] {
  return [...stats(drill, 'Last one took'), duration(drill, 'Duration of the last drill')];
}

function stats(cronJob: Watched, took: string): Panel[] {
  const { metrics } = cronJob;
  const stat = { type: 'stat', width: 6, height: 4 } as const;
  return [
    {
      ...stat,
      title: 'Since the last success',
      unit: 's',
      lines: { age: metrics.age },
      description: 'Since the creation where nothing has succeeded. Orange: a run is due. Red: an alert.',
      thresholds: [
        { color: 'green', from: null },
        { color: 'orange', from: cronJob.interval.toSeconds() },
        { color: 'red', from: staleAfter(cronJob) },
      ],
    },
    { ...stat, title: took, unit: 's', lines: { duration: `max(${metrics.lastDuration})` } },
    {
      ...stat,
      title: 'Failed Jobs that are kept',
      unit: 'none',
      lines: { failed: `${metrics.failures} or vector(0)` },
      thresholds: [
        { color: 'green', from: null },
        { color: 'orange', from: 1 },
      ],
    },
  ];
}

function duration({ metrics }: Watched, title: string): Panel {
  return {
    type: 'timeseries',
    title,
    width: 12,
    height: 8,
    unit: 's',
    lines: { duration: `max(${metrics.lastDuration})` },
  };
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

function model({ type, title, description, unit, thresholds, lines }: Panel): object {
  const isStat = type === 'stat';
  const steps = (thresholds ?? [{ color: 'blue', from: null }]).map(({ color, from }) => ({ color, value: from }));
  return {
    type,
    title,
    ...(description !== undefined && { description }),
    datasource: DATASOURCE,
    targets: Object.entries(lines).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      instant: isStat,
      range: !isStat,
    })),
    fieldConfig: {
      defaults: { unit, min: isStat ? undefined : 0, thresholds: { mode: 'absolute', steps } },
      overrides: [],
    },
    options: isStat
      ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value', graphMode: 'none' }
      : {},
  };
}
