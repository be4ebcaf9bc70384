import { Cron, Duration, Size } from 'cdk8s';
import { EmptyDirMedium } from 'cdk8s-plus-28';
import {
  DrillPick,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreDrillProps,
  SecretExpectations,
} from '../../src';
import { chart, database, Manifest, manifest, storage, yaml } from '../support/manifests/synth';

const SQL = "SELECT '-', 'unproven', length(pg_read_binary_file(:'key_file'));";

interface Named {
  readonly name: string;
  readonly value?: string;
}

function drill(props: Partial<RestoreDrillProps> & { key?: true } = {}): Manifest {
  const scope = chart();
  const key = () =>
    new SecretExpectations(scope, 'keys', { name: 'keys' }).expectKey('orders', 'key', {
      because: 'the orders are encrypted with it',
    });
  const { key: withKey, ...given } = props;
  new RestoreDrill(scope, 'drill', {
    name: 'shop-drill',
    backup: { database: database(scope), storage: storage(scope) },
    ...(withKey && { proof: { name: 'the key opens the orders', key: key(), sql: SQL } }),
    ...given,
  });
  return manifest(scope, 'CronJob');
}

const job = (object: Manifest) => object.spec.jobTemplate.spec;
const pod = (object: Manifest) => job(object).template.spec;
const containers = (object: Manifest) => [...pod(object).initContainers, ...pod(object).containers];
const container = (object: Manifest, wanted: string) => containers(object).find(({ name }: Named) => name === wanted);
const env = (object: Manifest, of: string, name: string) =>
  container(object, of).env.find((variable: Named) => variable.name === name)?.value;
const volume = (object: Manifest, name: string) => pod(object).volumes.find((each: Named) => each.name === name);
const mounted = (object: Manifest, of: string): string[] =>
  container(object, of).volumeMounts.map(({ name }: Named) => name);

test('a drill with all defaults as a reviewer sees it', () => {
  expect(yaml(drill())).toMatchSnapshot();
});

test('a drill with every prop set as a reviewer sees it', () => {
  expect(
    yaml(
      drill({
        key: true,
        schedule: Cron.schedule({ minute: '0', hour: '4', weekDay: '6' }),
        timeZone: 'Europe/Zurich',
        suspend: true,
        activeDeadline: Duration.hours(2),
        startingDeadline: Duration.hours(1),
        rto: Duration.minutes(90),
        pick: DrillPick.ROTATE,
        scratchSize: Size.gibibytes(2),
        scratchMedium: EmptyDirMedium.MEMORY,
        keepEvidence: 12,
        parallelJobs: 4,
        resources: { memory: { request: Size.gibibytes(1), limit: Size.gibibytes(4) } },
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'dedicated', operator: 'Exists' }],
        labels: { team: 'shop' },
        annotations: { note: 'weekly' },
      }),
    ),
  ).toMatchSnapshot();
});

describe('defaults', () => {
  const plain = drill();

  test('schedule is weekly', () => expect(plain.spec.schedule).toBe('0 0 * * 0'));
  test('timeZone is Etc/UTC', () => expect(plain.spec.timeZone).toBe('Etc/UTC'));
  test('suspend is false, and written', () => expect(plain.spec.suspend).toBe(false));
  test('activeDeadline is 6 hours, and the dump is held as long', () => {
    expect(job(plain).activeDeadlineSeconds).toBe(6 * 3600);
    expect(env(plain, 'restore', 'HOLD_SECONDS')).toBe(String(6 * 3600));
  });
  test('startingDeadline is 12 hours', () => expect(plain.spec.startingDeadlineSeconds).toBe(12 * 3600));
  test('rto is none', () => {
    expect(env(plain, 'drill', 'DRILL_RTO')).toBeUndefined();
    expect(env(drill({ rto: Duration.minutes(30) }), 'drill', 'DRILL_RTO')).toBe('1800');
  });
  test('pick is the newest', () => expect(env(plain, 'restore', 'DRILL_PICK')).toBe('newest'));
  test('scratchSize is that of the claim', () => {
    expect(volume(plain, 'drill').emptyDir).toEqual({ sizeLimit: '5Gi' });
    expect(env(plain, 'restore', 'DRILL_BYTES')).toBe(String(5 * 2 ** 30));
  });
  test('scratchSize is no limit where the size of the claim is not known', () => {
    const scope = chart();
    const { storage: sized, ...backup } = { database: database(scope), storage: storage(scope) };
    const unsized = drill({
      backup: { ...backup, storage: { claimName: sized.claimName, accessModes: sized.accessModes } },
    });
    expect(volume(unsized, 'drill').emptyDir).toEqual({});
    expect(env(unsized, 'restore', 'DRILL_BYTES')).toBe('0');
  });
  test("scratchMedium is the node's own", () => expect(volume(plain, 'drill').emptyDir).not.toHaveProperty('medium'));
  test('proof is none: no container and no volume is about a key', () => {
    expect(container(plain, 'decrypt')).toBeUndefined();
    expect(volume(plain, 'proof-key')).toBeUndefined();
  });
  test('keepEvidence is 104', () => expect(env(plain, 'drill', 'KEEP_EVIDENCE')).toBe('104'));
  test('parallelJobs is 2', () => expect(env(plain, 'restore', 'RESTORE_JOBS')).toBe('2'));
  test("memory for an index is 256 MiB, and never more than half of the pod's for all jobs", () => {
    const memory = (props: Partial<RestoreDrillProps>) =>
      /maintenance_work_mem=(.*)kB/.exec(env(drill(props), 'restore', 'RESTORE_OPTIONS'))?.[1];
    expect(memory({})).toBe(String(256 * 1024));
    expect(memory({ resources: {} })).toBe(String(256 * 1024));
    expect(memory({ parallelJobs: 4, resources: { memory: { limit: Size.mebibytes(512) } } })).toBe(String(64 * 1024));
  });
  test('resources are those of a server, two sessions and two clients', () => {
    for (const { resources } of containers(plain)) {
      expect(resources).toEqual({ requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } });
    }
  });
});

