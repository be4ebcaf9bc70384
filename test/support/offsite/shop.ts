import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupFormat,
  Compression,
  DrillSource,
  OffsiteCopy,
  type OffsiteCopyProps,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
  TlsAuthority,
} from '../../../src';
import { zitadelDecryption } from '../../../src/identity-internal/decryption';
import { Instance } from '../pods/instance';
import type { PodResult } from '../pods/pod';
import type { PostgresServer } from '../postgres/postgres-server';
import { chart, type Manifest, storage } from '../manifests/synth';
import type { Userland } from '../machine/userlands';
import { type Key, ObjectStore } from './object-store';
import { PROGRAMS } from './programs';

/** What the key of a copy may do, at least: docs/offsite.md has it, and nothing here may delete. */
export const BUCKET = 'dumps';

/** What the copies of the tests are encrypted with. */
export const PASSWORD = 'a password of the tests, 32 bytes';
export const SALT = 'a salt of the tests, 32 more bytes';

/** The key that copies. */
export const COPIER: Key = { id: 'COPIERKEYOFTHETESTS', secret: 'a-copier-may-not-delete' };

/** The bucket as docs/offsite-bucket.md sets it up: a key that cannot delete, and an object lock of so many days. */
export async function lockedBucket(
  days: number,
  otherKeys: Parameters<typeof ObjectStore.start>[0] = {},
): Promise<ObjectStore> {
  const policy = JSON.parse(readFileSync(join(__dirname, '../../../docs/offsite-policy.json'), 'utf8'));
  const store = await ObjectStore.start({ ...otherKeys, copier: { key: COPIER, policy } });
  await store.makeBucket(BUCKET, days);
  return store;
}

export interface ShopOptions extends Partial<OffsiteCopyProps> {
  readonly bucket?: string;
  readonly prefix?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly encrypted?: boolean;
  readonly directory?: boolean;
  readonly compressed?: boolean;
  readonly drillSource?: DrillSource;
  /** Takes this remote of rclone instead of a bucket. */
  readonly remote?: string;
  /** The database of an identity provider, and the proof that its masterkey opens it. */
  readonly identity?: boolean;
}

/** A bucket that is reached through an endpoint. */
export function targetOf(secrets: SecretExpectations, endpoint: string, options: ShopOptions = {}): OffsiteTarget {
  const key = (name: string) => secrets.expectKey('shop-offsite', name, { minBytes: 8 });
  const encryption =
    options.encrypted === false ? OffsiteEncryption.none() : OffsiteEncryption.crypt(key('password'), key('salt'));
  if (options.remote !== undefined)
    return OffsiteTarget.rclone({
      config: key('rclone.conf'),
      remote: options.remote,
      prefix: options.prefix,
      encryption,
    });
  return OffsiteTarget.s3({
    endpoint: options.endpoint ?? endpoint,
    region: options.region ?? 'us-east-1',
    bucket: options.bucket ?? BUCKET,
    prefix: options.prefix ?? 'internal',
    accessKey: key('accessKey'),
    secretKey: key('secretKey'),
    encryption,
    ca: TlsAuthority.configMap('bucket-ca'),
  });
}

/** The manifests of a shop whose dumps are copied to a bucket. */
export function manifests(endpoint: string, options: ShopOptions = {}): Manifest[] {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const because = 'everything logs in with it';
  const database = PostgresDatabase.at('shop-db', {
    name: options.identity === true ? 'zitadel' : 'shop',
    user: 'postgres',
    password: secrets.expectKey('shop-db', 'password', { because }),
    image: PostgresImage.alpine('17.2'),
  });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database,
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 3 }),
    compression: options.compressed === false ? Compression.none() : undefined,
    format: options.directory === true ? BackupFormat.directory({ parallelJobs: 2 }) : undefined,
  });
  const target = targetOf(secrets, endpoint, options);
  new OffsiteCopy(scope, 'offsite', {
    name: 'shop-offsite',
    backup,
    target,
    schedule: Cron.daily(),
    bandwidth: options.bandwidth,
    readBack: options.readBack,
    activeDeadline: options.activeDeadline,
    retention: options.retention,
  });
  const proof =
    options.identity === true
      ? zitadelDecryption(secrets.expectKey('zitadel-secret', 'masterkey', { bytes: 32, sameAsDump: true, because }))
      : undefined;
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, offsite: target });
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, offsite: target, source: options.drillSource, proof });
  return Testing.synth(scope) as Manifest[];
}

/** The authority of a bucket's server, as the pods get it. */
export function authorityOf({ authority }: ObjectStore): Manifest {
  const data = { 'ca.crt': authority.certificate };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bucket-ca', namespace: 'shop' }, data } as Manifest;
}

/** The secret with a key of the bucket, and with what the copies are encrypted with. */
export function secretOf({ id, secret }: Key): Record<string, string> {
  return { accessKey: id, secretKey: secret, password: PASSWORD, salt: SALT };
}

/** The shop in pods, beside a bucket. */
export function shop(
  server: PostgresServer,
  store: ObjectStore,
  userland: Userland,
  options: ShopOptions = {},
): Instance {
  const instance = new Instance(server, userland, [...manifests(store.endpoint, options), authorityOf(store)], {
    hostPrograms: { 'lend-rclone': PROGRAMS },
  });
  instance.secrets['shop-offsite'] = secretOf(COPIER);
  return instance;
}

/** All that the containers of a pod have written. */
export function said({ output, initContainers }: PodResult): string {
  return [...Object.values(initContainers).map((container) => container.output), output].join('');
}
