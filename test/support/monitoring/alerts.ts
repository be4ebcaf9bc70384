import { Cron, Duration } from 'cdk8s';
import {
  BackupAlerts,
  BackupAlertsProps,
  BackupCronJob,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
} from '../../../src';
import { RuleSet } from './alert-scenarios';
import { chart, database, Manifest, manifest, storage } from '../manifests/synth';

export interface AlertsProps extends Partial<BackupAlertsProps> {
  readonly timeZone?: string;
  readonly schedule?: Cron;
  readonly drillSchedule?: Cron;
  readonly rto?: Duration;
  readonly trigger?: RestoreTrigger;
}

/** The object of a backup, its claim, a drill and a restore. */
export function alerts(
  { timeZone, schedule, drillSchedule, rto, trigger, ...props }: AlertsProps = {},
  scope = chart(),
): Manifest {
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: schedule ?? Cron.schedule({ hour: '2', minute: '0' }),
    retention: Retention.keep({ daily: 7 }),
    timeZone,
  });
  new BackupAlerts(scope, 'alerts', {
    name: 'shop-backup-alerts',
    backups: [backup],
    drills: [new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup, schedule: drillSchedule, rto })],
    restores: [new RestoreJob(scope, 'restore', { name: 'shop-db-restore', backup, trigger })],
    ...props,
  });
  return manifest(scope, 'PrometheusRule');
}

/** Its rules. */
export function rules(props: AlertsProps = {}): RuleSet {
  return alerts(props).spec as RuleSet;
}
