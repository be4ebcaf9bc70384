import { Cron, Duration } from 'cdk8s';
import { RestoreTrigger } from '../../src';
import { alertScenarios, RuleSet } from '../support/monitoring/alert-scenarios';
import { rules } from '../support/monitoring/alerts';
import { KubeMetrics, Run, Span, STEP } from '../support/monitoring/kube-metrics';

const HOUR = 60;
const DAY = 24 * HOUR;
const STANDARD = rules();
const ON_MERGE = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: 'a'.repeat(64), requestId: '42' });

/** A namespace where nothing is wrong, but for backups, which the scenario adds. */
function cluster(
  minutes: number,
  backup: { exists?: Partial<Span>; suspended?: Span[] } = {},
  templateSuspended: Span[] = [{ from: 0, to: minutes }],
): KubeMetrics {
  return new KubeMetrics('shop', minutes)
    .cronJob('shop-db-backup', backup.exists, backup.suspended)
    .cronJob('shop-db-drill')
    .cronJob('shop-db-restore', {}, templateSuspended)
    .success('shop-db-drill', 0);
}

/** The nightly run of a day, which takes 10 minutes unless told otherwise. */
function night(day: number, run: Partial<Run> = {}): Run {
  const from = day * DAY + 2 * HOUR;
  return { cronJob: 'shop-db-backup', job: `shop-db-backup-${day}`, from, to: from + STEP, succeeds: true, ...run };
}

/** Every night of the days, but those that are told. */
function nights(metrics: KubeMetrics, different: Record<number, Partial<Run> | null> = {}): KubeMetrics {
  for (let day = 0; day < metrics.minutes / DAY; day += 1) {
    const run = different[day];
    if (run !== null) metrics.run(night(day, run));
  }
  return metrics;
}

/**
 * An alert on staleness: 24 hours, the starting deadline of an hour, and the deadline of six; it is seen a step later,
 * and fires after 5 minutes.
 */
const STALE = DAY + HOUR + 6 * HOUR + 2 * STEP;
/** How long a value counts that is not there any more: 15 minutes from its last sample on. */
const BRIDGE = STEP;

