import { createHash } from 'node:crypto';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VERBATIM } from '../delivery/gitops-annotations';
import { BackupAlerts } from './backup-alerts';
import { dashboard } from './dashboard';
import { checkLabels, checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';

/** The content of the dashboard, and the labels by which Grafana finds it. */
export interface BackupDashboardProps {
  /** Name of the ConfigMap. */
  readonly name: string;
  /** The alerts whose CronJobs and claims are shown. Their rules record the metrics of the dashboard. */
  readonly alerts: BackupAlerts;
  /**
   * Title of the dashboard, unique in its folder.
   * @default - PostgreSQL backups, and the namespace
   */
  readonly title?: string;
  /**
   * Labels by which Grafana's sidecar finds the ConfigMap.
   * @default - { grafana_dashboard: '1' }
   */
  readonly labels?: { [name: string]: string };
  /**
   * Annotations, e.g. `{ grafana_folder: 'Backups' }` if the sidecar has that `folderAnnotation`.
   * @default - none
   */
  readonly annotations?: { [name: string]: string };
}

/**
 * A Grafana dashboard in a ConfigMap, for the sidecar of Grafana's chart. It shows the age of the last successes, the
 * CronJobs that are overdue, failed or suspended, the duration of runs, and the free space of the claims. No metric
 * counts the dumps on the claim: `RESTORE_ACTION=list` does.
 *
 * Its size does not depend on the number of databases: Grafana asks Prometheus for their names. The metric
 * `cronjob:postgres_backup_stale_after_seconds`, which the rules of `BackupAlerts` record, names the watched CronJobs
 * and the age from which each is red. Without these rules the dashboard is empty: kube-state-metrics exports the labels
 * and annotations of CronJobs only on request.
 */
export class BackupDashboard extends Construct {
  /** Identifies the dashboard in Grafana, and its address there. */
  public readonly uid: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupDashboardProps) {
    super(scope, id);
    checkName('backupDashboard.name', props.name);
    takeName(this, 'ConfigMap', 'backupDashboard.name', props.name);
    checkLabels('backupDashboard.labels', props.labels);
    const namespace = Chart.of(this).namespace ?? 'default';
    this.uid = createHash('sha256').update(`${namespace}/${props.name}`).digest('hex').slice(0, 20);
    const contents = dashboard({
      uid: this.uid,
      title: props.title ?? `PostgreSQL backups ${namespace}`,
      alerts: props.alerts._id,
      hasCopies: props.alerts._watches.some(({ kind }) => kind === 'copy'),
      hasDrills: props.alerts._watches.some(({ kind }) => kind === 'drill'),
      hasObjectives: props.alerts._watches.some(({ rto }) => rto !== undefined),
    });
    this.node.defaultChild = new k8s.KubeConfigMap(this, 'config-map', {
      metadata: {
        name: props.name,
        labels: props.labels ?? { grafana_dashboard: '1' },
        annotations: { ...props.annotations, ...VERBATIM },
      },
      // The sidecar puts the files of all namespaces into one folder.
      data: { [`${namespace}-${props.name}.json`]: `${JSON.stringify(contents, null, 2)}\n` },
    });
  }
}
