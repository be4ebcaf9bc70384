import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  Isolation,
  IsolationExceptions,
  NetworkPeer,
  PostgresDatabase,
  PostgresDatabaseProps,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
} from '../../src';
import { Endpoint, mayConnect } from '../support/pods/network';
import { chart, database, Manifest, storage, yaml } from '../support/manifests/synth';

const db: Endpoint = { namespace: 'shop', labels: { app: 'postgresql', role: 'primary' } };
const dns: Endpoint = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns', 'pod-template-hash': 'x' } };
const neighbour: Endpoint = { namespace: 'shop', labels: { app: 'web' } };
const monitor: Endpoint = { address: '203.0.113.7' };
const apiServer: Endpoint = { address: '10.0.0.1' };
const internet: Endpoint = { address: '198.51.100.9' };

const everything: IsolationExceptions = {
  database: NetworkPeer.pods({ app: 'postgresql' }),
  heartbeat: NetworkPeer.addresses(['203.0.113.7']),
  apiServer: NetworkPeer.addresses(['10.0.0.1']),
};

interface Choice {
  readonly exceptions?: IsolationExceptions;
  readonly of?: Partial<PostgresDatabaseProps>;
  readonly trigger?: RestoreTrigger;
}

/** A backup with a heartbeat, a restore that scales, and a drill, all isolated by one value. */
function manifests({ exceptions = everything, of, trigger }: Choice = {}): Manifest[] {
  const scope = chart();
  const isolation = Isolation.exceptFor(exceptions);
  const success = new SecretExpectations(scope, 'monitor', { name: 'monitor' }).expectKey('monitor', 'url', {
    because: 'success is reported there',
  });
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope, of),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
    heartbeat: { success },
    isolation,
  });
  new RestoreJob(scope, 'restore', {
    name: 'shop-restore',
    backup,
    quiesce: { deployment: 'shop-web' },
    isolation,
    trigger,
  });
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, isolation });
  return Testing.synth(scope) as Manifest[];
}

/** The pods that a workload makes. */
function podsOf(all: readonly Manifest[], name: string): Endpoint {
  const { kind, spec } = all.find(({ kind, metadata }) => /Job/.test(kind) && metadata.name === name)!;
  const { metadata } = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec.template;
  return { namespace: 'shop', labels: { ...metadata.labels, 'batch.kubernetes.io/job-name': `${name}-1` } };
}

test('the policies as a reviewer sees them', () => {
  expect(
    manifests()
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(yaml)
      .join('---\n'),
  ).toMatchSnapshot();
});

describe('what pods may connect to', () => {
  const all = manifests();
  const reached = (name: string) =>
    Object.entries({
      database: mayConnect(all, podsOf(all, name), db, 5432),
      'DNS by UDP': mayConnect(all, podsOf(all, name), dns, 53, 'UDP'),
      'DNS by TCP': mayConnect(all, podsOf(all, name), dns, 53),
      heartbeat: mayConnect(all, podsOf(all, name), monitor, 443),
      'API server': mayConnect(all, podsOf(all, name), apiServer, 6443),
      'another port of the database': mayConnect(all, podsOf(all, name), db, 22),
      'a pod like it in another namespace': mayConnect(all, podsOf(all, name), { ...db, namespace: 'other' }, 5432),
      'a neighbour': mayConnect(all, podsOf(all, name), neighbour, 5432),
      'DNS of somebody else': mayConnect(all, podsOf(all, name), { ...dns, namespace: 'shop' }, 53, 'UDP'),
      'the internet': mayConnect(all, podsOf(all, name), internet, 443),
    })
      .filter(([, open]) => open)
      .map(([place]) => place);

  test('a backup: the database, DNS and its heartbeat', () => {
    expect(reached('shop-backup')).toEqual(['database', 'DNS by UDP', 'DNS by TCP', 'heartbeat']);
  });
  test('a restore: the database, DNS and, to scale, the API server', () => {
    expect(reached('shop-restore')).toEqual(['database', 'DNS by UDP', 'DNS by TCP', 'API server']);
  });
  test('a drill: nothing, whatever the others may', () => expect(reached('shop-drill')).toEqual([]));
});

test('nothing may connect to the pods', () => {
  const all = manifests();
  for (const name of ['shop-backup', 'shop-restore', 'shop-drill']) {
    expect(mayConnect(all, neighbour, podsOf(all, name), 5432)).toBe(false);
    expect(mayConnect(all, podsOf(all, 'shop-backup'), podsOf(all, name), 5432)).toBe(false);
  }
});

test('pods of nobody else are shut off', () => {
  const all = manifests();
  expect(mayConnect(all, neighbour, internet, 443)).toBe(true);
  expect(mayConnect(all, neighbour, db, 5432)).toBe(true);
});

