import { Chart, Cron, Duration, Testing } from 'cdk8s';
import { ImagePullPolicy, k8s } from 'cdk8s-plus-28';
import {
  BackupCronJob,
  type PodOptions,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';
import { manifestsOf } from '../../src/manifests/manifest';
import { check } from '../../src/policies/all';
import { chart, database, type Manifest, storage } from '../support/manifests/synth';

const trigger = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: 'a'.repeat(64), requestId: '1' });

/** Every workload that takes the options, in a chart of its own. */
const WORKLOADS: Readonly<Record<string, (scope: Chart, options: PodOptions) => void>> = {
  backupCronJob: (scope, options) =>
    new BackupCronJob(scope, 'it', {
      name: 'it',
      ...backup(scope),
      schedule: Cron.daily(),
      retention: Retention.keep({ daily: 3 }),
      ...options,
    }),
  restoreJob: (scope, options) =>
    new RestoreJob(scope, 'it', {
      name: 'it',
      backup: backup(scope),
      quiesce: { deployment: 'shop' },
      ...options,
    }),
  'restoreJob by a merge': (scope, options) =>
    new RestoreJob(scope, 'it', { name: 'it', backup: backup(scope), trigger, ...options }),
  restoreDrill: (scope, options) => {
    const of = backup(scope);
    const proof = { name: 'the key opens it', key: of.database.password, sql: "SELECT :'key_file'" };
    return new RestoreDrill(scope, 'it', { name: 'it', backup: of, proof, ...options });
  },
};

const made = new WeakMap<Chart, ReturnType<typeof of>>();
const of = (scope: Chart) => ({
  database: database(scope, { tls: Tls.verifyFull(TlsAuthority.configMap('shop-ca')) }),
  storage: storage(scope),
});

function backup(scope: Chart): ReturnType<typeof of> {
  const known = made.get(scope) ?? of(scope);
  made.set(scope, known);
  return known;
}

const secretsOf = (scope: Chart) => scope.node.findChild('secrets') as SecretExpectations;

function workload(name: string, options: PodOptions = {}, scope = chart()): Manifest {
  WORKLOADS[name]!(scope, options);
  return (Testing.synth(scope) as Manifest[]).find(({ kind }) => kind === 'CronJob' || kind === 'Job')!;
}

const jobOf = ({ kind, spec }: Manifest): k8s.JobSpec => (kind === 'Job' ? spec : spec.jobTemplate.spec);
const podOf = (object: Manifest): k8s.PodSpec => jobOf(object).template.spec!;
const containersOf = (object: Manifest): k8s.Container[] => [
  ...podOf(object).initContainers!,
  ...podOf(object).containers,
];

const ca: k8s.Volume = { name: 'company-ca', configMap: { name: 'company-ca' } };
const spread: k8s.TopologySpreadConstraint = {
  maxSkew: 1,
  topologyKey: 'topology.kubernetes.io/zone',
  whenUnsatisfiable: 'ScheduleAnyway',
};