alertScenarios('backups', {
  'raise nothing while they succeed every night': () => ({
    rules: STANDARD,
    metrics: nights(cluster(3 * DAY)),
    fires: [],
  }),

  'raise nothing when a run begins an hour late and takes its six hours but for a moment, after a quick one': () => {
    const late = { from: DAY + 3 * HOUR, to: DAY + 8 * HOUR + 50 };
    return {
      rules: STANDARD,
      metrics: nights(cluster(3 * DAY), { 1: late }),
      fires: [{ alert: 'PostgresBackupSlow', from: DAY + 6 * HOUR + STEP, to: late.to }],
    };
  },

  'that do not come any more are stale from RPO and slack on, until one succeeds': () => ({
    rules: STANDARD,
    metrics: nights(cluster(4 * DAY), { 1: null, 2: null }),
    fires: [{ alert: 'PostgresBackupStale', from: 2 * HOUR + STEP + STALE, to: 3 * DAY + 2 * HOUR + STEP }],
  }),

  'that have never succeeded are stale, counted from the creation': () => ({
    rules: STANDARD,
    metrics: nights(cluster(2 * DAY, { exists: { from: 60 } }), { 0: null, 1: null }),
    fires: [
      { alert: 'PostgresBackupMissing', from: STEP, to: 60 },
      { alert: 'PostgresBackupStale', from: 60 + STALE, to: 2 * DAY },
    ],
  }),

  'that fail are an alert until one succeeds, and always of the newest': () => ({
    rules: STANDARD,
    metrics: nights(cluster(4 * DAY), { 1: { succeeds: false, to: DAY + 2 * HOUR + 30 }, 2: { succeeds: false } }),
    fires: [
      {
        alert: 'PostgresBackupFailed',
        from: DAY + 2 * HOUR + 30,
        to: 2 * DAY + 2 * HOUR + STEP,
        labels: { job_name: 'shop-db-backup-1' },
      },
      {
        alert: 'PostgresBackupFailed',
        from: 2 * DAY + 2 * HOUR + STEP,
        to: 3 * DAY + 2 * HOUR + STEP,
        labels: { job_name: 'shop-db-backup-2' },
      },
      { alert: 'PostgresBackupStale', from: 2 * HOUR + STEP + STALE, to: 3 * DAY + 2 * HOUR + STEP },
    ],
  }),

  'that fail and were made by hand are an alert too, and a later one by kubectl ends it': () => ({
    rules: STANDARD,
    metrics: nights(cluster(DAY))
      .run(night(0, { job: 'by-hand', from: 480, to: 500, succeeds: false, byHand: true }))
      .run(night(0, { job: 'by-hand-again', from: 600, to: 620 })),
    fires: [
      {
        alert: 'PostgresBackupFailed',
        from: 500,
        to: 620,
        labels: { job_name: 'by-hand', severity: 'warning', cronjob: 'shop-db-backup' },
      },
    ],
  }),

  'of another CronJob are none of ours': () => ({
    rules: STANDARD,
    metrics: nights(cluster(DAY).cronJob('other')).run(
      night(0, { cronJob: 'other', job: 'other-1', from: 480, to: 900, succeeds: false }),
    ),
    fires: [],
  }),

  'that run for more than half of their deadline are an alert while they run': () => ({
    rules: STANDARD,
    metrics: nights(cluster(DAY), { 0: { to: 2 * HOUR + 6 * HOUR, succeeds: false } }),
    fires: [
      { alert: 'PostgresBackupSlow', from: 5 * HOUR + STEP, to: 8 * HOUR },
      { alert: 'PostgresBackupFailed', from: 8 * HOUR, to: DAY },
    ],
  }),

  'that are suspended for an hour raise nothing': () => ({
    rules: STANDARD,
    metrics: nights(cluster(2 * DAY, { suspended: [{ from: 600, to: 660 }] })),
    fires: [],
  }),

  'that were suspended for more than a day are an alert, across restarts of kube-state-metrics': () => {
    const suspended = { from: DAY + 400, to: 3 * DAY };
    return {
      rules: STANDARD,
      metrics: nights(cluster(4 * DAY, { suspended: [suspended] }), { 2: null }).withoutKubeStateMetrics({
        from: 2 * DAY,
        to: 2 * DAY + STEP,
      }),
      fires: [
        { alert: 'PostgresBackupSuspended', from: 2 * DAY + 400 + STEP, to: 3 * DAY },
        { alert: 'PostgresBackupStale', from: DAY + 2 * HOUR + STEP + STALE, to: 3 * DAY + 2 * HOUR + STEP },
      ],
    };
  },

  'whose CronJob is deleted are an alert': () => ({
    rules: STANDARD,
    metrics: nights(cluster(DAY, { exists: { to: 600 } })),
    fires: [{ alert: 'PostgresBackupMissing', from: 600 + BRIDGE + STEP, to: DAY }],
  }),
});

