import { Chart, Cron, Duration, Testing } from 'cdk8s';
import { Secret } from 'cdk8s-plus-28';
import { parse } from 'yaml';
import {
  BackupCronJob,
  BackupPvc,
  type EscrowOptions,
  PostgresDatabase,
  PostgresImage,
  RestoreJob,
  Retention,
  SecretExpectations,
  type SecretKey,
} from '../../src';
import { chart, type Manifest, manifest, storage, yaml } from '../support/manifests/synth';

const because = 'it opens everything';

const backupWith = (scope: Chart, password: SecretKey) => ({
  database: PostgresDatabase.at('db', {
    name: 'shop',
    user: 'postgres',
    password,
    image: PostgresImage.alpine('17.2'),
  }),
  storage: storage(scope),
});

test('the list as a reviewer sees it names secrets, keys, lengths and reasons', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  secrets.expectKey('app', 'masterkey', { bytes: 32, because: 'without it: ${nothing} works' });
  secrets.expectKey('sops-age', 'age.agekey', { namespace: 'flux-system', because });
  expect(yaml(manifest(scope, 'ConfigMap'))).toMatchSnapshot();
});

test("name is the chart's id and -expected-secrets by default", () => {
  const scope = chart();
  new SecretExpectations(scope, 'secrets');
  expect(manifest(scope, 'ConfigMap').metadata.name).toBe('shop-expected-secrets');
});

test("the chart's own namespace is no other namespace", () => {
  const key = new SecretExpectations(chart(), 'secrets').expectKey('app', 'key', { because, namespace: 'shop' });
  expect(key.isLocal).toBe(true);
});

test(
  'expectKeyOf takes name and namespace from a secret of cdk8s-plus, and the namespace of the chart where it ' +
    'knows none',
  () => {
    const scope = chart();
    const secrets = new SecretExpectations(scope, 'secrets');
    const elsewhere = new Chart(Testing.app(), 'elsewhere', { namespace: 'elsewhere' });
    const known = Secret.fromSecretName(scope, 'known', 'app');
    expect(secrets.expectKeyOf(known, 'masterkey', { because, bytes: 32 }).toString()).toBe(
      'secret app, key masterkey',
    );
    expect(secrets.expectKeyOf(known, 'masterkey', { because, namespace: 'other' }).toString()).toBe(
      'secret other/app, key masterkey',
    );
    expect(secrets.expectKeyOf(new Secret(elsewhere, 'made'), 'key', { because }).toString()).toMatch(
      /^secret elsewhere\/elsewhere-made-\w+, key key$/,
    );
    expect(manifest(scope, 'ConfigMap').data['secrets.yaml']).toContain('bytes: 32');
  },
);

test('because is what the use says by default, and what is said takes its place', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const [password, pull, success, failure] = ['password', 'pull', 'success', 'failure'].map((key) =>
    secrets.expectKey('shop', key),
  );
  secrets.expectKey('shop', 'key', { because: 'it opens the orders' });
  new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    ...backupWith(scope, password!),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 1 }),
    imagePullSecrets: [pull!],
    heartbeat: { success: success!, failure },
  });
  const reasons = [
    'the backup and the restore log in with it',
    'the images are pulled with it',
    'success is reported there',
    'failure is reported there',
    'it opens the orders',
  ];
  const list = (Testing.synth(scope) as Manifest[]).find(({ data }) => data?.['secrets.yaml'] !== undefined)!;
  expect((parse(list.data['secrets.yaml']) as { because: string }[]).map(({ because }) => because)).toEqual(reasons);
  expect(rows(list).map((row) => row.at(-1))).toEqual(reasons);
});

test('a key without a reason, of its own or of a use, fails the synth', () => {
  const scope = chart();
  new SecretExpectations(scope, 'secrets').expectKey('app', 'key');
  expect(() => Testing.synth(scope)).toThrow(
    'expectKey.because ("secret app, key key") is missing, and no use of the key gives the reason. ' +
      'Say why a restore needs the key',
  );
});

