import { createHash } from 'node:crypto';
import { Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { BackupCronJob } from '../backup/backup-cron-job';
import { VERBATIM } from '../delivery/flux-annotations';
import { InvalidPropError } from '../errors';
import { dashboard } from './dashboard';
import { watched } from './watched';
import { checkLabels, checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';
import { RestoreDrill } from '../drill/restore-drill';

/** What is shown, and to whom. */
export interface BackupDashboardProps {
  /** Name of the ConfigMap. */
  readonly name: string;
  /** Backups to show. At least one. */
  readonly backups: BackupCronJob[];
  /**
   * Drills to show.
   * @default - none
   */
  readonly drills?: RestoreDrill[];
  /**
   * Title of the dashboard, once in its folder.
   * @default - PostgreSQL backups, and the namespace
   */
  readonly title?: string;
  /**
   * The slack of the alerts, see `BackupAlerts`: from there on an age is red.
   * @default - as there
   */
  readonly slack?: Duration;
  /**
   * The slack of the alerts on drills.
   * @default - as there
   */
  readonly drillSlack?: Duration;
  /**
   * Labels by which Grafana's sidecar finds the ConfigMap.
   * @default - { grafana_dashboard: '1' }
   */
  readonly labels?: { [name: string]: string };
  /**
   * Annotations, e.g. `{ grafana_folder: 'Backups' }` where the sidecar has that `folderAnnotation`.
   * @default - none
   */
  readonly annotations?: { [name: string]: string };
}

/**
 * A Grafana dashboard in a ConfigMap, as the sidecar of Grafana's chart collects them: how old the last success is, how
 * long runs take, how full the claim is, and which Jobs failed. No metric tells how many dumps there are on the claim:
 * `RESTORE_ACTION=list` does.
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
    if (props.backups.length === 0) {
      throw new InvalidPropError(
        'backupDashboard.backups',
        props.backups,
        'shows nothing',
        'Name at least one BackupCronJob',
      );
    }
    const namespace = Chart.of(this).namespace ?? 'default';
    this.uid = createHash('sha256').update(`${namespace}/${props.name}`).digest('hex').slice(0, 20);
    const contents = dashboard({
      uid: this.uid,
      title: props.title ?? `PostgreSQL backups ${namespace}`,
      backups: props.backups.map((backup) => ({
        watched: watched('backupDashboard.backups', backup, props.slack),
        claimName: backup.storage.claimName,
      })),
      drills: (props.drills ?? []).map((drill) => watched('backupDashboard.drills', drill, props.drillSlack)),
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