test.each<[string, Partial<RestoreDrillProps>]>([
  ['restoreDrill.name', { name: 'x'.repeat(53) }],
  ['restoreDrill.timeZone', { timeZone: 'Mars/Olympus' }],
  ['restoreDrill.schedule', { schedule: Cron.schedule({ minute: '61' }) }],
  ['restoreDrill.activeDeadline', { activeDeadline: Duration.seconds(59) }],
  ['restoreDrill.startingDeadline', { startingDeadline: Duration.seconds(9) }],
  ['restoreDrill.rto', { rto: Duration.seconds(59) }],
  ['restoreDrill.rto', { rto: Duration.hours(6) }],
  ['restoreDrill.scratchSize', { scratchSize: Size.mebibytes(99) }],
  ['restoreDrill.keepEvidence', { keepEvidence: 0 }],
  ['restoreDrill.keepEvidence', { keepEvidence: 1.5 }],
  ['restoreDrill.parallelJobs', { parallelJobs: 0 }],
  ['restoreDrill.proof.name', { proof: { name: '', key: database(chart()).password, sql: SQL } }],
  ['restoreDrill.labels', { labels: { 'not a label': 'x' } }],
])('a bad %s is refused by its name', (property, props) => {
  expect(() => drill(props)).toThrow(`${property} (`);
});

test('a bad folder is refused by its name', () => {
  const scope = chart();
  expect(() => drill({ backup: { database: database(scope), storage: storage(scope), folder: '../other' } })).toThrow(
    'restoreDrill.folder (',
  );
});

describe.each([
  ['without a proof', {}],
  ['with a proof', { key: true }],
] as const)('a pod %s', (_, props) => {
  const object = drill(props);

  test("knows neither the database's host nor how to log in to it", () => {
    const scope = chart();
    const password = new SecretExpectations(scope, 'secrets').expectKey('shop-db', 'password', {
      because: 'everything logs in with it',
    });
    const far = PostgresDatabase.at('far.example.org', {
      name: 'shop',
      user: 'its-role',
      password,
      image: PostgresImage.alpine('17.2'),
    });
    expect(yaml(drill({ ...props, backup: { database: far, storage: storage(scope) } }))).not.toMatch(
      /far\.example\.org|its-role/,
    );
    for (const each of containers(object)) {
      expect(each.env.map(({ name }: Named) => name)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^PG(HOST|PORT|USER|PASSWORD)$/)]),
      );
    }
  });

  test('is as hardened as the others, in every container', () => {
    expect(pod(object)).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: 70 },
    });
    for (const { securityContext, image } of containers(object)) {
      expect(image).toBe('postgres:17.2-alpine');
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('has each variable of a container once, as server-side apply wants it', () => {
    for (const each of containers(object)) {
      const names = each.env.map(({ name }: Named) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  });

  test(
    'is tried once more after a failure, again where it is drained, and not where a key is refuted or something ' +
      'is not proven',
    () => {
      expect(job(object)).toMatchObject({
        backoffLimit: 1,
        podFailurePolicy: {
          rules: [
            { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
            { action: 'FailJob', onExitCodes: { containerName: 'drill', operator: 'In', values: [4, 5] } },
          ],
        },
      });
    },
  );
});

test('no container sees both the dumps and a key', () => {
  const object = drill({ key: true });
  const keys = pod(object)
    .volumes.filter(
      (each: Named & { secret?: unknown; projected?: { sources: { secret?: unknown }[] } }) =>
        each.secret ?? each.projected?.sources.some(({ secret }) => secret),
    )
    .map(({ name }: Named) => name);
  expect(keys).toEqual(['expected-keys', 'proof-key']);
  const seen = Object.fromEntries(
    containers(object).map(({ name }: Named) => [
      name,
      {
        claim: mounted(object, name).includes('storage'),
        keys: mounted(object, name).filter((each) => keys.includes(each)),
      },
    ]),
  );
  expect(seen).toEqual({
    'check-secrets': { claim: false, keys: ['expected-keys'] },
    restore: { claim: true, keys: [] },
    decrypt: { claim: false, keys: ['proof-key'] },
    drill: { claim: true, keys: [] },
  });
});

test('the container with the key leaves nothing of it where the dumps are seen: its scratch is its own, in memory', () => {
  const object = drill({ key: true });
  expect(mounted(object, 'decrypt')).toEqual([
    'scripts',
    'scripts-lib',
    'scripts-sql',
    'proof',
    'proof-key',
    'drill',
    'decrypt-scratch',
  ]);
  expect(volume(object, 'decrypt-scratch').emptyDir).toMatchObject({ medium: 'Memory' });
  for (const other of ['check-secrets', 'restore', 'drill'])
    expect(mounted(object, other)).not.toContain('decrypt-scratch');
});

test('what kubectl create job --from and kubectl set env need is there: a CronJob with the variables that choose', () => {
  const object = drill();
  expect(object.kind).toBe('CronJob');
  expect([env(object, 'restore', 'RESTORE_DUMP'), env(object, 'restore', 'RESTORE_BEFORE')]).toEqual(['', '']);
});
