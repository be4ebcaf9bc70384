import { Cron } from 'cdk8s';
import {
  BackupCronJob,
  PostgresDatabase,
  type PostgresDatabaseProps,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  Retention,
  SecretExpectations,
  Tls,
} from '../../src';
import { chart, manifest, type Manifest, storage, yaml } from '../support/manifests/synth';

type Choice = (secrets: SecretExpectations) => Partial<PostgresDatabaseProps>;

const other: Choice = (secrets) => ({
  restoreAs: { user: 'shop_restore', password: secrets.expectKey('shop-restore', 'password') },
});
const certified: Choice = (secrets) => ({
  tls: Tls.require(),
  restoreAs: {
    ...other(secrets).restoreAs!,
    clientCertificate: {
      certificate: secrets.expectKey('shop-restore-tls', 'tls.crt'),
      key: secrets.expectKey('shop-restore-tls', 'tls.key'),
    },
  },
});

/** The manifest of one workload, of a backup with a drill and, unless said otherwise, a restore. */
function workload(name: string, choice: Choice, hasRestore = true): Manifest {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const database = PostgresDatabase.at('shop-db', {
    name: 'shop',
    user: 'shop_backup',
    password: secrets.expectKey('shop-backup', 'password'),
    image: PostgresImage.alpine('17.2'),
    ...choice(secrets),
  });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'backup',
    database,
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
  });
  if (hasRestore) new RestoreJob(scope, 'restore', { name: 'restore', backup });
  new RestoreDrill(scope, 'drill', { name: 'drill', backup });
  return manifest(scope, name.endsWith('secrets') ? 'ConfigMap' : 'CronJob', name);
}

const user = (object: Manifest): string =>
  object.spec.jobTemplate.spec.template.spec.containers[0].env.find(({ name }: { name: string }) => name === 'PGUSER')
    .value;

test('without another role, the one that dumps restores too', () => {
  expect(user(workload('restore', () => ({})))).toBe('shop_backup');
});

test('another role restores, and the backup only knows its name', () => {
  expect(user(workload('restore', other))).toBe('shop_restore');
  expect(user(workload('backup', other))).toBe('shop_backup');
  expect(yaml(workload('backup', other))).not.toContain('shop-restore');
  expect(yaml(workload('restore', other))).toContain('shop-restore');
  expect(yaml(workload('drill', other))).toContain('shop-restore');
});

test('a backup does not know it either where nothing restores', () => {
  expect(yaml(workload('backup', other, false))).not.toContain('shop-restore');
  expect(workload('shop-expected-secrets', other, false).data['secrets.tsv']).toContain(
    'shop-restore\tpassword\t/restore\t',
  );
});

test('the role that restores shows a certificate of its own, whose key no backup sees', () => {
  expect(yaml(workload('restore', certified))).toContain('shop-restore-tls');
  const backup = yaml(workload('backup', certified));
  expect(backup).not.toMatch(/key: tls\.key\n *path: shop-restore-tls/);
  expect(backup).not.toContain('PGSSLKEY');
});

test.each<[string, Choice, RegExp]>([
  [
    'the same role',
    (secrets) => ({ restoreAs: { user: 'shop_backup', password: secrets.expectKey('b', 'password') } }),
    /^database\.restoreAs\.user \("shop_backup"\) is the role that dumps\. Leave out restoreAs/,
  ],
  [
    'a name that is none',
    (secrets) => ({ restoreAs: { user: '', password: secrets.expectKey('b', 'password') } }),
    /^database\.restoreAs\.user \(""\)/,
  ],
  [
    'a certificate without encryption',
    (secrets) => ({ ...certified(secrets), tls: undefined }),
    /^database\.restoreAs\.clientCertificate .* nothing says that they are\. Set tls/,
  ],
])('%s is refused', (_, choice, says) => {
  expect(() => workload('backup', choice)).toThrow(says);
});

test('the same password is refused: every backup would know it', () => {
  const scope = chart();
  const password = new SecretExpectations(scope, 'secrets').expectKey('shop', 'password');
  const image = PostgresImage.alpine('17.2');
  const at = () =>
    PostgresDatabase.at('db', { name: 'shop', user: 'a', password, image, restoreAs: { user: 'b', password } });
  expect(at).toThrow(/^database\.restoreAs\.password .* is also the password of the role that dumps/);
});
