import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { BackupAlerts, BackupDashboard } from '..';
import { IdentityInternal } from './chart';

/**
 * What tells a person that the backup of `identity-internal` needs one. In a folder of its own: Flux applies all of a
 * folder or nothing, and a cluster that lacks the CRDs of the Prometheus operator must be backed up all the same.
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