alertScenarios('what happens to the monitoring', {
  'two instances of kube-state-metrics raise nothing, and no alert twice': () => ({
    rules: STANDARD,
    metrics: nights(cluster(2 * DAY), { 1: { succeeds: false, to: DAY + 6 * HOUR } }).twice(),
    fires: [
      { alert: 'PostgresBackupSlow', from: DAY + 5 * HOUR + STEP, to: DAY + 6 * HOUR },
      { alert: 'PostgresBackupFailed', from: DAY + 6 * HOUR, to: 2 * DAY },
      { alert: 'PostgresBackupStale', from: 2 * HOUR + STEP + STALE, to: 2 * DAY },
    ],
  }),

  'restarts of kube-state-metrics end no alert and raise none': () => ({
    rules: STANDARD,
    metrics: nights(cluster(3 * DAY), { 1: { succeeds: false }, 2: { to: 3 * DAY } }).withoutKubeStateMetrics(
      { from: 180, to: 190 },
      { from: DAY + 400, to: DAY + 410 },
      { from: 2 * DAY + 480, to: 2 * DAY + 490 },
    ),
    fires: [
      { alert: 'PostgresBackupFailed', from: DAY + 2 * HOUR + STEP, to: 3 * DAY },
      { alert: 'PostgresBackupStale', from: 2 * HOUR + STEP + STALE, to: 3 * DAY },
      { alert: 'PostgresBackupSlow', from: 2 * DAY + 5 * HOUR + STEP, to: 3 * DAY },
    ],
  }),

  'a restart of Prometheus ends no alert and raises none': () => ({
    rules: STANDARD,
    metrics: nights(cluster(2 * DAY), { 1: { succeeds: false } }).withoutPrometheus({ from: DAY + 400, to: DAY + 410 }),
    fires: [
      { alert: 'PostgresBackupFailed', from: DAY + 2 * HOUR + STEP, to: 2 * DAY },
      { alert: 'PostgresBackupStale', from: 2 * HOUR + STEP + STALE, to: 2 * DAY },
    ],
  }),

  'without kube-state-metrics the only alert is that nothing is known, and backups are not called missing': () => ({
    rules: STANDARD,
    metrics: nights(cluster(DAY)).withoutKubeStateMetrics({ from: 480, to: 720 }),
    fires: [{ alert: 'PostgresBackupUnmonitored', from: 480 + BRIDGE + 2 * STEP, to: 720 }],
  }),
});

/** The times at which Kubernetes begins a run: by the clock of a zone, and not at all in an hour that is left out. */
function localNights(from: string, days: number, hour: number): number[] {
  const start = Date.parse(from) / 60_000;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Zurich', hour: '2-digit', minute: '2-digit' });
  return Array.from({ length: days * 24 * 6 }, (_, index) => index * 10).filter(
    (minute) => clock.format((start + minute) * 60_000) === `0${hour}:30`,
  );
}

function localScenario(from: string, hour: number): { rules: RuleSet; metrics: KubeMetrics; starts: number[] } {
  const metrics = cluster(4 * DAY);
  const starts = localNights(from, 4, hour);
  starts.forEach((start, index) => metrics.run(night(index, { from: start, to: start + STEP })));
  const schedule = Cron.schedule({ hour: String(hour), minute: '30' });
  return { rules: rules({ timeZone: 'Europe/Zurich', schedule, slack: Duration.minutes(30) }), metrics, starts };
}

alertScenarios('with little slack, in a zone with daylight saving', {
  'the night whose clock is set back is no alert': () => ({ ...localScenario('2026-10-23T00:00:00Z', 3), fires: [] }),

  'the night whose clock is set forward is no alert': () => ({
    ...localScenario('2026-03-27T00:00:00Z', 3),
    fires: [],
  }),

  'a run whose hour is left out does not come, and is an alert': () => {
    const { starts, ...scenario } = localScenario('2026-03-27T00:00:00Z', 2);
    const [, before, after] = starts as [number, number, number];
    return {
      ...scenario,
      fires: [{ alert: 'PostgresBackupStale', from: before + STEP + DAY + HOUR + 30 + 2 * STEP, to: after + STEP }],
    };
  },
});

alertScenarios('a claim', {
  'with less than a tenth free is an alert, until a backup has found more': () => ({
    rules: rules({ slack: Duration.minutes(61) }),
    metrics: nights(cluster(3 * DAY))
      .claim('shop-backup', 20, 100, { from: 120, to: 130 })
      .claim('shop-backup', 9, 100, { from: DAY + 120, to: DAY + 130 })
      .claim('other', 1, 100, { from: 120, to: 130 }),
    fires: [
      {
        alert: 'PostgresBackupClaimFull',
        from: DAY + 120,
        to: 2 * DAY + 120 + HOUR + STEP,
        labels: { persistentvolumeclaim: 'shop-backup' },
      },
    ],
  }),
});

