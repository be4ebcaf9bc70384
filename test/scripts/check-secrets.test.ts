import { Cron, Testing } from 'cdk8s';
import {
  BackupCronJob,
  type ExpectKeyOptions,
  PostgresDatabase,
  PostgresImage,
  Retention,
  SecretExpectations,
} from '../../src';
import { makeClaim, type PodResult, runPod } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { chart, storage } from '../support/manifests/synth';
import { usually } from '../support/machine/userlands';

const because = 'nothing opens without it';
const KEY = 'k'.repeat(32);
const ALL_BYTES = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1));

describe.each(usually('gnu'))('check-secrets.sh under %s', (userland) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  /** What the init container says of one key, or of a whole secret, beside the database's password. */
  function check(
    value: string | Buffer | undefined,
    options: Partial<ExpectKeyOptions> & { whole?: boolean } = {},
    env = {},
  ): Promise<PodResult> {
    const scope = chart();
    const secrets = new SecretExpectations(scope, 'secrets');
    const password = secrets.expectKey('shop-db', 'password', { because: 'everything logs in with it' });
    const { whole = false, ...others } = options;
    if (whole) {
      secrets.expectSecret('app', { because, ...others });
    } else {
      secrets.expectKey('app', 'key', { because, ...others });
    }
    new BackupCronJob(scope, 'backup', {
      name: 'shop-backup',
      storage: storage(scope),
      schedule: Cron.daily(),
      retention: Retention.keep({ daily: 7 }),
      database: PostgresDatabase.at('shop-db', {
        name: 'shop',
        user: 'postgres',
        password,
        image: PostgresImage.alpine('17.2'),
      }),
    });
    return runPod({
      manifests: Testing.synth(scope),
      workload: 'shop-backup',
      userland,
      onlyContainer: 'check-secrets',
      claims: { 'shop-backup': makeClaim(70) },
      secrets: { 'shop-db': { password: server.password }, ...(value !== undefined && { app: { key: value } }) },
      env: { PGHOST: server.host, PGPORT: String(server.port), ...env },
    });
  }

  const needed = `It is needed: ${because}.`;

  test.each<[string, string | Buffer | undefined, Partial<ExpectKeyOptions>, string]>([
    [
      'a missing secret',
      undefined,
      {},
      `is missing. ${needed} Create it, e.g. by reconciling the Flux Kustomization that holds it.`,
    ],
    [
      'a missing secret that is in Git',
      undefined,
      { gitFile: 'apps/app.enc.yaml' },
      'the Flux Kustomization that holds apps/app.enc.yaml.',
    ],
    ['an empty value', '', {}, `is empty. Write its value again. ${needed}`],
    ['31 bytes', KEY.slice(1), { bytes: 32 }, 'has 31 bytes instead of 32. Write its value again.'],
    ['33 bytes', `${KEY}k`, { bytes: 32 }, 'has 33 bytes instead of 32. Write its value again.'],
    ['a line break at the end', `${KEY}\n`, { bytes: 32 }, 'has 33 bytes instead of 32: it ends with a line break.'],
    [
      'base64 of the value',
      Buffer.from(KEY).toString('base64'),
      { bytes: 32 },
      'has 44 bytes instead of 32: it is in base64 once too often.',
    ],
    ['44 other bytes', '!'.repeat(44), { bytes: 32 }, 'has 44 bytes instead of 32. Write its value again.'],
    ['too few bytes', 'short', { minBytes: 16 }, 'has 5 bytes, fewer than 16. Was it cut?'],
    ['a line break where the length is open', 'value\n', {}, 'ends with a line break.'],
    ['a value that does not match', 'pat-1x', { pattern: 'pat-[0-9]+' }, 'does not look like pat-[0-9]+.'],
  ])('finds %s', async (_, value, options, sentence) => {
    const { status, stderr, stdout } = await check(value, options);
    expect(stderr).toMatch(/^check-secrets: warning: secret app, key key /);
    expect(stderr).toContain(sentence);
    expect(stdout).toContain('2 secrets are expected, 1 findings');
    expect(status).toBe(0);
  });

  test.each<[string, string | Buffer, Partial<ExpectKeyOptions>]>([
    ['exactly as long as expected', KEY, { bytes: 32 }],
    ['of every byte from 1 to 255', ALL_BYTES, { bytes: 255, pattern: '.*z.*' }],
    ['of 32 bytes that are no text', ALL_BYTES.subarray(150, 182), { bytes: 32 }],
    ['with a line break that is allowed', 'value\n', { trailingNewline: true }],
    [
      'with a line that matches',
      '# created: today\nAGE-KEY-1QQ\n',
      { trailingNewline: true, pattern: 'AGE-KEY-1[A-Z]+' },
    ],
  ])('accepts a value %s', async (_, value, options) => {
    const { stderr, stdout } = await check(value, options);
    expect(stderr).toBe('');
    expect(stdout).toContain(`secret app, key key: ${Buffer.from(value).length} bytes, as expected`);
    expect(stdout).toContain('2 secrets are expected, 0 findings');
  });

  test('a secret that something has yet to make may be missing, until then', async () => {
    const { stdout } = await check(undefined, { optionalUntil: 'the first setup has run' });
    expect(stdout).toContain(`secret app, key key is missing, which is right until the first setup has run. ${needed}`);
    expect(stdout).toContain('0 findings');
  });

  test('a whole secret is there with any key, and missing without', async () => {
    expect((await check('anything', { whole: true })).stdout).toContain('secret app: present');
    expect((await check(undefined, { whole: true })).stderr).toContain(`secret app is missing. ${needed}`);
  });

  test('tells a wrong password from a server that is down', async () => {
    const right = await check(KEY);
    expect(right.stdout).toContain(`secret shop-db, key password logs in to ${server.host}:${server.port} as postgres`);
    const wrong = await check(KEY, {}, { PGPASSWORD: 'wrong' });
    expect(wrong.stderr).toContain(
      `secret shop-db, key password does not log in to ${server.host}:${server.port} as postgres:`,
    );
    expect(wrong.stderr).toContain('password authentication failed');
    expect(wrong.stdout).toContain('1 findings');
    const down = await check(KEY, {}, { PGPORT: '1' });
    expect(down.stderr).toContain(`no server accepts connections at ${server.host}:1: the password is not tried`);
    expect(down.stdout).toContain('0 findings');
  });

  test('no value is in what it writes', async () => {
    const { output } = await check('Pa55-w\u00f6rd and more of it', { bytes: 3, pattern: 'x' });
    expect(output).not.toContain('Pa55');
    expect(output).not.toContain(server.password);
  });
});
