import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { BackupAlerts, BackupDashboard } from '..';
import { IdentityInternal } from './chart';

/**
 * Alerts on the backup of `identity-internal`, and its dashboard. They have a folder of their own: Flux applies all of
 * a folder or nothing, and the backup must also run in a cluster that lacks the CRDs of the Prometheus operator.
 */
export class IdentityInternalMonitoring extends Chart {
  constructor(scope: Construct, id: string, { backup, restore, drill }: IdentityInternal) {
    super(scope, id, { namespace: 'identity-internal' });
    const alerts = new BackupAlerts(this, 'alerts', {
      name: 'zitadel-backup-alerts',
      backups: [backup],
      restores: [restore],
      drills: [drill],
    });
    new BackupDashboard(this, 'dashboard', { name: 'zitadel-backup-dashboard', alerts });
  }
}
