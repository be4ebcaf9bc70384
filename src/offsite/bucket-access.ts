import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { env, secretEnv } from '../workload/environment';
import { ContainerProps, quantity } from '../workload/hardened-pod';
import { authorityFile } from '../workload/mounted-tls';
import { SecretKey } from '../secrets/secret-key';
import { OffsiteTarget } from './offsite-target';

const RCLONE_PATH = '/rclone';
const RCLONE = env('RCLONE', `${RCLONE_PATH}/rclone`);
const CA_PATH = '/offsite-ca';
const CONFIG_PATH = '/offsite-config';
const REPORT_PATH = '/offsite';
const REPORT_SIZE = Size.mebibytes(4);

/** The folder in which the containers of a pod hand over what is about the bucket. */
export const OFFSITE_DIR = env('OFFSITE_DIR', REPORT_PATH);

/** The program takes 90 MB. */
const RCLONE_SIZE = Size.mebibytes(256);

/** What a pod needs in which a container of PostgreSQL's image talks to a bucket. */
export interface BucketAccess {
  /** Lends the program to the containers that come next. */
  readonly lending: ContainerProps;
  /** What may be known of the place. */
  readonly place: k8s.EnvVar[];
  /** Of the container that talks: that, and the secrets. */
  readonly env: k8s.EnvVar[];
  /** Of the container that comes next. */
  readonly report: k8s.VolumeMount;
  /** Of the container that talks. */
  readonly volumeMounts: k8s.VolumeMount[];
  readonly volumes: k8s.Volume[];
}

/**
 * rclone's image has no bash and no client of PostgreSQL: it lends its program, which is linked statically, and its
 * list of public authorities.
 * @param folder of the dumps, which is that of the copies too
 */
export function bucketAccess(target: OffsiteTarget, folder: string): BucketAccess {
  const { encryption, ca, config, prefix } = target;
  const { password, salt } = encryption;
  const files = [
    ...(ca === undefined ? [] : [{ name: 'offsite-ca', mountPath: CA_PATH, sources: authorityFile(ca) }]),
    ...(config === undefined ? [] : [{ name: 'offsite-config', mountPath: CONFIG_PATH, sources: configFile(config) }]),
  ];
  const place = [
    env('OFFSITE_ENDPOINT', target._server),
    env('OFFSITE_PATH', [target.bucket ?? '', prefix, folder].filter((part) => part !== '').join('/')),
    env('OFFSITE_ENCRYPTION', password === undefined ? 'none' : 'crypt'),
  ];
  const report = { name: 'offsite', mountPath: REPORT_PATH };
  return {
    place,
    report,
    lending: {
      name: 'lend-rclone',
      image: target.rcloneImage,
      script: 'lend-rclone.sh',
      env: [RCLONE],
      volumeMounts: [{ name: 'rclone', mountPath: RCLONE_PATH }],
    },
    env: [
      RCLONE,
      OFFSITE_DIR,
      ...place,
      ...loginEnv(target),
      ...(password === undefined || salt === undefined
        ? []
        : [
            secretEnv('OFFSITE_PASSWORD', password),
            secretEnv('OFFSITE_SALT', salt),
            env('OFFSITE_PASSWORD_SOURCE', `${password}, and ${salt}`),
          ]),
    ],
    volumeMounts: [
      report,
      { name: 'rclone', mountPath: RCLONE_PATH, readOnly: true },
      ...files.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
    ],
    volumes: [
      { name: 'offsite', emptyDir: { medium: 'Memory', sizeLimit: quantity(REPORT_SIZE) } },
      { name: 'rclone', emptyDir: { sizeLimit: quantity(RCLONE_SIZE) } },
      ...files.map(({ name, sources }) => ({ name, projected: { sources } })),
    ],
  };
}

/** What a container logs in with, and where. */
function loginEnv({ provider, region, ca, accessKey, secretKey, remote, config }: OffsiteTarget): k8s.EnvVar[] {
  if (remote !== undefined && config !== undefined) {
    return [
      env('OFFSITE_REMOTE', remote),
      env('OFFSITE_CONFIG', `${CONFIG_PATH}/rclone.conf`),
      env('OFFSITE_KEY_SOURCE', config.toString()),
    ];
  }
  return [
    env('OFFSITE_PROVIDER', provider!),
    env('OFFSITE_REGION', region!),
    env('OFFSITE_CA', ca === undefined ? '' : `${CA_PATH}/ca.crt`),
    secretEnv('OFFSITE_ACCESS_KEY', accessKey!),
    secretEnv('OFFSITE_SECRET_KEY', secretKey!),
    env('OFFSITE_KEY_SOURCE', `${accessKey}, and ${secretKey}`),
  ];
}

/** A secret that is missing must not keep the pod from saying so. */
function configFile({ secretName, key }: SecretKey): k8s.VolumeProjection[] {
  return [{ secret: { name: secretName, items: [{ key, path: 'rclone.conf' }], optional: true } }];
}
