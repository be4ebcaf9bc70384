import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Tls } from '../database/tls';
import { TlsAuthority } from '../database/tls-authority';
import { SecretKey } from '../secrets/secret-key';
import { env } from './environment';

const PATH = '/tls';
const KEY_PATH = '/tls-key';

/** What a container needs that connects: variables and files. */
export interface MountedTls {
  readonly env: k8s.EnvVar[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/**
 * The mode and the certificates of connections, for libpq and for messages. All files are optional: where one is
 * missing, the script says which; the pod would only hang in ContainerCreating.
 */
export function mountedTls(tls: Tls | undefined): MountedTls {
  if (tls === undefined) return { env: [], volumes: [], volumeMounts: [] };
  const sources = [...authorityFile(tls.authority), ...clientFiles(tls)];
  const files = sources.length > 0;
  const ownKey = tls.clientCertificate !== undefined;
  return {
    env: [env('PGSSLMODE', tls.mode), ...authorityEnv(tls.authority), ...clientEnv(tls)],
    volumes: [
      ...(files ? [{ name: 'tls', projected: { sources } }] : []),
      ...(ownKey
        ? [
            {
              name: 'tls-key',
              emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString(Size.mebibytes(1).asString()) },
            },
          ]
        : []),
    ],
    volumeMounts: [
      ...(files ? [{ name: 'tls', mountPath: PATH, readOnly: true }] : []),
      ...(ownKey ? [{ name: 'tls-key', mountPath: KEY_PATH }] : []),
    ],
  };
}

function authorityFile(authority: TlsAuthority | undefined): k8s.VolumeProjection[] {
  if (authority?.secretKey !== undefined) return [secretFile(authority.secretKey, 'ca.crt')];
  if (authority?.configMapName === undefined) return [];
  const items = [{ key: authority.configMapKey!, path: 'ca.crt' }];
  return [{ configMap: { name: authority.configMapName, items, optional: true } }];
}

function authorityEnv(authority: TlsAuthority | undefined): k8s.EnvVar[] {
  if (authority === undefined) return [];
  return [
    env('PGSSLROOTCERT', authority.isSystem ? 'system' : `${PATH}/ca.crt`),
    env('TLS_AUTHORITY_SOURCE', authority.toString()),
  ];
}

function clientFiles({ clientCertificate }: Tls): k8s.VolumeProjection[] {
  if (clientCertificate === undefined) return [];
  return [secretFile(clientCertificate.certificate, 'tls.crt'), secretFile(clientCertificate.key, 'tls.key')];
}

/** libpq refuses a key that others can read, and files of a volume belong to root: it gets a copy. */
function clientEnv({ clientCertificate }: Tls): k8s.EnvVar[] {
  if (clientCertificate === undefined) return [];
  return [
    env('PGSSLCERT', `${PATH}/tls.crt`),
    env('TLS_CERTIFICATE_SOURCE', clientCertificate.certificate.toString()),
    env('PGSSLKEY', `${KEY_PATH}/tls.key`),
    env('TLS_KEY_FILE', `${PATH}/tls.key`),
    env('TLS_KEY_SOURCE', clientCertificate.key.toString()),
  ];
}

function secretFile({ secretName, key }: SecretKey, path: string): k8s.VolumeProjection {
  return { secret: { name: secretName, items: [{ key, path }], optional: true } };
}
