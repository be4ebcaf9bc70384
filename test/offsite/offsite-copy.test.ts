import { Cron, Duration, Size, Testing } from 'cdk8s';
import {
  BackupCronJob,
  Isolation,
  NetworkPeer,
  OffsiteCopy,
  OffsiteCopyProps,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresDatabase,
  PostgresImage,
  Retention,
  S3BucketProps,
  SecretExpectations,
} from '../../src';
import { RCLONE_IMAGE } from '../../src/offsite/offsite-target';
import { chart, Manifest, storage, yaml } from '../support/manifests/synth';
import { RCLONE_VERSION } from '../support/offsite/programs';

const peer = NetworkPeer.addresses(['10.0.0.5']);

function objects(
  props: Partial<OffsiteCopyProps> = {},
  bucket: Partial<S3BucketProps> = {},
  backup: { timeZone?: string } = {},
  other?: (secrets: SecretExpectations) => OffsiteTarget,
): Manifest[] {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const key = (name: string) => secrets.expectKey('shop-offsite', name);
  new OffsiteCopy(scope, 'offsite', {
    name: 'shop-offsite',
    backup: new BackupCronJob(scope, 'backup', {
      name: 'shop-backup',
      database: PostgresDatabase.at('shop-db', {
        name: 'shop',
        user: 'postgres',
        password: secrets.expectKey('shop-db', 'password'),
        image: PostgresImage.alpine('17.2'),
      }),
      storage: storage(scope),
      schedule: Cron.daily(),
      retention: Retention.keep({ last: 3 }),
      timeZone: backup.timeZone,
    }),
    target:
      other?.(secrets) ??
      OffsiteTarget.s3({
        endpoint: 'https://s3.eu-central-1.amazonaws.com',
        region: 'eu-central-1',
        bucket: 'dumps',
        accessKey: key('accessKey'),
        secretKey: key('secretKey'),
        encryption: OffsiteEncryption.crypt(key('password'), key('salt')),
        ...bucket,
      }),
    schedule: Cron.schedule({ hour: '4', minute: '0' }),
    ...props,
  });
  return Testing.synth(scope) as Manifest[];
}

const cronJob = (manifests: Manifest[]) =>
  manifests.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === 'shop-offsite')!;
const pod = (manifests: Manifest[]) => cronJob(manifests).spec.jobTemplate.spec.template.spec;
const container = (manifests: Manifest[], name: string) => {
  const { initContainers, containers } = pod(manifests);
  return [...initContainers, ...containers].find((found: { name: string }) => found.name === name);
};
const variable = (manifests: Manifest[], name: string) =>
  container(manifests, 'copy').env.find((found: { name: string }) => found.name === name)?.value;

test('a copy as a reviewer sees it', () => {
  const isolation = Isolation.exceptFor({ database: peer, bucket: peer });
  const own = objects({ isolation }).filter(({ metadata }) => metadata.name === 'shop-offsite');
  expect(own.map(yaml).join('---\n')).toMatchSnapshot();
});

test('the container with the keys of the bucket cannot write to the claim, and the one that can has no keys', () => {
  const manifests = objects();
  const { env, volumeMounts } = container(manifests, 'copy');
  expect(volumeMounts).toContainEqual({ name: 'storage', mountPath: '/backups', readOnly: true });
  expect(JSON.stringify(env)).toContain('secretKeyRef');
  for (const name of ['offsite', 'lend-rclone']) {
    expect(JSON.stringify(container(manifests, name).env)).not.toContain('secretKeyRef');
  }
});

test('the keys of the bucket matter to copies alone: no backup and no restore asks for them', () => {
  const list = objects().find(({ kind, data }) => kind === 'ConfigMap' && data['secrets.tsv'] !== undefined)!;
  const rows = list.data['secrets.tsv'].split('\n').filter((row: string) => row.startsWith('shop-offsite'));
  expect(rows.map((row: string) => row.split('\t')[2])).toEqual(Array(4).fill('shop/offsite'));
  expect(list.data['secrets.yaml']).toContain('without it no copy in the bucket can be decrypted');
});

test('an isolated copy needs to say what the bucket is', () => {
  expect(() => objects({ isolation: Isolation.exceptFor({ database: peer }) })).toThrow(
    /offsiteCopy\.isolation\.bucket .* is missing/,
  );
});

test('the image is that release by default which the tests run', () => {
  expect(RCLONE_IMAGE).toBe(`rclone/rclone:${RCLONE_VERSION}`);
  expect(container(objects(), 'lend-rclone').image).toBe(RCLONE_IMAGE);
  expect(container(objects({}, { rcloneImage: 'mirror/rclone:1.76.0' }), 'lend-rclone').image).toBe(
    'mirror/rclone:1.76.0',
  );
  expect(() => objects({}, { rcloneImage: 'rclone/rclone' })).toThrow(
    /offsiteTarget\.rcloneImage .* does not say which version/,
  );
});

test('timeZone is that of the backup by default', () => {
  expect(cronJob(objects({}, {}, { timeZone: 'Europe/Zurich' })).spec.timeZone).toBe('Europe/Zurich');
  expect(cronJob(objects({ timeZone: 'Etc/UTC' }, {}, { timeZone: 'Europe/Zurich' })).spec.timeZone).toBe('Etc/UTC');
});

test('suspend is false by default', () => {
  expect(cronJob(objects()).spec.suspend).toBe(false);
  expect(cronJob(objects({ suspend: true })).spec.suspend).toBe(true);
});

