import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupCronJobProps,
  OffsiteCopy,
  OffsiteTarget,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
} from '../../../src';
import { chart, database, storage, type Manifest } from '../manifests/synth';
import { proofFor } from '../zitadel/zitadel-decryption';

/** Programs that come before the image's own, by name. */
export type Tools = Record<string, string>;

export interface ClusterProps extends Partial<
  Pick<BackupCronJobProps, 'excludeTableData' | 'folder' | 'format' | 'compression'>
> {
  /** @default shop */
  readonly databaseName?: string;
  /**
   * Whether there is a drill, with a proof of ZITADEL's masterkey.
   * @default false
   */
  readonly drill?: boolean;
  /** The bucket that the dumps are copied to. A restore and a drill take the copies then. */
  readonly offsite?: (secrets: SecretExpectations) => OffsiteTarget;
}

/** The manifests of a backup, with a ConfigMap of programs that come first in the search path of its pods. */
export function cluster(
  tools: Tools,
  { databaseName = 'shop', drill = false, offsite, ...props }: ClusterProps = {},
): Manifest[] {
  const scope = chart();
  const shop = database(scope, { name: databaseName });
  (shop.password._list as SecretExpectations).expectKey('app', 'masterkey', {
    bytes: 32,
    sameAsDump: true,
    because: 'nothing can be decrypted without it',
  });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: shop,
    storage: storage(scope),
    schedule: Cron.schedule({ hour: '2', minute: '0' }),
    retention: Retention.keep({ daily: 7, weekly: 4 }),
    ...props,
  });
  const target = offsite?.(shop.password._list as SecretExpectations);
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, offsite: target });
  if (drill) new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, proof: proofFor(scope) });
  if (target !== undefined) {
    new OffsiteCopy(scope, 'offsite', { name: 'shop-offsite', backup, target, schedule: Cron.daily() });
    new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, offsite: target });
  }
  const manifests = Testing.synth(scope) as Manifest[];
  for (const { spec } of manifests.filter(({ kind }) => kind === 'CronJob')) {
    const {
      containers: [main],
      initContainers: [, ...steps],
      volumes,
    } = spec.jobTemplate.spec.template.spec;
    // What lends a program has another image, without bash.
    for (const container of [main, ...steps.filter(({ command }: { command: string[] }) => command.length === 3)]) {
      const [shell, run, script] = container.command;
      const chosen = container === main ? `"\${SCRIPT:-${script}}"` : script;
      container.command = [shell, '-c', `PATH=/tools:$PATH exec ${shell} ${run} ${chosen}`];
      container.volumeMounts.push({ name: 'tools', mountPath: '/tools', readOnly: true });
    }
    volumes.push({ name: 'tools', configMap: { name: 'tools', defaultMode: 0o755 } });
  }
  return [...manifests, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tools' }, data: tools }];
}
