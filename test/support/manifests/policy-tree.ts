import { ApiObject, App, Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupPvc,
  Isolation,
  OffsiteCopy,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
  Tls,
} from '../../../src';
import { manifestsOf, type Manifest } from '../../../src/manifests/manifest';

/** An object that somebody may change: no policy can rely on its shape. */
export type Mutable = { [key: string | number]: unknown };

/** A pod that somebody else wrote, with a container of every sort. */
function foreignPod(): object {
  const container = (name: string): object => ({
    name,
    image: 'nginx:1.27.3',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [container('init')],
      containers: [container('web')],
      ephemeralContainers: [container('debug')],
      volumes: [{ name: 'cache', emptyDir: {} }],
    },
  };
}

function foreignJob(): object {
  const { spec } = foreignPod() as { spec: { containers: object[]; securityContext: object } };
  const resources = { requests: { cpu: '1m', memory: '1Mi' }, limits: { memory: '1Mi' } };
  const containers = spec.containers.map((container) => ({ ...container, resources }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'migrate',
      namespace: 'shop',
      annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
    },
    spec: {
      activeDeadlineSeconds: 60,
      template: { spec: { restartPolicy: 'OnFailure', securityContext: spec.securityContext, containers } },
    },
  };
}

function synthesized(): object[] {
  const chart = new Chart(Testing.app() as App, 'shop', { namespace: 'shop' });
  const secrets = new SecretExpectations(chart, 'secrets');
  const database = PostgresDatabase.at('shop-db', {
    name: 'shop',
    user: 'postgres',
    password: secrets.expectKey('shop-db', 'password', { because: 'login' }),
    image: PostgresImage.alpine('17.2'),
    tls: Tls.require(),
  });
  const storage = new BackupPvc(chart, 'storage', {
    name: 'shop-backup',
    storageClassName: 'nfs-client',
    size: Size.gibibytes(5),
  });
  const backup = new BackupCronJob(chart, 'backup', {
    name: 'shop-db-backup',
    database,
    storage,
    schedule: Cron.schedule({ minute: '0', hour: '2' }),
    retention: Retention.keep({ daily: 7 }),
    recoveryWindow: Duration.days(7),
  });
  // With these ten, another run on the claim at 04:30 is a crowd.
  for (let index = 0; index < 10; index++) {
    const schedule = Cron.schedule({ minute: '30', hour: '4' });
    new RestoreDrill(chart, `neighbour-${index}`, { name: `shop-db-neighbour-${index}`, backup, schedule });
  }
  const bucketKey = (name: string) => secrets.expectKey('shop-offsite', name, { because: 'the copies need it' });
  const offsite = OffsiteTarget.s3({
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'dumps',
    accessKey: bucketKey('accessKey'),
    secretKey: bucketKey('secretKey'),
    encryption: OffsiteEncryption.crypt(bucketKey('password'), bucketKey('salt')),
  });
  new OffsiteCopy(chart, 'copy', {
    name: 'shop-db-copy',
    backup,
    target: offsite,
    schedule: Cron.schedule({ minute: '30', hour: '6' }),
  });
  new RestoreJob(chart, 'restore-copy', { name: 'shop-db-restore-copy', backup, offsite });
  new RestoreDrill(chart, 'drill-copy', { name: 'shop-db-drill-copy', backup, offsite });
  new RestoreJob(chart, 'restore', { name: 'shop-db-restore', backup });
  const trigger = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: 'a'.repeat(64), requestId: '7' });
  new RestoreJob(chart, 'merged', { name: 'shop-db-restore', backup, trigger });
  new RestoreDrill(chart, 'drill', { name: 'shop-db-drill', backup, isolation: Isolation.complete() });
  new ApiObject(chart, 'secret', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'shop-token' },
    type: 'kubernetes.io/service-account-token',
  });
  new ApiObject(chart, 'flux', {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'shop' },
    spec: { interval: '10m', path: './shop', prune: true, sourceRef: { kind: 'GitRepository', name: 'flux-system' } },
  });
  return [...(Testing.synth(chart) as object[]), foreignPod(), foreignJob()];
}

const objects = synthesized();

/** The names that the examples have for the objects of the tree. */
export const OBJECTS = {
  backup: 'CronJob shop-db-backup',
  restore: 'CronJob shop-db-restore',
  merged: 'Job shop-db-restore-7',
  drill: 'CronJob shop-db-drill',
  copy: 'CronJob shop-db-copy',
  restoreOfCopy: 'CronJob shop-db-restore-copy',
  drillOfCopy: 'CronJob shop-db-drill-copy',
  claim: 'PersistentVolumeClaim shop-backup',
  scripts: 'ConfigMap shop-backup-scripts',
  secret: 'Secret shop-token',
  isolation: 'NetworkPolicy shop-db-drill',
  flux: 'Kustomization shop',
  pod: 'Pod web',
  job: 'Job migrate',
} as const;

export type ObjectName = keyof typeof OBJECTS;

/** A fresh copy of a tree with one of everything, in which one object may be changed. */
export function tree(name?: ObjectName, change: (object: Mutable) => void = () => undefined): Manifest[] {
  const copies = structuredClone(objects) as { kind: string; metadata: { name: string } }[];
  if (name !== undefined)
    change(copies.find(({ kind, metadata }) => `${kind} ${metadata.name}` === OBJECTS[name]) as Mutable);
  return copies.flatMap((object) => manifestsOf(`shop/${object.kind}.yaml`, object));
}

export type Path = readonly (string | number)[];

/** Sets what is at a path, making what is missing on the way; undefined removes it. */
export function set(object: Mutable, path: Path, value: unknown): void {
  const parent = path.slice(0, -1).reduce<Mutable>((inner, key, index) => {
    inner[key] ??= typeof path[index + 1] === 'number' ? [] : {};
    return inner[key] as Mutable;
  }, object);
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
}