describe.each(Object.keys(WORKLOADS))('%s', (name) => {
  const noun = name.split(' ')[0]!;

  test('env, volumes, imagePullPolicy and imagePullSecrets are none by default', () => {
    const plain = workload(name);
    expect(podOf(plain)).not.toHaveProperty('imagePullSecrets');
    for (const container of containersOf(plain)) {
      expect(container).not.toHaveProperty('imagePullPolicy');
      expect(container.env!.filter(({ name }) => name === 'TZ')).toEqual([]);
    }
    expect(workload(name, { env: {}, volumes: [], imagePullSecrets: [], topologySpreadConstraints: [] })).toEqual(
      plain,
    );
  });

  test('priorityClassName, runtimeClassName, topologySpreadConstraints and ttlAfterFinished are none by default', () => {
    const object = workload(name);
    for (const field of ['priorityClassName', 'runtimeClassName', 'topologySpreadConstraints']) {
      expect(podOf(object)).not.toHaveProperty(field);
    }
    expect(jobOf(object)).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  test('env is in every container, after what the library sets, and as it is written', () => {
    for (const container of containersOf(workload(name, { env: { TZ: 'Europe/Zurich', PRICE: 'a$$b $(HOME)' } }))) {
      expect(container.env!.slice(-2)).toEqual([
        { name: 'TZ', value: 'Europe/Zurich' },
        { name: 'PRICE', value: 'a$$$$b $$(HOME)' },
      ]);
    }
  });

  test('volumes are mounted into every container, and readOnly is true by default', () => {
    const object = workload(name, {
      volumes: [
        { volume: ca, mountPath: '/etc/company-ca' },
        { volume: { name: 'cores', emptyDir: {} }, mountPath: '/cores', readOnly: false },
      ],
    });
    expect(podOf(object).volumes!.slice(-2)).toEqual([ca, { name: 'cores', emptyDir: {} }]);
    for (const container of containersOf(object)) {
      expect(container.volumeMounts!.slice(-2)).toEqual([
        { name: 'company-ca', mountPath: '/etc/company-ca', readOnly: true },
        { name: 'cores', mountPath: '/cores', readOnly: false },
      ]);
    }
  });

  test('the pod has the class of priority, the runtime, the spread, and the secrets and the policy of pulling', () => {
    const scope = chart();
    backup(scope);
    const key = secretsOf(scope).expectKey('registry', '.dockerconfigjson', { because: 'the images come from there' });
    const object = workload(
      name,
      {
        priorityClassName: 'nightly',
        runtimeClassName: 'gvisor',
        topologySpreadConstraints: [spread],
        imagePullSecrets: [key],
        imagePullPolicy: ImagePullPolicy.ALWAYS,
      },
      scope,
    );
    expect(podOf(object)).toMatchObject({
      priorityClassName: 'nightly',
      runtimeClassName: 'gvisor',
      topologySpreadConstraints: [spread],
      imagePullSecrets: [{ name: 'registry' }],
    });
    expect(containersOf(object).map(({ imagePullPolicy }) => imagePullPolicy)).toEqual(
      containersOf(object).map(() => 'Always'),
    );
    const list = (Testing.synth(scope) as Manifest[]).find(({ data }) => data?.['secrets.yaml'] !== undefined)!;
    expect(list.data['secrets.yaml']).toMatch(/secret: registry\n[^]*usedBy:\n {4}- it/);
  });

  test('no option breaks a policy', () => {
    const scope = chart();
    WORKLOADS[name]!(scope, {
      env: { TZ: 'Europe/Zurich' },
      volumes: [{ volume: ca, mountPath: '/etc/company-ca' }],
      priorityClassName: 'nightly',
      imagePullPolicy: ImagePullPolicy.ALWAYS,
      runtimeClassName: 'gvisor',
      topologySpreadConstraints: [spread],
    });
    const manifests = (Testing.synth(scope) as object[]).flatMap((object) => manifestsOf('shop.yaml', object));
    // That nothing copies the dumps off site is told whatever the options are.
    expect(check(manifests).filter(({ policy }) => policy !== 'offsite-copy')).toEqual([]);
  });

  test('every variable, volume and folder of its own is refused for another use', () => {
    const object = workload(name);
    const names = containersOf(object).flatMap(({ env }) => env!.map(({ name }) => name));
    expect(names.length).toBeGreaterThan(20);
    for (const variable of new Set([...names, 'PGOPTIONS'])) {
      expect(() => workload(name, { env: { [variable]: 'x' } })).toThrow(
        `${noun}.env (${JSON.stringify(variable)}) is set by the library`,
      );
    }
    const paths = containersOf(object).flatMap(({ volumeMounts }) => volumeMounts!.map(({ mountPath }) => mountPath));
    for (const path of new Set([...paths, '/expected/secrets/9'])) {
      for (const mountPath of [path, `${path}/inside`, `${path}/`]) {
        expect(() => workload(name, { volumes: [{ volume: ca, mountPath }] })).toThrow(`${noun}.volumes.mountPath (`);
      }
    }
    for (const { name: taken } of [...podOf(object).volumes!, { name: 'expected-9' }]) {
      const volume = { name: taken, emptyDir: {} };
      expect(() => workload(name, { volumes: [{ volume, mountPath: '/other' }] })).toThrow(
        `${noun}.volumes.volume.name (`,
      );
    }
  });

  test('what TLS had to be asked for by a variable is asked for by its prop', () => {
    for (const variable of ['PGSSLMODE', 'PGSSLROOTCERT', 'PGSSLCERT', 'PGSSLKEY']) {
      expect(() => workload(name, { env: { [variable]: 'x' } })).toThrow(
        /use the prop tls of PostgresDatabase\.at, e\.g\. Tls/,
      );
    }
  });

  test.each<[string, PodOptions]>([
    ['env', { env: { 'not a name': 'x' } }],
    ['env', { env: { '1ST': 'x' } }],
    ['volumes.mountPath', { volumes: [{ volume: ca, mountPath: 'etc' }] }],
    ['volumes.mountPath', { volumes: [{ volume: ca, mountPath: '/' }] }],
    ['volumes.mountPath', { volumes: [{ volume: ca, mountPath: '/etc/../tmp' }] }],
    ['volumes.mountPath', { volumes: [{ volume: ca, mountPath: '/etc:ro' }] }],
    [
      'volumes.mountPath',
      {
        volumes: [
          { volume: ca, mountPath: '/ca' },
          { volume: { name: 'b', emptyDir: {} }, mountPath: '/ca' },
        ],
      },
    ],
    [
      'volumes.volume.name',
      {
        volumes: [
          { volume: ca, mountPath: '/ca' },
          { volume: ca, mountPath: '/cb' },
        ],
      },
    ],
    ['volumes.volume.name', { volumes: [{ volume: { name: 'a.b', emptyDir: {} }, mountPath: '/ca' }] }],
    ['volumes.volume', { volumes: [{ volume: { name: 'host', hostPath: { path: '/' } }, mountPath: '/host' }] }],
    ['volumes.volume', { volumes: [{ volume: { name: 'none' }, mountPath: '/none' }] }],
    ['volumes.volume', { volumes: [{ volume: { ...ca, emptyDir: {} }, mountPath: '/two' }] }],
    ['priorityClassName', { priorityClassName: 'Nightly' }],
    ['runtimeClassName', { runtimeClassName: 'g visor' }],
    ['ttlAfterFinished', { ttlAfterFinished: Duration.seconds(59) }],
    ['labels', { labels: { 'not a label': 'x' } }],
  ])('a bad %s is refused by its name: %j', (property, options) => {
    expect(() => workload(name, options)).toThrow(`${noun}.${property} (`);
  });

  test('a pull secret of another namespace is refused', () => {
    const scope = chart();
    backup(scope);
    const because = 'the images come from there';
    const key = secretsOf(scope).expectKey('registry', '.dockerconfigjson', { because, namespace: 'other' });
    expect(() => workload(name, { imagePullSecrets: [key] }, scope)).toThrow(`${noun}.imagePullSecrets (`);
  });

  test('a secret in a volume must be expected, before or after the workload is declared', () => {
    const volumes = [
      { volume: { name: 'a', secret: { secretName: 'client' } }, mountPath: '/client' },
      { volume: { name: 'b', projected: { sources: [{ secret: { name: 'more' } }] } }, mountPath: '/more' },
    ];
    const scope = chart();
    WORKLOADS[name]!(scope, { volumes });
    const because = 'the server asks for a certificate';
    expect(() => Testing.synth(scope)).toThrow(`${noun}.volumes.volume ("secret client") is not expected`);
    secretsOf(scope).expectSecret('client', { because });
    expect(() => Testing.synth(scope)).toThrow(`${noun}.volumes.volume ("secret more") is not expected`);
    secretsOf(scope).expectKey('more', 'key', { because });
    expect(() => Testing.synth(scope)).not.toThrow();
  });
});

test.each(Object.keys(WORKLOADS).filter((name) => !name.includes('merge')))(
  '%s: ttlAfterFinished removes its finished Jobs',
  (name) => {
    expect(jobOf(workload(name, { ttlAfterFinished: Duration.days(1) })).ttlSecondsAfterFinished).toBe(86_400);
  },
);

test('ttlAfterFinished is refused for a merge: Flux would make the Job again, and it would restore again', () => {
  expect(() => workload('restoreJob by a merge', { ttlAfterFinished: Duration.days(1) })).toThrow(
    /^restoreJob\.ttlAfterFinished \("1 day"\) would remove the Job/,
  );
});
