import { Duration } from 'cdk8s';
import { PrometheusRuleSpecGroupsRules } from '../../imports/monitoring.coreos.com';
import {
  anyOf,
  CLAIM,
  ClaimMetrics,
  CronJobMetrics,
  jobsFailed,
  OBJECTIVE,
  promDuration,
  resumed,
  secondsOf,
  series,
  STALE_AFTER,
  unmonitored,
} from './metrics';
import { Kind, staleAfter, Watched, WatchedClaim, WatchedRestore } from './watched';

/** A rule. The labels and annotations of all alerts are added when the object is made. */
type Rule = PrometheusRuleSpecGroupsRules;

/** At `critical`, the next restore may fail, or lose more than was agreed on; at `warning`, it would not yet. */
type Severity = 'critical' | 'warning';

/** The most CronJobs in the expression of a rule: about 100 kB. */
const MOST_NAMES = 1000;

/** The CronJob that an alert is about, in its texts. */
const SUBJECT = '{{ $labels.namespace }}/{{ $labels.cronjob }}';
const KUBECTL = 'kubectl -n {{ $labels.namespace }}';

/**
 * Recording rules of the CronJobs, with a series for each. CronJobs with the same slack and the same deadline share a
 * rule. This is the only place that names the CronJobs, so that it alone grows with their number.
 */
export function recordedCronJobs(alerts: string, watches: readonly Watched[]): Rule[] {
  const groups = grouped(watches, ({ kind, namespace, activeDeadline, ...watch }) =>
    JSON.stringify({ kind, namespace, seconds: staleAfter(watch), deadline: deadlineOf({ activeDeadline }) }),
  );
  return [...groups].flatMap(([key, group]) => {
    const { kind, namespace, seconds, deadline } = JSON.parse(key) as Record<string, string> & { seconds: number };
    const pieces = inPieces(group.map(({ name }) => name));
    return pieces.map((names, index) => ({
      record: STALE_AFTER,
      expr: secondsOf(names, seconds),
      labels: {
        alerts,
        kind: kind!,
        namespace: namespace!,
        deadline: deadline!,
        ...(index > 0 && { part: String(index + 1) }),
      },
    }));
  });
}

/** Alerts on the CronJobs of a kind. */
export function cronJobRules(alerts: string, kind: Kind, watches: readonly Watched[]): Rule[] {
  const ofKind = watches.filter((watch) => watch.kind === kind);
  if (ofKind.length === 0) return [];
  const namespace = anyOf(ofKind.map((watch) => watch.namespace));
  const metrics = new CronJobMetrics({ alerts, kind }, namespace);
  const { noun, stale, failed, failedSeverity } = TEXTS[kind];
  const alert = `Postgres${noun[0]!.toUpperCase()}${noun.slice(1)}`;
  const runNow = `Then run one:\n  ${KUBECTL} create job --from=cronjob/{{ $labels.cronjob }} ${noun}-now`;
  const ofJob = `the ${noun} {{ $labels.namespace }}/{{ $labels.job_name }}`;
  return [
    rule(`${alert}Stale`, 'critical', {
      expr: metrics.overdue,
      for: '5m',
      summary: `No ${noun} of ${SUBJECT} has succeeded for {{ $value | humanizeDuration }}`,
      description:
        `That is longer than the schedule and its slack allow. ${stale} Look at the runs:\n  ${KUBECTL} ` +
        `describe cronjob/{{ $labels.cronjob }}\n${runNow}`,
    }),
    rule(`${alert}Missing`, 'critical', {
      expr: metrics.missing,
      for: '5m',
      summary: `The CronJob ${SUBJECT} does not exist`,
      description:
        `No ${noun} runs. Apply its manifest again, and find out who deleted it:\n  ${KUBECTL} get ` +
        'cronjob/{{ $labels.cronjob }}',
    }),
    rule(`${alert}Failed`, failedSeverity, {
      expr: metrics.failed,
      summary: `T${ofJob.slice(1)} has failed`,
      description: `${failed} Read it:\n  ${KUBECTL} logs job/{{ $labels.job_name }} --all-containers\n${runNow}`,
    }),
    ...[...grouped(ofKind, deadlineOf)].map(([deadline, [{ activeDeadline }]]) =>
      rule(`${alert}Slow`, 'warning', {
        expr: new CronJobMetrics({ alerts, kind, deadline }, namespace).runningLongerThan(
          Math.round(activeDeadline.toSeconds() / 2),
        ),
        summary: `T${ofJob.slice(1)} has been running for {{ $value | humanizeDuration }}`,
        description:
          `That is more than half of its deadline, ${human(activeDeadline)}. At the deadline it is ended. Look what ` +
          'it waits for:\n' +
          `  ${KUBECTL} describe pods -l batch.kubernetes.io/job-name={{ $labels.job_name }}\n` +
          `  ${KUBECTL} logs job/{{ $labels.job_name }}`,
      }),
    ),
    ...(kind === 'backup'
      ? [
          rule(`${alert}Suspended`, 'warning', {
            expr: metrics.suspended,
            for: '1d',
            summary: `The backup ${SUBJECT} has been suspended for more than a day`,
            description:
              'No backup runs on schedule. Set suspend: false in the declaration of {{ $labels.cronjob }}, and ' +
              'apply it.',
          }),
        ]
      : []),
  ];
}

