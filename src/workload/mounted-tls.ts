import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { PostgresDatabase } from '../database/postgres-database';
import { PostgresRole } from '../database/postgres-role';
import { TlsClientCertificate } from '../database/tls';
import { TlsAuthority } from '../database/tls-authority';
import { SecretKey } from '../secrets/secret-key';
import { env } from './environment';

const PATH = '/tls';
const KEY_PATH = '/tls-key';

/** The additions to a container that connects: variables and files. */
export interface MountedTls {
  readonly env: k8s.EnvVar[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/** For a pod that does not connect, or a database without the prop `tls`. */
export const NO_TLS: MountedTls = { env: [], volumes: [], volumeMounts: [] };

/**
 * The mode and the certificates of connections, for libpq and for messages. All files are optional: the script names a
 * missing file, while the pod would only hang in ContainerCreating.
 */
export function mountedTls({ tls }: PostgresDatabase, role: PostgresRole): MountedTls {
  if (tls === undefined) return NO_TLS;
  const clientCertificate = role.clientCertificate ?? tls.clientCertificate;
  const sources = [...authorityFile(tls.authority), ...clientFiles(clientCertificate)];
  const files = sources.length > 0;
  const ownKey = clientCertificate !== undefined;
  return {
    env: [env('PGSSLMODE', tls.mode), ...authorityEnv(tls.authority), ...clientEnv(clientCertificate)],
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

/** The secrets of the connections. */
export function tlsSecrets({ tls }: PostgresDatabase, role: PostgresRole): SecretKey[] {
  const { certificate, key } = role.clientCertificate ?? tls?.clientCertificate ?? {};
  return [tls?.authority?.secretKey, certificate, key].filter((secret) => secret !== undefined);
}

/** The file `ca.crt` of an authority, for a projected volume. */
export function authorityFile(authority: TlsAuthority | undefined): k8s.VolumeProjection[] {
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

function clientFiles(clientCertificate: TlsClientCertificate | undefined): k8s.VolumeProjection[] {
  if (clientCertificate === undefined) return [];
  return [secretFile(clientCertificate.certificate, 'tls.crt'), secretFile(clientCertificate.key, 'tls.key')];
}

/** libpq refuses a key that others can read, and files of a volume belong to root: libpq gets a copy. */
function clientEnv(clientCertificate: TlsClientCertificate | undefined): k8s.EnvVar[] {
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
