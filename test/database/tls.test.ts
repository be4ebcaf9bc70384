import { Cron } from 'cdk8s';
import {
  BackupCronJob,
  PostgresImage,
  RestoreDrill,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';
import { chart, database, manifest, type Manifest, storage } from '../support/manifests/synth';

interface Pod {
  readonly initContainers: Manifest[];
  readonly containers: Manifest[];
  readonly volumes: Manifest[];
}

/** The pods of a backup and of a drill with that encryption. */
function pods(tls: (secrets: SecretExpectations) => Tls | undefined): { backup: Pod; drill: Pod; secrets: string } {
  const scope = chart();
  const keys = new SecretExpectations(scope, 'keys', { name: 'keys' });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'backup',
    database: database(scope, { tls: tls(keys) }),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
  });
  new RestoreDrill(scope, 'drill', { name: 'drill', backup });
  const podOf = (name: string): Pod => manifest(scope, 'CronJob', name).spec.jobTemplate.spec.template.spec;
  const list = manifest(scope, 'ConfigMap', keys.configMapName).data['secrets.yaml'];
  return { backup: podOf('backup'), drill: podOf('drill'), secrets: list };
}

const settings = ({ env }: Manifest): Record<string, string> =>
  Object.fromEntries(
    (env as { name: string; value: string }[])
      .filter(({ name }) => /^(PGSSL|TLS_)/.test(name))
      .map(({ name, value }) => [name, value]),
  );
const mounts = ({ volumeMounts }: Manifest): string[] =>
  (volumeMounts as { name: string; mountPath: string; readOnly?: boolean }[])
    .filter(({ name }) => name.startsWith('tls'))
    .map(({ mountPath, readOnly }) => `${mountPath}${readOnly ? ' read-only' : ''}`);
const volumes = ({ volumes: all }: Pod): Manifest[] => all.filter(({ name }) => String(name).startsWith('tls'));
const client = (secrets: SecretExpectations) => ({
  clientCertificate: {
    certificate: secrets.expectKey('client', 'tls.crt'),
    key: secrets.expectKey('client', 'tls.key'),
  },
});

test('tls is none by default: no variable, no volume', () => {
  const { backup } = pods(() => undefined);
  for (const container of [...backup.initContainers, ...backup.containers]) {
    expect([settings(container), mounts(container)]).toEqual([{}, []]);
  }
  expect(volumes(backup)).toEqual([]);
});

test('clientCertificate is none by default, and a mode without an authority has no file', () => {
  const { backup } = pods(() => Tls.require());
  expect(backup.containers.map(settings)).toEqual([{ PGSSLMODE: 'require' }]);
  expect(volumes(backup)).toEqual([]);
  expect(settings(pods(() => Tls.disable()).backup.containers[0]!)).toEqual({ PGSSLMODE: 'disable' });
});

test('the container that tries the login and the one that works have the same mode and files', () => {
  const { backup } = pods((secrets) => Tls.verifyFull(TlsAuthority.configMap('shop-ca', 'root.pem'), client(secrets)));
  for (const container of [...backup.initContainers, ...backup.containers]) {
    expect(settings(container)).toEqual({
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/tls/ca.crt',
      TLS_AUTHORITY_SOURCE: 'ConfigMap shop-ca, key root.pem',
      PGSSLCERT: '/tls/tls.crt',
      TLS_CERTIFICATE_SOURCE: 'secret client, key tls.crt',
      PGSSLKEY: '/tls-key/tls.key',
      TLS_KEY_FILE: '/tls/tls.key',
      TLS_KEY_SOURCE: 'secret client, key tls.key',
    });
    expect(mounts(container)).toEqual(['/tls read-only', '/tls-key']);
  }
  expect(volumes(backup)).toEqual([
    {
      name: 'tls',
      projected: {
        sources: [
          { configMap: { name: 'shop-ca', items: [{ key: 'root.pem', path: 'ca.crt' }], optional: true } },
          { secret: { name: 'client', items: [{ key: 'tls.crt', path: 'tls.crt' }], optional: true } },
          { secret: { name: 'client', items: [{ key: 'tls.key', path: 'tls.key' }], optional: true } },
        ],
      },
    },
    { name: 'tls-key', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  ]);
});

test('a drill, which has a server of its own, has none of it', () => {
  const { drill } = pods((secrets) => Tls.verifyFull(TlsAuthority.configMap('shop-ca'), client(secrets)));
  for (const container of [...drill.initContainers, ...drill.containers]) {
    expect([settings(container), mounts(container)]).toEqual([{}, []]);
  }
  expect(volumes(drill)).toEqual([]);
});

test('secrets of TLS are expected with what they are for, and may end with a line break as PEM does', () => {
  const { secrets } = pods((keys) =>
    Tls.verifyCa(TlsAuthority.secret(keys.expectKey('shop-tls', 'ca.crt')), client(keys)),
  );
  expect(secrets).toBe(`- secret: shop-tls
  key: ca.crt
  trailingNewline: true
  because: the server's certificate is checked with it
  usedBy:
    - backup
- secret: client
  key: tls.crt
  trailingNewline: true
  because: the client shows it to the server
  usedBy:
    - backup
- secret: client
  key: tls.key
  trailingNewline: true
  because: the client proves with it that the certificate is its own
  usedBy:
    - backup
`);
});

test('the authorities of the system are no file', () => {
  const { backup } = pods(() => Tls.verifyFull(TlsAuthority.system()));
  expect(settings(backup.containers[0]!)).toEqual({
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: 'system',
    TLS_AUTHORITY_SOURCE: "the image's own list of authorities",
  });
  expect(volumes(backup)).toEqual([]);
});

test('the authorities of the system are refused with what cannot use them', () => {
  const at = (image: PostgresImage) => () => database(chart(), { image, tls: Tls.verifyFull(TlsAuthority.system()) });
  expect(() => Tls.verifyCa(TlsAuthority.system())).toThrow(/^tls \("verify-ca"\) .* Use Tls\.verifyFull/);
  expect(at(PostgresImage.debian('17.2'))).toThrow(/^database\.tls .* Debian image.*Use PostgresImage\.alpine/);
  expect(at(PostgresImage.alpine('15.6'))).toThrow(/^database\.tls .* needs .* 16, the image has 15\. Put/);
  expect(at(PostgresImage.alpine('16.4'))).not.toThrow();
  expect(at(PostgresImage.of({ image: 'db:1', uid: 7, gid: 7, majorVersion: 16 }))).not.toThrow();
});

test('names that cannot be are refused', () => {
  expect(() => TlsAuthority.configMap('Shop')).toThrow(/^tlsAuthority\.name \("Shop"\)/);
  expect(() => TlsAuthority.configMap('shop', 'a/b')).toThrow(/^tlsAuthority\.key \("a\/b"\)/);
  expect(TlsAuthority.configMap('shop-ca').toString()).toBe('ConfigMap shop-ca, key ca.crt');
});

test('a certificate that is its own key is refused', () => {
  const key = new SecretExpectations(chart(), 'secrets').expectKey('client', 'tls.key');
  expect(() => Tls.require({ clientCertificate: { certificate: key, key } })).toThrow(/^tls\.clientCertificate\.key/);
});

test('a secret of another namespace, which no pod could read, is refused', () => {
  const tls = (secrets: SecretExpectations): Tls =>
    Tls.verifyFull(TlsAuthority.secret(secrets.expectKey('shop-tls', 'ca.crt', { namespace: 'data' })));
  expect(() => pods(tls)).toThrow(/^backupCronJob\.secrets \("secret data\/shop-tls, key ca\.crt"\)/);
});
