import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { PrometheusRule, PrometheusRuleSpecGroupsRules } from '../../imports/monitoring.coreos.com';
import { BackupCronJob } from '../backup/backup-cron-job';
import { VERBATIM } from '../delivery/flux-annotations';
import { checkCount, InvalidPropError } from '../errors';
import { CronJobMetrics } from './metrics';
import { backupRules, claimRules, drillRules, monitoringRules, restoreRules, templateRules } from './rules';
import { watchedNamespace, staleAfter, watched, Watched } from './watched';
import { checkLabels, checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';
import { RestoreDrill } from '../drill/restore-drill';
import { RestoreJob } from '../restore/restore-job';

/** What is watched, and how closely. */
export interface BackupAlertsProps {
  /** Name of the PrometheusRule. */
  readonly name: string;
  /** Backups that have to succeed, and whose claims must not fill up. At least one. */
  readonly backups: BackupCronJob[];
  /**
   * Restores: their templates must stay suspended, and those that a merge starts must not fail.
   * @default - none
   */
  readonly restores?: RestoreJob[];
  /**
   * Drills that have to succeed.
   * @default - none
   */
  readonly drills?: RestoreDrill[];
  /**
   * How much longer than the longest interval of its schedule the last success of a backup may be ago. At least 1
   * minute.
   * @default - the starting deadline and the deadline of the backup together: what is late or slow, and allowed, is no
   * alert
   */
  readonly slack?: Duration;
  /**
   * The same for drills.
   * @default - the starting deadline and the deadline of the drill together
   */
  readonly drillSlack?: Duration;
  /**
   * How much of a claim has to be free, in percent, from 1 to 99.
   * @default 10
   */
  readonly minFreePercent?: number;
  /**
   * Where it is written what to do; every alert has it as `runbook_url`.
   * @default - none
   */
  readonly runbookUrl?: string;
  /**
   * Labels of the object, which the `ruleSelector` of Prometheus may ask for, e.g. `{ release: 'kube-prometheus-stack'
   * }`.
   * @default - none
   */
  readonly labels?: { [name: string]: string };
  /**
   * Labels of every alert beside `severity`, e.g. to route them to a team.
   * @default - none
   */
  readonly alertLabels?: { [name: string]: string };
}

/**
 * Alerts on backups, drills and restores, as a PrometheusRule of the Prometheus operator. They need the metrics of
 * kube-state-metrics 2.5 or later, with their own `namespace` label (`honorLabels`), and those of the kubelet for the
 * claims.
 *
 * A run that is left out, since daylight saving skips its hour, is a backup that is missing, and an alert. The success
 * of a Job that a kubectl before 1.28 has created from a CronJob does not count: the CronJob does not learn of it.
 */
export class BackupAlerts extends Construct {
  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupAlertsProps) {
    super(scope, id);
    checkName('backupAlerts.name', props.name);
    takeName(this, 'PrometheusRule', 'backupAlerts.name', props.name);
    checkLabels('backupAlerts.labels', props.labels);
    if (props.backups.length === 0) {
      throw new InvalidPropError(
        'backupAlerts.backups',
        props.backups,
        'watches nothing',
        'Name at least one BackupCronJob',
      );
    }
    const minFreePercent = checkCount('backupAlerts.minFreePercent', props.minFreePercent ?? 10, 1, 99);
    const backups = props.backups.map((backup) => watched('backupAlerts.backups', backup, props.slack));
    const drills = (props.drills ?? []).map((drill) => watched('backupAlerts.drills', drill, props.drillSlack));
    const rules = [
      ...backups.flatMap(backupRules),
      ...claims(props.backups, backups).flatMap((claim) => claimRules(claim, minFreePercent)),
      ...drills.flatMap(drillRules),
      ...(props.restores ?? []).flatMap(rulesOfRestore),
      ...[...new Set(backups.map(({ namespace }) => namespace))].flatMap(monitoringRules),
    ];
    this.node.defaultChild = new PrometheusRule(this, 'rule', {
      metadata: { name: props.name, labels: props.labels, annotations: VERBATIM },
      spec: { groups: [{ name: props.name, rules: rules.map((rule) => withCommon(rule, props)) }] },
    });
  }
}

/** Each claim once. Its last measurement counts until the next backup must have succeeded. */
function claims(backups: BackupCronJob[], watches: Watched[]): { namespace: string; name: string; window: Duration }[] {
  const windows = new Map<string, { namespace: string; name: string; window: Duration }>();
  backups.forEach(({ storage }, index) => {
    const watch = watches[index]!;
    const { namespace } = watch;
    const key = `${namespace}/${storage.claimName}`;
    const seconds = Math.max(staleAfter(watch), windows.get(key)?.window.toSeconds() ?? 0);
    windows.set(key, { namespace, name: storage.claimName, window: Duration.seconds(seconds) });
  });
  return [...windows.values()];
}

function rulesOfRestore(restore: RestoreJob): PrometheusRuleSpecGroupsRules[] {
  const namespace = watchedNamespace('backupAlerts.restores', restore);
  const { name, trigger } = restore;
  return trigger.requestId === undefined
    ? templateRules({ namespace, name, suspended: new CronJobMetrics(namespace, name).suspended })
    : restoreRules({ namespace, name });
}

function withCommon(
  rule: PrometheusRuleSpecGroupsRules,
  { alertLabels, runbookUrl }: BackupAlertsProps,
): PrometheusRuleSpecGroupsRules {
  return {
    ...rule,
    labels: { ...alertLabels, ...rule.labels },
    annotations: { ...rule.annotations, ...(runbookUrl !== undefined && { runbook_url: runbookUrl }) },
  };
}
