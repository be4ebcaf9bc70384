import { Chart, Cron, Duration, Size } from 'cdk8s';
import { Construct } from 'constructs';
import {
  BackupCronJob,
  BackupPvc,
  Isolation,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  Runbook,
  SecretExpectations,
} from '..';
import { zitadelChecks } from './checks';
import { zitadelDecryption } from './decryption';
import { clusterNames, notBackedUp, zitadel } from './service';

/** Secrets that setup makes once and that are not in Git: a fresh cluster needs copies of them. */
const madeBySetup = {
  'iam-admin': 'the key of the first administrator; a restored database knows no other, and setup makes it once',
  'iam-admin-pat': 'the token with which automation administers ZITADEL; setup makes it once',
  'login-client': 'the login pages sign in to ZITADEL with it; setup makes it once',
};

/** The guard of the namespace, which is in a chart of its own. */
export const GUARD = 'identity-internal-guard';

/**
 * Backup and restore of the ZITADEL instance in the namespace `identity-internal`. The namespace itself is long-lived,
 * and is declared elsewhere. Every name here is persisted in the cluster or on the NAS: renaming means migrating.
 */
export class IdentityInternal extends Chart {
  public readonly backup: BackupCronJob;
  public readonly restore: RestoreJob;
  public readonly drill: RestoreDrill;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'identity-internal' });

    const secrets = new SecretExpectations(this, 'secrets', { name: 'zitadel-expected-secrets' });
    const masterkey = secrets.expectKey('zitadel-secret', 'masterkey', {
      bytes: 32,
      sameAsDump: true,
      because: 'without it a restored database cannot be decrypted',
      gitFile: 'k8s/prod/21-secrets-zitadel.enc.yaml',
    });
    secrets.expectKey('sops-age', 'age.agekey', {
      namespace: 'flux-system',
      because: 'Flux decrypts the other secrets of this namespace with it',
    });
    for (const [secretName, because] of Object.entries(madeBySetup)) {
      secrets.expectSecret(secretName, { because, optionalUntil: 'the first setup of ZITADEL has made it' });
    }

    const database = PostgresDatabase.at('zitadel-db', {
      name: 'zitadel',
      user: 'postgres',
      password: secrets.expectKey('zitadel-db-secret', 'POSTGRES_PASSWORD', {
        gitFile: 'k8s/prod/20-secrets-db.enc.yaml',
      }),
      image: PostgresImage.alpine('16.4'),
    });

    const storage = new BackupPvc(this, 'storage', {
      name: 'zitadel-backup',
      storageClassName: 'nfs-client',
      size: Size.gibibytes(50),
    });

    this.backup = new BackupCronJob(this, 'backup', {
      name: 'zitadel-db-backup',
      database,
      storage,
      schedule: Cron.schedule({ hour: '2', minute: '0' }),
      retention: Retention.keep({ within: Duration.days(2), daily: 7, weekly: 4 }),
      recoveryWindow: Duration.days(7),
      checks: zitadelChecks,
    });

    this.restore = new RestoreJob(this, 'restore', {
      name: 'zitadel-db-restore',
      backup: this.backup,
      stopCommand: zitadel.stopCommand(this),
    });

    this.drill = new RestoreDrill(this, 'drill', {
      name: 'zitadel-db-drill',
      backup: this.backup,
      proof: zitadelDecryption(masterkey),
      isolation: Isolation.complete(),
    });

    const { backup, restore, drill } = this;
    new Runbook(this, 'runbook', {
      backup,
      restore,
      drill,
      secrets,
      service: zitadel,
      guard: GUARD,
      ...clusterNames,
      notBackedUp,
    });
  }
}
