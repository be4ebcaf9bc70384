import { list, text, type Manifest, type Value } from '../manifests/manifest';
import { componentOf, containersOf, type Container } from '../manifests/workload';
import { violation, type Policy, type Violation } from './policy';

/** The modes of libpq that decide the encryption. The others, `allow` and `prefer`, leave it to the server. */
const SAID: ReadonlySet<string> = new Set(['disable', 'require', 'verify-ca', 'verify-full']);

/** Policies on the connection of backups and restores to the server. */
export const CONNECTION: readonly Policy[] = [
  {
    id: 'tls',
    level: 'warning',
    rule:
      'The manifest says how the connection to the server is encrypted; a note where the server is in the namespace ' +
      'of the workload.',
    because:
      'By default libpq encrypts only if the server offers it, and checks nothing: a server that takes the place ' +
      'of the ' +
      'right one gets all data of a restore, and a listener those of a backup.',
    remedy:
      'Set the prop tls of PostgresDatabase.at: Tls.verifyFull(TlsAuthority.configMap("shop-ca")), or Tls.disable() ' +
      'where the network is trusted.',
    source: 'https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION',
    check: (manifest) => (componentOf(manifest) === undefined ? [] : unsaid(manifest)),
  },
];

/** One violation for the workload: its containers connect to the same server. */
function unsaid(manifest: Manifest): Violation[] {
  return containersOf(manifest)
    .flatMap((container): Violation[] => {
      const host = variable(container, 'PGHOST');
      const mode = variable(container, 'PGSSLMODE');
      const server = text(host, 'value') ?? '';
      // A value from a secret or a ConfigMap is decided there, and there is no network behind a socket.
      if (host === undefined || server.startsWith('/') || isFromElsewhere(mode)) return [];
      const value = text(mode, 'value');
      if (value !== undefined && SAID.has(value)) return [];
      const why = `nothing says how the connection to ${server} is encrypted, and the server is not checked`;
      const found = violation([...container.path, 'env', 'PGSSLMODE'], value, why);
      return [isOfNamespace(server, manifest.namespace) ? { ...found, level: 'note' } : found];
    })
    .slice(-1);
}

function variable({ value }: Container, name: string): Value {
  return list(value, 'env').find((entry) => text(entry, 'name') === name);
}

function isFromElsewhere(entry: Value): boolean {
  return typeof entry === 'object' && entry !== null && 'valueFrom' in entry;
}

/**
 * True if a host is a Service of the namespace: `name`, `name.<namespace>`, or that with `.svc` and a cluster domain.
 */
function isOfNamespace(host: string, namespace: string): boolean {
  const [name, ofNamespace, svc] = host.replace(/\.$/, '').split('.');
  return (
    !host.includes(':') &&
    name !== '' &&
    (ofNamespace === undefined ||
      (namespace !== '' && ofNamespace === namespace && (svc === undefined || svc === 'svc')))
  );
}