test('the same key twice is refused', () => {
  const secrets = new SecretExpectations(chart(), 'secrets');
  secrets.expectKey('app', 'key', { because });
  expect(() => secrets.expectKey('app', 'key', { because })).toThrow(
    'expectKey ("secret app, key key") is expected already',
  );
  expect(secrets.expectKey('app', 'key', { because, namespace: 'other' }).toString()).toBe('secret other/app, key key');
});

test('no other object passes for an expected key', () => {
  const forged = { secretName: 'app', key: 'key', because, bytes: undefined, namespace: undefined, isLocal: true };
  // @ts-expect-error only expectKey makes one
  const key: SecretKey = forged;
  expect(key).toBe(forged);
});

test.each([
  ['expectKey.secretName', 'App', 'key', { because }],
  ['expectKey.key', 'app', 'a key', { because }],
  ['expectKey.because', 'app', 'key', { because: ' ' }],
  ['expectKey.bytes', 'app', 'key', { because, bytes: 0 }],
  ['expectKey.bytes', 'app', 'key', { because, bytes: 1.5 }],
  ['expectKey.namespace', 'app', 'key', { because, namespace: 'Flux' }],
])('a bad %s is refused by its name', (property, secret, key, options) => {
  expect(() => new SecretExpectations(chart(), 'secrets').expectKey(secret, key, options)).toThrow(`${property} (`);
});

test('everything about a secret is in the list, with who uses it', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  secrets.expectKey('app', 'token', {
    minBytes: 20,
    pattern: 'tok-[a-z]+',
    trailingNewline: true,
    sameAsDump: true,
    because,
    gitFile: 'apps/shop/token.enc.yaml',
  });
  secrets.expectSecret('admin', { because, optionalUntil: 'setup has made it' });
  secrets.expectSecret('vault', { because, provider: 'External Secrets' });
  secrets.expectEscrow({
    what: 'the age key',
    where: 'the safe',
    attestedOn: '2026-11-01',
    validFor: Duration.days(90),
  });
  const password = secrets.expectKey('shop-db', 'password', { because });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup: backupWith(scope, password) });
  const list = (Testing.synth(scope) as Manifest[]).find(({ data }) => data?.['escrow.yaml'] !== undefined)!;
  expect(yaml(list)).toMatchSnapshot();
});

test('a secret that is expected after a workload was declared is checked by it all the same', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const password = secrets.expectKey('shop-db', 'password', { because });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup: backupWith(scope, password) });
  secrets.expectKey('app', 'key', { because });
  secrets.expectKey('sops-age', 'age.agekey', { because, namespace: 'flux-system' });
  const {
    initContainers: [check],
    containers: [restore],
    volumes,
  } = manifest(scope, 'CronJob').spec.jobTemplate.spec.template.spec;
  expect(volumes.find(({ name }: { name: string }) => name === 'expected-keys').projected.sources).toEqual([
    { secret: { name: 'shop-db', items: [{ key: 'password', path: 'shop-db/password' }], optional: true } },
    { secret: { name: 'app', items: [{ key: 'key', path: 'app/key' }], optional: true } },
  ]);
  const mounts = (container: { volumeMounts: { name: string }[] }) => container.volumeMounts.map(({ name }) => name);
  expect(mounts(check)).not.toContain('storage');
  expect(mounts(restore)).not.toContain('expected-keys');
});

test('trailingNewline and sameAsDump are false, and any length will do by default', () => {
  const scope = chart();
  const password = new SecretExpectations(scope, 'secrets').expectKey('shop-db', 'password', { because });
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup: backupWith(scope, password) });
  const list = (Testing.synth(scope) as Manifest[]).find(({ data }) => data?.['secrets.tsv'] !== undefined)!;
  expect(rows(list)).toEqual([['shop-db', 'password', 'shop', '', '', '', '', '', '', '', because]]);
});

test('a workload looks at the secrets of its own dumps and at those of no dumps, and at no others', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'secrets');
  const claim = BackupPvc.fromClaimName('nas');
  for (const name of ['one', 'two']) {
    const database = PostgresDatabase.at('db', {
      name,
      user: 'postgres',
      password: secrets.expectKey(name, 'password', { because }),
      image: PostgresImage.alpine('17.2'),
    });
    new RestoreJob(scope, name, { name, backup: { database, storage: claim } });
  }
  secrets.expectKey('both', 'key', { because });
  const { volumes } = manifest(scope, 'CronJob', 'one').spec.jobTemplate.spec.template.spec;
  const { sources } = volumes.find(({ name }: { name: string }) => name === 'expected-keys').projected;
  expect(sources.map(({ secret }: { secret: { name: string } }) => secret.name)).toEqual(['one', 'both']);
});