/** Recording rules and alerts of the drills that have a recovery time objective. */
export function objectiveRules(alerts: string, watches: readonly Watched[]): Rule[] {
  const drills = watches.filter(({ rto }) => rto !== undefined);
  if (drills.length === 0) return [];
  const groups = grouped(drills, ({ namespace, rto }) => JSON.stringify([namespace, rto!.toSeconds()]));
  const recorded = [...groups].flatMap(([key, group]) => {
    const [namespace, seconds] = JSON.parse(key) as [string, number];
    return inPieces(group.map(({ name }) => name)).map((names, index) => ({
      record: OBJECTIVE,
      expr: secondsOf(names, seconds),
      // Samples of one metric need labels of their own.
      labels: { alerts, namespace, rto: promDuration(seconds), ...(index > 0 && { part: String(index + 1) }) },
    }));
  });
  const metrics = new CronJobMetrics({ alerts, kind: 'drill' }, anyOf(drills.map(({ namespace }) => namespace)));
  return [
    ...recorded,
    rule('PostgresDrillBeyondObjective', 'warning', {
      expr: metrics.beyondObjective,
      summary: `The last drill of ${SUBJECT} that succeeded took {{ $value | humanizeDuration }}`,
      description:
        'That is longer than its recovery time objective, the rto of its RestoreDrill. It is the time of the whole ' +
        'Job, with the start of its pod, as a restore has it too; drills/latest.json tells the seconds of each step, ' +
        `and so does the log:\n  ${KUBECTL} logs -l app.kubernetes.io/instance={{ $labels.cronjob }} -c drill ` +
        '--tail=30\nRaise parallelJobs, or the CPU and memory of the server and the drill; or agree on another rto.',
    }),
  ];
}

/** Alerts on the templates of restores, which must stay suspended. */
export function templateRules(templates: readonly WatchedRestore[]): Rule[] {
  return byNamespace(templates).map(([namespace, names]) =>
    rule('PostgresRestoreResumed', 'critical', {
      expr: resumed(namespace, names),
      summary: `The restore template ${SUBJECT} is not suspended`,
      description:
        'It restores the newest dump by itself at its next scheduled time, the new year. ' +
        `Suspend it:\n  ${KUBECTL} patch cronjob/{{ $labels.cronjob }} -p '{"spec":{"suspend":true}}'\n` +
        `Then look for a restore that runs:\n  ${KUBECTL} get jobs`,
    }),
  );
}

/** Alerts on restores that a merge has started: no person may be watching them. */
export function restoreRules(jobs: readonly WatchedRestore[]): Rule[] {
  return byNamespace(jobs).map(([namespace, names]) =>
    rule('PostgresRestoreFailed', 'critical', {
      expr: jobsFailed(namespace, names),
      summary: 'The restore {{ $labels.namespace }}/{{ $labels.job_name }} has failed',
      description:
        `The live database is as it was. The log says why, and what to do:\n  ${KUBECTL} logs ` +
        'job/{{ $labels.job_name }}\n' +
        'The alert ends when the Job is deleted.',
    }),
  );
}