test('two backups of a namespace reach their own databases only', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'keys', { name: 'keys' });
  const claim = storage(scope);
  for (const name of ['shop', 'wiki']) {
    const password = secrets.expectKey(`${name}-db`, 'password', { because: 'the backup logs in with it' });
    new BackupCronJob(scope, name, {
      name,
      database: PostgresDatabase.at(`${name}-db`, {
        name,
        user: 'postgres',
        password,
        image: PostgresImage.alpine('17.2'),
      }),
      storage: claim,
      schedule: Cron.daily(),
      retention: Retention.keep({ daily: 1 }),
      isolation: Isolation.exceptFor({ database: NetworkPeer.pods({ app: `${name}-db` }) }),
    });
  }
  const all = Testing.synth(scope) as Manifest[];
  const reached = (name: string) =>
    ['shop-db', 'wiki-db'].filter((app) =>
      mayConnect(all, podsOf(all, name), { namespace: 'shop', labels: { app } }, 5432),
    );
  expect([reached('shop'), reached('wiki')]).toEqual([['shop-db'], ['wiki-db']]);
});

test('isolation is off by default: no policy', () => {
  const scope = chart();
  new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
  });
  expect(Testing.synth(scope).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
});

test('a restore by a merge has a policy of its own, for its own pods', () => {
  const trigger = RestoreTrigger.onMerge({
    dump: 'shop-20261123-020000',
    sha256: '0'.repeat(64),
    requestId: 'incident-42',
  });
  const all = manifests({ trigger });
  expect(mayConnect(all, podsOf(all, 'shop-restore-incident-42'), db, 5432)).toBe(true);
  expect(mayConnect(all, podsOf(all, 'shop-restore-incident-42'), internet, 443)).toBe(false);
});

test('a database outside the cluster is an address or a range of them', () => {
  const all = manifests({
    exceptions: { ...everything, database: NetworkPeer.addresses(['192.0.2.0/28', '2001:db8::5']) },
  });
  const backup = podsOf(all, 'shop-backup');
  expect(
    ['192.0.2.15', '192.0.2.16', '2001:db8::5', '2001:db8::6'].map((address) =>
      mayConnect(all, backup, { address }, 5432),
    ),
  ).toEqual([true, false, true, false]);
});

test("port: the database's by default; behind a Service that translates it, the one that the pod listens on", () => {
  const odd = manifests({ of: { port: 6000 } });
  expect(mayConnect(odd, podsOf(odd, 'shop-backup'), db, 6000)).toBe(true);
  const behind = manifests({
    of: { port: 6000 },
    exceptions: { ...everything, database: NetworkPeer.pods({ app: 'postgresql' }, { port: 5432 }) },
  });
  expect([5432, 6000].map((port) => mayConnect(behind, podsOf(behind, 'shop-backup'), db, port))).toEqual([
    true,
    false,
  ]);
});

test('namespace and dns: pods of another namespace, and a resolver of another name', () => {
  const all = manifests({
    exceptions: {
      ...everything,
      database: NetworkPeer.pods({ app: 'postgresql' }, { namespace: 'databases' }),
      dns: NetworkPeer.pods({ app: 'dns' }, { namespace: 'openshift-dns', port: 5353 }),
    },
  });
  const backup = podsOf(all, 'shop-backup');
  expect(mayConnect(all, backup, { ...db, namespace: 'databases' }, 5432)).toBe(true);
  expect(mayConnect(all, backup, db, 5432)).toBe(false);
  expect(mayConnect(all, backup, { namespace: 'openshift-dns', labels: { app: 'dns' } }, 5353, 'UDP')).toBe(true);
  expect(mayConnect(all, backup, dns, 53, 'UDP')).toBe(false);
});

test('complete isolation is for drills', () => {
  const scope = chart();
  const backup = { database: database(scope), storage: storage(scope) };
  new RestoreDrill(scope, 'drill', { name: 'shop-drill', backup, isolation: Isolation.complete() });
  const all = Testing.synth(scope) as Manifest[];
  expect(mayConnect(all, podsOf(all, 'shop-drill'), dns, 53, 'UDP')).toBe(false);
  expect(
    () => new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, isolation: Isolation.complete() }),
  ).toThrow(
    'restoreJob.isolation.database (undefined) is missing, and the pods need it. Use Isolation.exceptFor({ ' +
      'database: NetworkPeer.pods(…) })',
  );
});

test.each<[string, () => unknown]>([
  ['backupCronJob.isolation.heartbeat', () => manifests({ exceptions: { ...everything, heartbeat: undefined } })],
  ['restoreJob.isolation.apiServer', () => manifests({ exceptions: { ...everything, apiServer: undefined } })],
  ['networkPeer.labels', () => NetworkPeer.pods({})],
  ['networkPeer.labels', () => NetworkPeer.pods({ app: 'not a label!' })],
  ['networkPeer.namespace', () => NetworkPeer.pods({ app: 'x' }, { namespace: 'Not_a_name' })],
  ['networkPeer.port', () => NetworkPeer.pods({ app: 'x' }, { port: 0 })],
  ['networkPeer.addresses', () => NetworkPeer.addresses([])],
  ['networkPeer.addresses', () => NetworkPeer.addresses(['hc-ping.example'])],
  ['networkPeer.addresses', () => NetworkPeer.addresses(['10.0.0.0/33'])],
  ['networkPeer.addresses', () => NetworkPeer.addresses(['10.0.0.0/'])],
  ['networkPeer.addresses', () => NetworkPeer.addresses(['10.0.0.0/8/8'])],
  ['networkPeer.addresses', () => NetworkPeer.addresses(['fe80::1%eth0'])],
])('a bad %s is refused by its name', (property, make) => {
  expect(make).toThrow(`${property} (`);
});
