import { Chart, Cron, Duration, Size } from 'cdk8s';
import {
  BackupCronJob,
  BackupPvc,
  KustomizedApp,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
} from 'cdk8s-postgres-backup';

const app = new KustomizedApp();
const chart = new Chart(app, 'apps', { namespace: 'apps' });
const secrets = new SecretExpectations(chart, 'secrets');
const storage = new BackupPvc(chart, 'storage', {
  name: 'apps-backup',
  storageClassName: 'nfs',
  size: Size.gibibytes(100),
});

const nextcloud = new BackupCronJob(chart, 'nextcloud', {
  name: 'nextcloud-backup',
  storage,
  database: PostgresDatabase.at('nextcloud-db', {
    name: 'nextcloud',
    user: 'postgres',
    image: PostgresImage.debian('17.2'),
    password: secrets.expectKey('nextcloud-db', 'password'),
  }),
  schedule: Cron.schedule({ minute: '30', hour: '1' }),
  retention: Retention.keep({ daily: 14, weekly: 8, monthly: 6 }),
});
new RestoreJob(chart, 'nextcloud-restore', { name: 'nextcloud-restore', backup: nextcloud });
new RestoreDrill(chart, 'nextcloud-drill', { name: 'nextcloud-drill', backup: nextcloud });

const gitea = new BackupCronJob(chart, 'gitea', {
  name: 'gitea-backup',
  storage,
  database: PostgresDatabase.at('gitea-postgresql.gitea.svc', {
    name: 'gitea',
    user: 'postgres',
    image: PostgresImage.alpine('16.4'),
    port: 5433,
    password: secrets.expectKey('gitea-db', 'POSTGRES_PASSWORD'),
  }),
  schedule: Cron.schedule({ minute: '0', hour: '*/6' }),
  retention: Retention.keep({ last: 8, daily: 7 }),
  activeDeadline: Duration.hours(1),
});
new RestoreJob(chart, 'gitea-restore', { name: 'gitea-restore', backup: gitea });

app.synth();
