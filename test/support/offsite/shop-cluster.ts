import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  type DatabaseCopies,
  OffsiteCopy,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  Runbook,
  type RunbookProps,
  SecretExpectations,
} from '../../../src';
import { chart, type Manifest, storage } from '../manifests/synth';
import { Instance } from '../pods/instance';
import type { PostgresServer } from '../postgres/postgres-server';
import { RunbookCluster } from '../runbook/runbook-cluster';
import { clusterObjects } from '../runbook/runbook-objects';
import type { ObjectStore } from './object-store';
import { PROGRAMS } from './programs';
import { authorityOf, COPIER, secretOf, targetOf } from './shop';

/** A cluster with all of a shop whose dumps are copied to a bucket, and its pods. */
export interface ShopCluster {
  readonly cluster: RunbookCluster;
  readonly instance: Instance;
  /** What its runbook tells of, and the page. */
  readonly facts: RunbookProps & { readonly copies: DatabaseCopies };
  readonly page: string;
}

/** All that a shop can have: from the NAS and from the bucket, a template and a drill each. */
export function shopCluster(server: PostgresServer, store: ObjectStore): ShopCluster {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-db-backup',
    database: PostgresDatabase.at('shop-db', {
      name: 'shop',
      user: 'postgres',
      password: secrets.expectKey('shop-db', 'password', { because: 'everything logs in with it' }),
      image: PostgresImage.alpine('17.2'),
    }),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 9 }),
  });
  const target = targetOf(secrets, store.endpoint);
  const copy = new OffsiteCopy(scope, 'offsite', { name: 'shop-db-copy', backup, target, schedule: Cron.daily() });
  const restore = new RestoreJob(scope, 'restore', { name: 'shop-db-restore', backup });
  const drill = new RestoreDrill(scope, 'drill', { name: 'shop-db-drill', backup });
  const copies = {
    copy,
    restore: new RestoreJob(scope, 'restore-offsite', { name: 'shop-db-restore-offsite', backup, offsite: target }),
    drill: new RestoreDrill(scope, 'drill-offsite', { name: 'shop-db-drill-offsite', backup, offsite: target }),
  };
  const facts = { backup, restore, drill, copies, secrets };
  const page = new Runbook(scope, 'runbook', facts).toMarkdown();
  const manifests = [...(Testing.synth(scope) as Manifest[]), authorityOf(store)];
  const instance = new Instance(server, 'busybox', manifests, { hostPrograms: { 'lend-rclone': PROGRAMS } });
  instance.secrets['shop-offsite'] = secretOf(COPIER);
  return {
    instance,
    facts,
    page,
    cluster: new RunbookCluster(clusterObjects([], manifests), (job) => instance.startJob(job)),
  };
}