test('activeDeadline is 6 hours by default, and no dump is begun in its last quarter', () => {
  expect(cronJob(objects()).spec.jobTemplate.spec.activeDeadlineSeconds).toBe(6 * 3600);
  expect(variable(objects({ activeDeadline: Duration.hours(4) }), 'OFFSITE_SECONDS')).toBe('10800');
  expect(() => objects({ activeDeadline: Duration.seconds(59) })).toThrow(/offsiteCopy\.activeDeadline/);
});

test('startingDeadline is 12 hours by default', () => {
  expect(cronJob(objects()).spec.startingDeadlineSeconds).toBe(12 * 3600);
  expect(() => objects({ startingDeadline: Duration.seconds(9) })).toThrow(/offsiteCopy\.startingDeadline/);
});

test('bandwidth has no limit by default, and otherwise at least 64 KiB in a second', () => {
  expect(variable(objects(), 'OFFSITE_BANDWIDTH')).toBe('0');
  expect(variable(objects({ bandwidth: Size.mebibytes(2) }), 'OFFSITE_BANDWIDTH')).toBe('2048Ki');
  expect(() => objects({ bandwidth: Size.kibibytes(63) })).toThrow(/offsiteCopy\.bandwidth \("63Ki"\)/);
});

test('readBack is true by default', () => {
  expect(variable(objects(), 'OFFSITE_READ_BACK')).toBe('true');
  expect(variable(objects({ readBack: false }), 'OFFSITE_READ_BACK')).toBe('false');
});

test('prefix is none by default, and the folder of the dumps comes below it', () => {
  expect(variable(objects(), 'OFFSITE_PATH')).toBe('dumps/shop');
  expect(variable(objects({}, { prefix: 'clusters/internal' }), 'OFFSITE_PATH')).toBe('dumps/clusters/internal/shop');
});

test('provider is Other by default', () => {
  expect(variable(objects(), 'OFFSITE_PROVIDER')).toBe('Other');
  expect(variable(objects({}, { provider: 'AWS' }), 'OFFSITE_PROVIDER')).toBe('AWS');
});

test('without ca the public authorities of the image that lends rclone are trusted', () => {
  expect(variable(objects(), 'OFFSITE_CA')).toBe('');
});

test('copies that are not encrypted say so, and have no password', () => {
  const manifests = objects({}, { encryption: OffsiteEncryption.none() });
  expect(variable(manifests, 'OFFSITE_ENCRYPTION')).toBe('none');
  expect(JSON.stringify(container(manifests, 'copy').env)).not.toContain('OFFSITE_PASSWORD');
});

test('retention is none by default: the bucket has rules of its own, and the key cannot delete', () => {
  expect(variable(objects(), 'KEEP_LAST')).toBeUndefined();
  const manifests = objects({ retention: Retention.keep({ daily: 7, weekly: 4 }) });
  expect([variable(manifests, 'KEEP_LAST'), variable(manifests, 'KEEP_DAILY')]).toEqual(['1', '7']);
});

test('a remote of rclone takes its configuration from a secret, as a file, and no key of S3', () => {
  const target = (secrets: SecretExpectations) =>
    OffsiteTarget.rclone({
      config: secrets.expectKey('box', 'rclone.conf'),
      remote: 'box',
      prefix: 'dumps',
      encryption: OffsiteEncryption.none(),
    });
  const manifests = objects({}, {}, {}, target);
  expect(variable(manifests, 'OFFSITE_PATH')).toBe('dumps/shop');
  expect(variable(manifests, 'OFFSITE_REMOTE')).toBe('box');
  expect(variable(manifests, 'OFFSITE_ENDPOINT')).toBe("rclone's remote box");
  expect(JSON.stringify(container(manifests, 'copy').env)).not.toContain('OFFSITE_ACCESS_KEY');
  expect(pod(manifests).volumes).toContainEqual({
    name: 'offsite-config',
    projected: {
      sources: [{ secret: { name: 'box', items: [{ key: 'rclone.conf', path: 'rclone.conf' }], optional: true } }],
    },
  });
});

test.each(['', 'box:', 'copies', 'bucket'])('refuses the remote "%s"', (remote) => {
  const config = new SecretExpectations(chart(), 'secrets').expectKey('box', 'rclone.conf');
  expect(() => OffsiteTarget.rclone({ config, remote, encryption: OffsiteEncryption.none() })).toThrow(
    /^offsiteTarget\.remote \(/,
  );
});

test.each<[string, Partial<S3BucketProps>]>([
  ['endpoint', { endpoint: 'http://s3.example.com' }],
  ['endpoint', { endpoint: 'https://s3.example.com/dumps' }],
  ['region', { region: '' }],
  ['bucket', { bucket: 'dumps/shop' }],
  ['bucket', { bucket: 'Dumps' }],
  ['prefix', { prefix: '/shop' }],
  ['prefix', { prefix: '../shop' }],
  ['provider', { provider: 'A W S' }],
])('refuses a %s that no bucket has: %j', (property, bucket) => {
  expect(() => objects({}, bucket)).toThrow(new RegExp(`^offsiteTarget\\.${property} \\(`));
});

test('refuses two secrets that are the same value', () => {
  const secrets = new SecretExpectations(chart(), 'secrets');
  const key = secrets.expectKey('shop-offsite', 'key');
  expect(() => OffsiteEncryption.crypt(key, key)).toThrow(/^offsiteEncryption\.salt \(.*\) is the password too\./);
  expect(() => objects({}, { accessKey: key, secretKey: key })).toThrow(/^offsiteTarget\.secretKey \(/);
});
