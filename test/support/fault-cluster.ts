import { Cron, Testing } from 'cdk8s';
import { BackupCronJob, BackupCronJobProps, RestoreJob, Retention } from '../../src';
import { chart, database, storage, type Manifest } from './synth';

/** Programs that come before the image's own, by name. */
export type Tools = Record<string, string>;

export interface ClusterProps extends Partial<Pick<BackupCronJobProps, 'excludeTableData' | 'format' | 'compression'>> {
  /** @default shop */
  readonly databaseName?: string;
}

/** The manifests of a backup, with a ConfigMap of programs that come first in the search path of its pods. */
export function cluster(tools: Tools, { databaseName = 'shop', ...props }: ClusterProps = {}): Manifest[] {
  const scope = chart();
  const shop = database(scope, { name: databaseName });
  shop.password.expectations.expectKey('app', 'masterkey', { bytes: 32, sameAsDump: true, because: 'nothing can be decrypted without it' });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup', database: shop, storage: storage(scope),
    schedule: Cron.schedule({ hour: '2', minute: '0' }), retention: Retention.keep({ daily: 7, weekly: 4 }), ...props,
  });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup });
  const manifests = Testing.synth(scope) as Manifest[];
  for (const { spec } of manifests.filter(({ kind }) => kind === 'CronJob')) {
    const { containers: [container], volumes } = spec.jobTemplate.spec.template.spec;
    const [shell, script] = container.command;
    container.command = [shell, '-c', `PATH=/tools:$PATH exec ${shell} "\${SCRIPT:-${script}}"`];
    container.volumeMounts.push({ name: 'tools', mountPath: '/tools', readOnly: true });
    volumes.push({ name: 'tools', configMap: { name: 'tools', defaultMode: 0o755 } });
  }
  return [...manifests, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tools' }, data: tools }];
}