/** Recording rules and alerts of claims. */
export function claimRules(alerts: string, claims: readonly WatchedClaim[], minFreePercent: number): Rule[] {
  const groups = grouped(claims, ({ namespace, window }) => JSON.stringify([namespace, promDuration(window)]));
  const recorded = [...groups].flatMap(([key, group]) => {
    const [namespace, window] = JSON.parse(key) as [string, string];
    return inPieces(group.map(({ name }) => name)).flatMap((names, index) => {
      const metrics = new ClaimMetrics(namespace, names, window);
      const labels = { alerts, namespace, window, ...(index > 0 && { part: String(index + 1) }) };
      return [
        { record: CLAIM.capacity, expr: metrics.capacity, labels },
        { record: CLAIM.free, expr: metrics.free, labels },
      ];
    });
  });
  return [
    ...recorded,
    rule('PostgresBackupClaimFull', 'warning', {
      expr: `min by (namespace, persistentvolumeclaim) (${series(CLAIM.free, { alerts })}) < ${minFreePercent / 100}`,
      summary:
        'The claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is ' +
        '{{ $value | humanizePercentage }} free',
      description:
        'The next dump may not fit. Make room, or keep fewer dumps. The measurement is from a running backup. A ' +
        'folder on a NAS ' +
        `reports the free space of the whole NAS, whatever the claim asked for:\n  ${KUBECTL} get ` +
        'pvc/{{ $labels.persistentvolumeclaim }}',
    }),
  ];
}

/** Without metrics no other alert can fire. */
export function monitoringRules(namespace: string): Rule[] {
  return [
    {
      alert: 'PostgresBackupUnmonitored',
      expr: unmonitored(namespace),
      for: '15m',
      labels: { severity: 'warning', namespace },
      annotations: {
        summary: `Nothing is known about the backups in ${namespace}`,
        description:
          `There is no metric kube_namespace_created of ${namespace}: kube-state-metrics is down or not ` +
          'scraped, leaves this metric out, ' +
          'or the namespace is gone. Meanwhile no alert on backups can fire. Look:\n  kubectl -n ' +
          `${namespace} get cronjobs,jobs`,
      },
    },
  ];
}

interface Texts {
  readonly noun: string;
  readonly stale: string;
  readonly failed: string;
  readonly failedSeverity: Severity;
}

const TEXTS: Readonly<Record<Kind, Texts>> = {
  backup: {
    noun: 'backup',
    stale: 'The newest dump may be older than was agreed on.',
    failed:
      'No backup has succeeded since. The log says why, and what to do. Status 3: the dump exists and is ' +
      'verified, but a restore of it would fail.',
    failedSeverity: 'warning',
  },
  copy: {
    noun: 'copy',
    stale: 'A fire would take the newest dumps with it: what is off site is older.',
    failed:
      'Not every verified dump is off site. The log of the container copy says why, and what to do; so does ' +
      'offsite/latest.json. Status 3: all is copied, but an expected secret is not right.',
    failedSeverity: 'warning',
  },
  drill: {
    noun: 'drill',
    stale: 'It is unknown whether a restore would work today.',
    failed:
      'A restore has not been proven. Status 1: it failed. 4: the key does not open the data of the dump, so a ' +
      'restored database could not be used. 5: the key or the rows could not be proven. Metrics do not tell ' +
      'these apart; the log ' +
      'and drills/latest.json do.',
    failedSeverity: 'critical',
  },
};

interface Body {
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}

/** Makes an alert; the labels of the expression name its subject. */
function rule(alert: string, severity: Severity, body: Body): Rule {
  const { summary, description, ...evaluated } = body;
  return { alert, ...evaluated, labels: { severity }, annotations: { summary, description } };
}

function deadlineOf({ activeDeadline }: { readonly activeDeadline: Duration }): string {
  return promDuration(activeDeadline.toSeconds());
}

/** Groups items by their key, in the order of the first item of each group. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function byNamespace(restores: readonly WatchedRestore[]): [string, string[]][] {
  return [...grouped(restores, ({ namespace }) => namespace)].flatMap(([namespace, group]) =>
    inPieces(group.map(({ name }) => name)).map((names): [string, string[]] => [namespace, names]),
  );
}

/** Splits names, sorted and without duplicates, into pieces that an expression can take. */
function inPieces(names: readonly string[]): string[][] {
  const sorted = [...new Set(names)].sort();
  return Array.from({ length: Math.ceil(sorted.length / MOST_NAMES) }, (_, index) =>
    sorted.slice(index * MOST_NAMES, (index + 1) * MOST_NAMES),
  );
}

/** A duration in words: hours up to a few days, and days beyond, e.g. `24 hours`, `7 days`. */
function human(duration: Duration): string {
  const seconds = duration.toSeconds();
  const [size, unit] = (
    [
      [86_400, 'days'],
      [3600, 'hours'],
      [60, 'minutes'],
      [1, 'seconds'],
    ] as const
  ).find(([unitSize]) => seconds % unitSize === 0 && seconds > unitSize) ?? [1, 'seconds'];
  return `${seconds / size} ${unit}`;
}
