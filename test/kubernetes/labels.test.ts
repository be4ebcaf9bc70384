import { Chart, Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupCronJobProps,
  Isolation,
  NetworkPeer,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
} from '../../src';
import { chart, database, Manifest, storage } from '../support/manifests/synth';

const DESCRIPTION = 'kubernetes.io/description';

/** One of each kind of object. */
function manifests(props: Partial<BackupCronJobProps> = {}): Manifest[] {
  const scope: Chart = chart();
  const isolation = Isolation.exceptFor({
    database: NetworkPeer.pods({ app: 'db' }),
    apiServer: NetworkPeer.addresses(['10.0.0.1']),
  });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 3, daily: 7, weekly: 4 }),
    ...props,
  });
  const trigger = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: '0'.repeat(64), requestId: '42' });
  new RestoreJob(scope, 'restore', {
    name: 'shop-restore',
    backup,
    isolation,
    quiesce: { deployment: 'shop' },
  });
  new RestoreJob(scope, 'once', { name: 'shop-restore', backup, trigger });
  const key = new SecretExpectations(scope, 'keys', { name: 'keys' }).expectKey('app', 'key', {
    because: 'rows are encrypted with it',
  });
  new RestoreDrill(scope, 'drill', {
    name: 'shop-drill',
    backup,
    proof: {
      name: 'the key fits',
      key,
      sql: "SELECT pg_read_binary_file(:'key_file') IS NOT NULL",
    },
  });
  return Testing.synth(scope) as Manifest[];
}

const all = manifests();
const templates = all
  .filter(({ kind }) => /Job$/.test(kind))
  .map(({ kind, spec }) => (kind === 'CronJob' ? spec.jobTemplate.spec : spec).template);
const of = (kind: string, name: string) =>
  all.find((object) => object.kind === kind && object.metadata.name === name)!.metadata.annotations![DESCRIPTION];

test('one selector finds every object of the library', () => {
  expect(new Set(all.map(({ kind }) => kind))).toEqual(
    new Set([
      'ConfigMap',
      'PersistentVolumeClaim',
      'CronJob',
      'Job',
      'ServiceAccount',
      'Role',
      'RoleBinding',
      'NetworkPolicy',
    ]),
  );
  for (const {
    metadata: { name, labels },
  } of [...all, ...templates]) {
    expect({ name, ...labels }).toMatchObject({
      'app.kubernetes.io/name': 'postgres-backup',
      'app.kubernetes.io/managed-by': 'cdk8s',
      'app.kubernetes.io/component': expect.any(String),
    });
  }
});

test('every object says in one line what it is for', () => {
  for (const {
    kind,
    metadata: { name, annotations },
  } of all) {
    expect(`${kind} ${name}: ${annotations?.[DESCRIPTION]}`).toMatch(/: [A-Z][^\r\n]+[.>]$/);
  }
  expect(of('CronJob', 'shop-backup')).toBe(
    'Dumps the database shop on shop-db, reads each dump back to its end, and keeps the newest 3 dumps, 7 daily ' +
      'and 4 weekly ones on the claim shop-backup.',
  );
  expect(of('CronJob', 'shop-restore')).toMatch(/kubectl -n shop create job --from=cronjob\/shop-restore <name>$/);
  expect(of('Job', 'shop-restore-42')).toBe(
    'Restores the dump shop-20261123-020000 of the database shop on shop-db, once.',
  );
});

test('a description of the consumer comes before ours', () => {
  const own = manifests({ annotations: { [DESCRIPTION]: 'Ours.' } }).find(
    ({ kind, metadata }) => kind === 'CronJob' && metadata.name === 'shop-backup',
  );
  expect(own!.metadata.annotations![DESCRIPTION]).toBe('Ours.');
});

test('kubectl logs and exec take the container that does the work', () => {
  expect(templates).toHaveLength(4);
  for (const { metadata, spec } of templates) {
    expect(spec.containers.map(({ name }: { name: string }) => name)).toEqual([
      metadata.annotations['kubectl.kubernetes.io/default-container'],
    ]);
  }
});
