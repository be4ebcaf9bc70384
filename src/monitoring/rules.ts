import { Duration } from 'cdk8s';
import { PrometheusRuleSpecGroupsRules } from '../../imports/monitoring.coreos.com';
import { ClaimMetrics, jobFailed, promDuration, unmonitored } from './metrics';
import { staleAfter, Watched } from './watched';

/** An alert; labels and annotations that all of them have are added where the object is made. */
type Rule = PrometheusRuleSpecGroupsRules;

/** At `critical` the next restore may fail, or lose more than was agreed on; at `warning` it would not yet. */
type Severity = 'critical' | 'warning';

const DAY = Duration.days(1);

/** What is true of backups. */
export function backupRules(backup: Watched): Rule[] {
  const { name, metrics } = backup;
  const subject = `${backup.namespace}/${name}`;
  return [
    ...commonRules('Backup', backup, {
      stale:
        'The newest dump may be older than was agreed on. The schedule makes one at least every ' +
        `${human(backup.interval)}.`,
      failed:
        'No backup has succeeded since. The log says why, and what to do. Status 3: the dump is there and ' +
        'verified, but the secrets ' +
        'that its restore needs are not.',
      failedSeverity: 'warning',
    }),
    rule('PostgresBackupSuspended', 'warning', backup, {
      expr:
        `${metrics.suspendedFor(promDuration(DAY.toSeconds()))} == 1\nand on (namespace, cronjob) time() - ` +
        `${metrics.created} > ${DAY.toSeconds()}`,
      summary: `The backup ${subject} has been suspended for more than a day`,
      description: `No backup is made by itself. Set suspend to false where ${name} is declared, and apply it.`,
    }),
  ];
}

/** What is true of drills. */
export function drillRules(drill: Watched): Rule[] {
  return commonRules('Drill', drill, {
    stale:
      'Nobody knows whether a restore would work today. The schedule proves it at least every ' +
      `${human(drill.interval)}.`,
    failed:
      'A restore has not been proven. Status 1: it failed. 4: the key does not open what is in the dump, so ' +
      'what is restored ' +
      'could not be used. 5: the key or the rows could not be proven. Metrics do not tell these apart; the log ' +
      'and drills/latest.json do.',
    failedSeverity: 'critical',
  });
}

/** What is true of the template that restores are started from: nobody may resume it. */
export function templateRules(template: {
  readonly name: string;
  readonly suspended: string;
  readonly namespace: string;
}): Rule[] {
  const { namespace, name } = template;
  return [
    rule('PostgresRestoreResumed', 'critical', template, {
      expr: `${template.suspended} == 0`,
      summary: `The restore template ${namespace}/${name} is not suspended`,
      description:
        'It restores the newest dump by itself when its schedule comes, with the new year. ' +
        `Suspend it:\n  kubectl -n ${namespace} patch cronjob/${name} -p '{"spec":{"suspend":true}}'\n` +
        `Then look for a restore that runs:\n  kubectl -n ${namespace} get jobs`,
    }),
  ];
}

/** What is true of a restore that a merge has started: nobody may be watching it. */
export function restoreRules(job: { readonly name: string; readonly namespace: string }): Rule[] {
  const { namespace, name } = job;
  return [
    rule(
      'PostgresRestoreFailed',
      'critical',
      job,
      {
        expr: jobFailed(namespace, name),
        summary: `The restore ${namespace}/${name} has failed`,
        description:
          `The live database is as it was. The log says why, and what to do:\n  kubectl -n ${namespace} logs ` +
          `job/${name}\n` +
          'The alert ends when the Job is deleted.',
      },
      'job_name',
    ),
  ];
}

/** What is true of a claim. */
export function claimRules(
  claim: { readonly namespace: string; readonly name: string; readonly window: Duration },
  minFreePercent: number,
): Rule[] {
  const { namespace, name } = claim;
  const { free } = new ClaimMetrics(namespace, name, promDuration(claim.window.toSeconds()));
  return [
    rule(
      'PostgresBackupClaimFull',
      'warning',
      claim,
      {
        expr: `${free} < ${minFreePercent / 100}`,
        summary: `The claim ${namespace}/${name} is {{ $value | humanizePercentage }} free`,
        description:
          'The next dump may not fit. Make room, or keep fewer dumps. It was measured while a backup ran. A ' +
          'folder on a NAS ' +
          `reports the free space of the whole NAS, whatever the claim asked for:\n  kubectl -n ${namespace} ` +
          `get pvc/${name}`,
      },
      'persistentvolumeclaim',
    ),
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
          'or the namespace is gone. Meanwhile none of the alerts on backups can fire. Look:\n  kubectl -n ' +
          `${namespace} get cronjobs,jobs`,
      },
    },
  ];
}

interface CommonTexts {
  readonly stale: string;
  readonly failed: string;
  readonly failedSeverity: Severity;
}

function commonRules(kind: 'Backup' | 'Drill', cronJob: Watched, texts: CommonTexts): Rule[] {
  const { namespace, name, metrics } = cronJob;
  const noun = kind.toLowerCase();
  const half = Math.round(cronJob.activeDeadline.toSeconds() / 2);
  const runNow = `Then run one:\n  kubectl -n ${namespace} create job --from=cronjob/${name} ${noun}-now`;
  return [
    rule(`Postgres${kind}Stale`, 'critical', cronJob, {
      expr: `${metrics.age} > ${staleAfter(cronJob)}`,
      for: '5m',
      summary: `No ${noun} of ${namespace}/${name} has succeeded for {{ $value | humanizeDuration }}`,
      description:
        `${texts.stale} See what became of the runs:\n  kubectl -n ${namespace} describe ` +
        `cronjob/${name}\n${runNow}`,
    }),
    rule(`Postgres${kind}Missing`, 'critical', cronJob, {
      expr: metrics.missing,
      for: '5m',
      summary: `The CronJob ${namespace}/${name} does not exist`,
      description:
        `No ${noun} runs. Apply its manifest again, and find out who deleted it:\n  kubectl -n ${namespace} get ` +
        `cronjob/${name}`,
    }),
    rule(`Postgres${kind}Failed`, texts.failedSeverity, cronJob, {
      expr: metrics.failed,
      summary: `The ${noun} ${namespace}/{{ $labels.job_name }} has failed`,
      description:
        `${texts.failed} Read it:\n  kubectl -n ${namespace} logs job/{{ $labels.job_name }} ` +
        `--all-containers\n${runNow}`,
    }),
    rule(`Postgres${kind}Slow`, 'warning', cronJob, {
      expr: metrics.runningLongerThan(half),
      summary: `The ${noun} ${namespace}/{{ $labels.job_name }} has been running for {{ $value | humanizeDuration }}`,
      description:
        `That is more than half of its deadline, ${human(cronJob.activeDeadline)}, at which it is ended. See what it ` +
        'waits for:\n' +
        `  kubectl -n ${namespace} describe pods -l batch.kubernetes.io/job-name={{ $labels.job_name }}\n` +
        `  kubectl -n ${namespace} logs job/{{ $labels.job_name }}`,
    }),
  ];
}

interface Body {
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
}

/** The labels say what it is about even where the expression loses them, and are the same for every branch of it. */
function rule(
  alert: string,
  severity: Severity,
  about: { readonly namespace: string; readonly name: string },
  body: Body,
  label = 'cronjob',
): Rule {
  const { summary, description, ...evaluated } = body;
  return {
    alert,
    ...evaluated,
    labels: { severity, namespace: about.namespace, [label]: about.name },
    annotations: { summary, description },
  };
}

/** Hours up to a few days, and days where there are more: `24 hours`, `7 days`. */
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