test.each([
  ['expectKey.bytes', { because, bytes: 0 }],
  ['expectKey.minBytes', { because, minBytes: 2_000_000 }],
  ['expectKey.minBytes', { because, bytes: 32, minBytes: 3 }],
  ['expectKey.pattern', { because, pattern: '\\d+' }],
  ['expectKey.pattern', { because, pattern: '(' }],
  ['expectKey.sameAsDump', { because, sameAsDump: true, minBytes: 8 }],
  ['expectKey.gitFile', { because, gitFile: ' ' }],
  ['expectKey.optionalUntil', { because, optionalUntil: 'one\ntwo' }],
  ['expectKey.provider', { because, provider: '' }],
])('a bad %s is refused with its reason', (property, options) => {
  expect(() => new SecretExpectations(chart(), 'secrets').expectKey('app', 'key', options)).toThrow(`${property} (`);
});

describe('an attestation', () => {
  const DAY = 24 * 60 * 60;
  const ENDS = Date.parse('2026-12-31T00:00:00Z') / 1000;
  const attested = (options: Partial<EscrowOptions> = {}) => {
    const scope = chart();
    new SecretExpectations(scope, 'secrets').expectEscrow({
      what: 'the age key',
      where: 'the safe',
      attestedOn: '2026-10-02',
      validFor: Duration.days(90),
      ...options,
    });
    return scope;
  };
  const warnings: string[] = [];
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
  beforeEach(() => warnings.splice(0));
  afterEach(() => delete process.env.SOURCE_DATE_EPOCH);
  afterAll(() => warn.mockRestore());

  test.each<[string, number | undefined, string, boolean]>([
    ['is not held against the clock by default', undefined, '', false],
    ['is good until a month before its end', ENDS - 31 * DAY, '', false],
    [
      'warns in its last month',
      ENDS - 29 * DAY,
      'until 2026-12-31, which runs out soon. Look whether it is still here: the safe.',
      false,
    ],
    [
      'fails from the day after its end',
      ENDS + DAY,
      'until 2026-12-31, which has run out. Look whether it is still here: the safe.',
      true,
    ],
  ])('%s', (_, today, text, fails) => {
    if (today !== undefined) process.env.SOURCE_DATE_EPOCH = String(today);
    const errors = attested()
      .node.findAll()
      .flatMap(({ node }) => node.validate());
    expect([...errors, ...warnings].join()).toContain(text);
    expect([errors.length, warnings.length]).toEqual(fails ? [1, 0] : [0, text === '' ? 0 : 1]);
  });

  test('fails the synth when it has run out', () => {
    process.env.SOURCE_DATE_EPOCH = String(ENDS + 400 * DAY);
    expect(() => Testing.synth(attested())).toThrow(
      'expectEscrow ("the age key") was attested on 2026-10-02 until 2026-12-31',
    );
  });

  test.each<[string, Partial<EscrowOptions>]>([
    ['expectEscrow.what', { what: '' }],
    ['expectEscrow.where', { where: 'a\nb' }],
    ['expectEscrow.attestedOn', { attestedOn: '2026-02-30' }],
    ['expectEscrow.validFor', { validFor: Duration.hours(3) }],
  ])('with a bad %s is refused by its name', (property, options) => {
    expect(() => attested(options)).toThrow(`${property} (`);
  });

  test('is not held against a date that is none', () => {
    process.env.SOURCE_DATE_EPOCH = 'today';
    expect(() =>
      attested()
        .node.findAll()
        .flatMap(({ node }) => node.validate()),
    ).toThrow('SOURCE_DATE_EPOCH ("today") is not a number of seconds');
  });
});

/** What the twin of a list for the pods has, without its head. */
function rows({ data }: Manifest): string[][] {
  return data['secrets.tsv']
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line: string) => line.split('\t'));
}
