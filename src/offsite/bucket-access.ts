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

/** The folder in which the containers of a pod hand over their findings about the bucket. */
export const OFFSITE_DIR = env('OFFSITE_DIR', REPORT_PATH);

/** The program takes 90 MB. */
const RCLONE_SIZE = Size.mebibytes(256);

/** The additions to a pod in which a container of PostgreSQL's image talks to a bucket. */
export interface BucketAccess {
  /** Lends the program to the containers that follow. */
  readonly lending: ContainerProps;
  /** The place, without secrets. */
  readonly place: k8s.EnvVar[];
  /** Variables of the container that talks: the place, and the secrets. */
  readonly env: k8s.EnvVar[];
  /** The mount of the container that follows. */
  readonly report: k8s.VolumeMount;
  /** The mounts of the container that talks. */
  readonly volumeMounts: k8s.VolumeMount[];
  readonly volumes: k8s.Volume[];
}

/**
 * rclone's image has no bash and no client of PostgreSQL: it lends its program, which is linked statically, and its
 * list of public authorities.
 * @param folder the folder of the dumps, and of the copies
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

/** The variables with which a container logs in, and the address. */
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

/** The volume is optional: a pod whose secret is missing must start, to say so. */
function configFile({ secretName, key }: SecretKey): k8s.VolumeProjection[] {
  return [{ secret: { name: secretName, items: [{ key, path: 'rclone.conf' }], optional: true } }];
}
