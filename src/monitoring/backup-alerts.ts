import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { PrometheusRule, PrometheusRuleSpecGroupsRules } from '../../imports/monitoring.coreos.com';
import { BackupCronJob } from '../backup/backup-cron-job';
import { VERBATIM } from '../delivery/gitops-annotations';
import { checkCount, InvalidPropError } from '../errors';
import {
  claimRules,
  cronJobRules,
  monitoringRules,
  objectiveRules,
  recordedCronJobs,
  restoreRules,
  templateRules,
} from './rules';
import { staleAfter, watched, Watched, WatchedClaim, watchedNamespace, WatchedRestore } from './watched';
import { checkLabels, checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';
import { OffsiteCopy } from '../offsite/offsite-copy';
import { RestoreDrill } from '../drill/restore-drill';
import { RestoreJob } from '../restore/restore-job';

/** The objects to watch, and the limits. */
export interface BackupAlertsProps {
  /** Name of the PrometheusRule. */
  readonly name: string;
  /** Backups that have to succeed, and whose claims must not fill up. At least one. */
  readonly backups: BackupCronJob[];
  /**
   * Restores: templates must stay suspended, and restores by a merge must not fail.
   * @default - none
   */
  readonly restores?: RestoreJob[];
  /**
   * Drills that have to succeed within their `rto`.
   * @default - none
   */
  readonly drills?: RestoreDrill[];
  /**
   * Copies to a bucket that have to succeed.
   * @default - none
   */
  readonly copies?: OffsiteCopy[];
  /**
   * Age that the last success of a backup may have beyond the longest interval of its schedule. At least 1 minute.
   * @default - the starting deadline and the deadline of the backup together: a run that begins and ends as late as
   * they allow raises no alert
   */
  readonly slack?: Duration;
  /**
   * The same for drills.
   * @default - the starting deadline and the deadline of the drill together
   */
  readonly drillSlack?: Duration;
  /**
   * The same for copies.
   * @default - the starting deadline and the deadline of the copy together
   */
  readonly copySlack?: Duration;
  /**
   * Part of a claim that has to be free, in percent, from 1 to 99.
   * @default 10
   */
  readonly minFreePercent?: number;
  /**
   * The address of your runbook; every alert has it as `runbook_url`.
   * @default - none
   */
  readonly runbookUrl?: string;
  /**
   * Labels of the object, e.g. those of the `ruleSelector` of Prometheus: `{ release: 'kube-prometheus-stack' }`.
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
 * The most bytes of an object. `kubectl apply` copies the object into an annotation of itself, of 262,144 bytes at
 * most.
 */
const MOST_BYTES = 230_000;

/**
 * Alerts on backups, copies, drills and restores, as a PrometheusRule of the Prometheus operator. A recorded metric
 * names each CronJob once, and every alert joins it, so that a thousand databases have as many alerts as one. Beyond
 * about a thousand, the rules are split into several objects, `<name>`, `<name>-2` and so on.
 *
 * The alerts need the metrics of kube-state-metrics 2.5 or later, with their own `namespace` label (`honorLabels`), and
 * those of the kubelet for the claims.
 *
 * A run that is left out, since daylight saving skips its hour, is a missing backup, and raises an alert. A Job that a
 * kubectl before 1.28 has created from a CronJob does not count: the CronJob does not learn of its success.
 */
export class BackupAlerts extends Construct {
  /**
   * Distinguishes the CronJobs that it watches from those of others, in the labels of recorded metrics.
   * @internal
   */
  public readonly _id: string;
  /**
   * The CronJobs that have to succeed.
   * @internal
   */
  public readonly _watches: readonly Watched[];

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupAlertsProps) {
    super(scope, id);
    checkName('backupAlerts.name', props.name);
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
    const backups = props.backups.map((backup) => watched('backupAlerts.backups', 'backup', backup, props.slack));
    const drills = (props.drills ?? []).map((drill) =>
      watched('backupAlerts.drills', 'drill', drill, props.drillSlack),
    );
    const [templates, merged] = restores(props.restores ?? []);
    const copies = (props.copies ?? []).map((copy) => watched('backupAlerts.copies', 'copy', copy, props.copySlack));
    const watches = [...backups, ...copies, ...drills];
    const namespaces = [...new Set(backups.map(({ namespace }) => namespace))];
    this._id = `${Chart.of(this).namespace ?? 'default'}/${props.name}`;
    this._watches = watches;
    const rules = [
      ...recordedCronJobs(this._id, watches),
      ...cronJobRules(this._id, 'backup', watches),
      ...claimRules(this._id, claims(props.backups, backups), minFreePercent),
      ...cronJobRules(this._id, 'copy', watches),
      ...cronJobRules(this._id, 'drill', watches),
      ...objectiveRules(this._id, watches),
      ...templateRules(templates),
      ...restoreRules(merged),
      ...namespaces.flatMap(monitoringRules),
    ].map((rule) => withCommon(rule, props));
    const objects = inObjects(rules).map((group, index) => this.object(index, group, props));
    this.node.defaultChild = objects[0];
  }

  /** The first object has the name alone; each of the others also has a number. */
  private object(index: number, rules: PrometheusRuleSpecGroupsRules[], props: BackupAlertsProps): PrometheusRule {
    const name = index === 0 ? props.name : `${props.name}-${index + 1}`;
    takeName(this, 'PrometheusRule', 'backupAlerts.name', props.name, name);
    return new PrometheusRule(this, index === 0 ? 'rule' : `rule-${index + 1}`, {
      metadata: { name, labels: props.labels, annotations: VERBATIM },
      spec: { groups: [{ name, rules }] },
    });
  }
}

/** Rules in as few objects as can hold them. */
function inObjects(rules: readonly PrometheusRuleSpecGroupsRules[]): PrometheusRuleSpecGroupsRules[][] {
  const objects: PrometheusRuleSpecGroupsRules[][] = [[]];
  let size = 0;
  for (const rule of rules) {
    const bytes = Buffer.byteLength(JSON.stringify(rule));
    if (size > 0 && size + bytes > MOST_BYTES) {
      objects.push([]);
      size = 0;
    }
    objects.at(-1)!.push(rule);
    size += bytes;
  }
  return objects;
}

/** The claims, each once. The last measurement of a claim counts until the next backup must have succeeded. */
function claims(backups: BackupCronJob[], watches: Watched[]): WatchedClaim[] {
  const known = new Map<string, WatchedClaim>();
  backups.forEach(({ storage }, index) => {
    const watch = watches[index]!;
    const { namespace } = watch;
    const key = `${namespace}/${storage.claimName}`;
    const window = Math.max(staleAfter(watch), known.get(key)?.window ?? 0);
    known.set(key, { namespace, name: storage.claimName, window });
  });
  return [...known.values()];
}

/** The templates, and the Jobs that merges start. */
function restores(restoreJobs: RestoreJob[]): [WatchedRestore[], WatchedRestore[]] {
  const watches = restoreJobs.map((restore) => ({
    namespace: watchedNamespace('backupAlerts.restores', restore),
    name: restore.name,
    isTemplate: restore.trigger.requestId === undefined,
  }));
  return [watches.filter(({ isTemplate }) => isTemplate), watches.filter(({ isTemplate }) => !isTemplate)];
}

function withCommon(
  rule: PrometheusRuleSpecGroupsRules,
  { alertLabels, runbookUrl }: BackupAlertsProps,
): PrometheusRuleSpecGroupsRules {
  if (rule.alert === undefined) return rule;
  return {
    ...rule,
    labels: { ...alertLabels, ...rule.labels },
    annotations: { ...rule.annotations, ...(runbookUrl !== undefined && { runbook_url: runbookUrl }) },
  };
}
