import { Chart, Cron, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
} from '../../src';
import { ScriptConfigMap } from '../../src/workload/script-config-map';
import { database, storage } from '../support/manifests/synth';

/** Two charts of one id, below different parents of one app. */
function nested(
  namespaces: readonly [string, string] = ['shop', 'shop'],
  app: Construct = Testing.app(),
): [Chart, Chart] {
  const [east, west] = ['east', 'west'].map(
    (id, i) => new Chart(new Construct(app, id), 'backup', { namespace: namespaces[i] }),
  );
  return [east!, west!];
}

/** A backup with a claim and a folder that no other one has. */
function backup(scope: Chart, name: string, id: string): BackupCronJob {
  return new BackupCronJob(scope, id, {
    name,
    database: database(scope),
    storage: { claimName: id, accessModes: storage(scope).accessModes },
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
  });
}

describe('objects of one name in one namespace, of which the last to be applied would win, are refused', () => {
  test('the scripts of nested charts of one id', () => {
    const [east, west] = nested();
    ScriptConfigMap.of(east);
    expect(() => ScriptConfigMap.of(west)).toThrow(
      'chart.id ("backup") makes a second ConfigMap backup-backup-scripts, beside that of ' +
        'east/backup/postgres-backup-scripts: in one namespace the last to be applied would win. Use another id',
    );
  });

  test('their lists of expected secrets', () => {
    const [east, west] = nested();
    new SecretExpectations(east, 'secrets');
    expect(() => new SecretExpectations(west, 'secrets')).toThrow(
      'secretExpectations.name ("backup-expected-secrets") makes a second ConfigMap ' +
        'backup-expected-secrets, beside that of east/backup/secrets: in one namespace the last to be applied ' +
        'would win. Use another name',
    );
    expect(() => new SecretExpectations(west, 'others', { name: 'west-secrets' })).not.toThrow();
  });

  test('workloads, a CronJob and a Job too: what belongs to them has their name', () => {
    const app = Testing.app();
    const [east, west] = ['east', 'west'].map((id) => new Chart(app, id, { namespace: 'shop' })) as [Chart, Chart];
    const eastern = backup(east, 'db-backup', 'east-dumps');
    const names = { database: eastern.database, storage: eastern.storage };
    expect(() => new RestoreJob(west, 'restore', { name: 'db-backup', backup: names })).toThrow(
      'restoreJob.name ("db-backup") makes a second workload db-backup, ' +
        'beside that of east/east-dumps/workload: in one namespace the last to be applied would win. Use another name',
    );
    const trigger = RestoreTrigger.onMerge({
      dump: 'shop-20261123-020000',
      sha256: '0'.repeat(64),
      requestId: 'backup',
    });
    expect(() => new RestoreJob(west, 'merged', { name: 'db', backup: names, trigger })).toThrow(
      'restoreJob.name ("db-backup") makes a second workload db-backup',
    );
  });

  test('alerts and dashboards', () => {
    const [east, west] = nested();
    const props = { name: 'backups', backups: [backup(east, 'db-backup', 'dumps')] };
    const alerts = new BackupAlerts(east, 'alerts', props);
    new BackupDashboard(east, 'dashboard', { name: 'backups', alerts });
    expect(() => new BackupAlerts(west, 'alerts', props)).toThrow(
      'backupAlerts.name ("backups") makes a second PrometheusRule backups',
    );
    expect(() => new BackupDashboard(west, 'dashboard', { name: 'backups', alerts })).toThrow(
      'backupDashboard.name ("backups") makes a second ConfigMap backups',
    );
  });

  test('claims', () => {
    const [east, west] = nested();
    storage(east);
    expect(() => storage(west)).toThrow(
      'backupPvc.name ("shop-backup") makes a second PersistentVolumeClaim shop-backup, beside that of ' +
        'east/backup/storage',
    );
  });
});

test('objects of one name are no matter in two namespaces, or in two apps', () => {
  for (const charts of [nested(['shop', 'store']), [nested()[0], nested()[0]]]) {
    for (const chart of charts) backup(chart, 'db-backup', 'dumps');
  }
});
