import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  DrillPick,
  DrillSource,
  Isolation,
  NetworkPeer,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresDatabase,
  PostgresImage,
  Quiesce,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
} from '../../src';
import { chart, Manifest, storage } from '../support/manifests/synth';

const peer = NetworkPeer.addresses(['10.0.0.5']);

interface Options {
  readonly offsite?: boolean;
  readonly quiesce?: Quiesce;
  readonly pick?: DrillPick;
  readonly isolation?: Isolation;
  readonly sameAsDump?: boolean;
  readonly source?: DrillSource;
}

function objects({ offsite = true, quiesce, pick, isolation, sameAsDump, source }: Options = {}): Manifest[] {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const key = (name: string) => secrets.expectKey('shop-offsite', name, { minBytes: 16, sameAsDump });
  const target = OffsiteTarget.s3({
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'dumps',
    accessKey: key('accessKey'),
    secretKey: key('secretKey'),
    encryption: OffsiteEncryption.crypt(key('password'), key('salt')),
  });
  const backup = {
    database: PostgresDatabase.at('shop-db', {
      name: 'shop',
      user: 'postgres',
      password: secrets.expectKey('shop-db', 'password'),
      image: PostgresImage.alpine('17.2'),
    }),
    storage: storage(scope),
  };
  const from = offsite ? target : undefined;
  new BackupCronJob(scope, 'backup', {
    ...backup,
    name: 'shop-backup',
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 1 }),
  });
  new RestoreJob(scope, 'restore-nas', { name: 'shop-restore-nas', backup });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, quiesce, isolation, offsite: from });
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, pick, isolation, offsite: from, source });
  return Testing.synth(scope) as Manifest[];
}

const pod = (manifests: Manifest[], name: string) =>
  manifests.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === name)!.spec.jobTemplate.spec.template
    .spec;
const names = (containers: { name: string }[]) => containers.map(({ name }) => name);

test('a restore from a bucket does not mount the claim, which may be gone', () => {
  const spec = pod(objects(), 'shop-restore');
  expect(JSON.stringify(spec)).not.toContain('persistentVolumeClaim');
  expect(spec.volumes).toContainEqual({ name: 'storage', emptyDir: { sizeLimit: '5Gi' } });
  expect(names(spec.initContainers)).toEqual(['check-secrets', 'lend-rclone', 'fetch']);
});

test('the container that restores has no key of the bucket, and the one that fetches no password of the database', () => {
  const { containers, initContainers } = pod(objects(), 'shop-restore');
  expect(JSON.stringify(containers)).not.toContain('shop-offsite');
  const fetching = initContainers.find(({ name }: { name: string }) => name === 'fetch');
  expect(JSON.stringify(fetching)).not.toContain('shop-db');
});

test('offsite is none by default: what restores from the claim needs neither rclone nor a bucket', () => {
  const manifests = objects({ offsite: false });
  for (const name of ['shop-restore', 'shop-drill']) {
    expect(JSON.stringify(pod(manifests, name))).not.toMatch(/rclone|OFFSITE/);
  }
});

test('a drill of copies writes its evidence to the claim, and fetches without seeing it', () => {
  const { containers, initContainers } = pod(objects(), 'shop-drill');
  expect(containers[0].volumeMounts).toContainEqual({ name: 'storage', mountPath: '/backups' });
  for (const container of initContainers) expect(JSON.stringify(container)).not.toContain('"storage"');
});

test('a restore from a bucket stops a service too', () => {
  const spec = pod(objects({ quiesce: { deployment: 'shop-web' } }), 'shop-restore');
  expect(names(spec.initContainers)).toEqual(['check-secrets', 'lend-kubectl', 'lend-rclone', 'fetch']);
});

test('isolated, a restore reaches the database and the bucket, and a drill the bucket alone', () => {
  const ports = (name: string) =>
    objects({ isolation: Isolation.exceptFor({ database: peer, bucket: peer }) })
      .find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name)!
      .spec.egress.flatMap((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));
  expect(ports('shop-restore')).toEqual([53, 53, 5432, 443]);
  expect(ports('shop-drill')).toEqual([53, 53, 443]);
});

test('copies are not drilled in turn: that takes the evidence on the claim', () => {
  expect(() => objects({ pick: DrillPick.ROTATE })).toThrow(/^restoreDrill\.pick \("rotate"\) needs the dumps/);
});

test('another password of the copies stops no backup, and no restore of a dump on the claim: neither looks at it', () => {
  const manifests = objects({ sameAsDump: true });
  for (const name of ['shop-backup', 'shop-restore-nas']) {
    expect(JSON.stringify(pod(manifests, name))).not.toContain('shop-offsite');
  }
});

test('what fetches a copy can name the secret whose password does not open it', () => {
  const { initContainers } = pod(objects(), 'shop-restore');
  expect(initContainers.at(-1).env).toContainEqual({
    name: 'OFFSITE_PASSWORD_SOURCE',
    value: 'secret shop-offsite, key password, and secret shop-offsite, key salt',
  });
});

test('in turn, the container that fetches reads the evidence on the claim and cannot write there', () => {
  const { initContainers } = pod(objects({ source: DrillSource.IN_TURN }), 'shop-drill');
  const named = (wanted: string) => initContainers.find(({ name }: { name: string }) => name === wanted);
  expect(named('fetch').volumeMounts).toContainEqual({ name: 'storage', mountPath: '/nas', readOnly: true });
  expect(named('restore').volumeMounts).toEqual(
    expect.arrayContaining([
      { name: 'storage', mountPath: '/backups' },
      { name: 'fetched', mountPath: '/fetched' },
    ]),
  );
});

test('source is the bucket by default, and needs one', () => {
  expect(pod(objects(), 'shop-drill')).toEqual(pod(objects({ source: DrillSource.OFFSITE }), 'shop-drill'));
  expect(() => objects({ offsite: false, source: DrillSource.IN_TURN })).toThrow(
    /^restoreDrill\.source \("turn"\) needs a bucket/,
  );
});