alertScenarios('restores', {
  'that a merge has started are an alert when they fail': () => ({
    rules: rules({ trigger: ON_MERGE }),
    metrics: nights(cluster(DAY)).run({ cronJob: '', job: 'shop-db-restore-42', from: 480, to: 500, succeeds: false }),
    fires: [{ alert: 'PostgresRestoreFailed', from: 500, to: DAY, labels: { job_name: 'shop-db-restore-42' } }],
  }),
});

alertScenarios('the template of restores', {
  'is an alert as soon as it is resumed': () => ({
    rules: STANDARD,
    metrics: nights(
      cluster(DAY, {}, [
        { from: 0, to: 600 },
        { from: 660, to: DAY },
      ]),
    ),
    fires: [{ alert: 'PostgresRestoreResumed', from: 600, to: 660 + BRIDGE }],
  }),
});

/** A drill a day at 04:00, which may begin 12 hours late and take 6. */
const DRILLED_DAILY = rules({ drillSchedule: Cron.schedule({ hour: '4', minute: '0' }) });

function drill(day: number, run: Partial<Run> = {}): Run {
  const from = day * DAY + 4 * HOUR;
  return { cronJob: 'shop-db-drill', job: `shop-db-drill-${day}`, from, to: from + 30, succeeds: true, ...run };
}

alertScenarios('drills', {
  'raise nothing while they succeed, however late that is allowed': () => ({
    rules: DRILLED_DAILY,
    metrics: nights(cluster(3 * DAY))
      .run(drill(0))
      .run(drill(1, { from: DAY + 16 * HOUR, to: DAY + 22 * HOUR })),
    fires: [{ alert: 'PostgresDrillSlow', from: DAY + 19 * HOUR + STEP, to: DAY + 22 * HOUR }],
  }),

  'that are refuted are an alert, and stale from their interval and slack on': () => ({
    rules: DRILLED_DAILY,
    metrics: nights(cluster(3 * DAY))
      .run(drill(0))
      .run(drill(1, { succeeds: false })),
    fires: [
      {
        alert: 'PostgresDrillFailed',
        from: DAY + 4 * HOUR + 30,
        to: 3 * DAY,
        labels: { severity: 'critical', job_name: 'shop-db-drill-1' },
      },
      { alert: 'PostgresDrillStale', from: DAY + 22 * HOUR + 30 + 2 * STEP, to: 3 * DAY },
    ],
  }),

  'that take longer than their objective are an alert, until one does not; those that fail are none': () => ({
    rules: rules({ drillSchedule: Cron.schedule({ hour: '4', minute: '0' }), rto: Duration.minutes(45) }),
    metrics: nights(cluster(4 * DAY))
      .run(drill(0, { to: 4 * HOUR + 40 }))
      .run(drill(1, { to: DAY + 4 * HOUR + 50 }))
      .run(drill(2, { to: 2 * DAY + 5 * HOUR, succeeds: false }))
      .run(drill(2, { job: 'by-hand', from: 2 * DAY + 6 * HOUR, to: 2 * DAY + 6 * HOUR + 30 }))
      .run(drill(3)),
    fires: [
      { alert: 'PostgresDrillFailed', from: 2 * DAY + 5 * HOUR, to: 2 * DAY + 6 * HOUR + 30 },
      {
        alert: 'PostgresDrillBeyondObjective',
        from: DAY + 4 * HOUR + 50,
        to: 2 * DAY + 6 * HOUR + 30,
        labels: { severity: 'warning', cronjob: 'shop-db-drill' },
      },
    ],
  }),

  'whose CronJob is deleted are an alert': () => ({
    rules: STANDARD,
    metrics: nights(
      new KubeMetrics('shop', DAY).cronJob('shop-db-backup').cronJob('shop-db-restore', {}, [{ from: 0, to: DAY }]),
    ),
    fires: [{ alert: 'PostgresDrillMissing', from: STEP, to: DAY }],
  }),
});
