import {
  apply,
  createJob,
  endOf,
  eventually,
  inNamespace,
  kubectl,
  logOf,
  makeWorld,
  manifests,
  must,
  NAMESPACE,
  sql,
} from './cluster';

const IMAGE = process.env.CLUSTER_IMAGE ?? 'postgres:16.4-alpine';
const TIMES = Number(process.env.CLUSTER_APPLIES ?? 100);
const RUN = Date.now().toString(36);
const job = (name: string): string => `${name}-${RUN}`;

beforeAll(() => {
  makeWorld(IMAGE);
  apply('identity-internal');
  if (sql('postgres', "SELECT count(*) FROM pg_database WHERE datname = 'zitadel'") === '0') {
    sql('postgres', 'CREATE ROLE zitadel LOGIN; CREATE DATABASE zitadel OWNER zitadel');
    sql(
      'zitadel',
      `SET ROLE zitadel; CREATE SCHEMA eventstore; CREATE SCHEMA projections; CREATE SCHEMA system;
       CREATE TABLE system.encryption_keys (id text PRIMARY KEY, key text NOT NULL);
       CREATE TABLE eventstore.events2 (instance_id text, aggregate_type text, aggregate_id text, sequence bigint,
         event_type text, payload jsonb, created_at timestamptz, "position" numeric);
       INSERT INTO eventstore.events2
         SELECT 'i', 'user', i::text, i, 'user.changed', jsonb_build_object('n', repeat(md5(i::text), 20)), now(), i
           FROM generate_series(1, 200000) AS i`,
    );
  }
});

/** What the objects of a folder are, for Kubernetes: any change gives another version. */
const versions = (folder: string): string =>
  must([
    'get',
    ...manifests(folder).flatMap((file) => ['-f', file]),
    '-o',
    'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
  ]);
const events = (): string => sql('zitadel', 'SELECT count(*) FROM eventstore.events2');
const jobs = (): string[] => inNamespace('get', 'jobs', '-o', 'name').split('\n').sort();

test(`applying dist/ ${TIMES} times changes no object and starts no Job`, () => {
  apply('identity-internal');
  const [before, jobsBefore] = [versions('identity-internal'), jobs()];
  for (let i = 0; i < TIMES; i++) apply('identity-internal');
  expect(versions('identity-internal')).toBe(before);
  expect(jobs()).toEqual(jobsBefore);
});

test('a backup, a loss, a restore and the way back, under the restricted Pod Security Standard', async () => {
  const before = events();
  createJob(job('backup'), 'zitadel-db-backup');
  expect({ ended: await endOf(job('backup')), log: logOf(job('backup')) }).toEqual({
    ended: 'Complete',
    log: expect.stringContaining('is complete and verified'),
  });
  sql('zitadel', 'DELETE FROM eventstore.events2 WHERE sequence > 10');
  createJob(job('restore'), 'zitadel-db-restore', { RESTORE_SESSIONS: 'disconnect' });
  expect(await endOf(job('restore'))).toBe('Complete');
  expect(events()).toBe(before);
  createJob(job('undo'), 'zitadel-db-restore', { RESTORE_ACTION: 'undo' });
  expect(await endOf(job('undo'))).toBe('Complete');
  expect(events()).toBe('10');
  createJob(job('again'), 'zitadel-db-restore');
  expect(await endOf(job('again'))).toBe('Complete');
  expect(events()).toBe(before);
});

test('a drill restores into a server of its own, without the network', async () => {
  createJob(job('drill'), 'zitadel-db-drill');
  // Nothing is encrypted in it.
  expect(await endOf(job('drill'))).toBe('Failed');
  expect(logOf(job('drill'))).toContain('== verdict: inconclusive. the dump is restorable');
});

test('a dump is held, and is released', async () => {
  const dump = /(zitadel-\d{8}-\d{6})\.dump is complete/.exec(logOf(job('backup')))![1]!;
  createJob(job('hold'), 'zitadel-db-restore', { RESTORE_ACTION: 'hold', RESTORE_DUMP: dump, RESTORE_HOLD: 'P1D' });
  expect(await endOf(job('hold'))).toBe('Complete');
  createJob(job('list'), 'zitadel-db-restore', { RESTORE_ACTION: 'list' });
  expect(await endOf(job('list'))).toBe('Complete');
  expect(logOf(job('list'))).toMatch(new RegExp(`${dump}.*\\d{4}-\\d\\d-\\d\\dT`));
  createJob(job('release'), 'zitadel-db-restore', { RESTORE_ACTION: 'release', RESTORE_DUMP: dump });
  expect(await endOf(job('release'))).toBe('Complete');
});

/** The pod of a Job, once its log says something. */
async function podThatSays(name: string, words: string): Promise<string> {
  return eventually(`the log of ${name} says ${words}`, () => {
    const { stdout } = kubectl(['-n', NAMESPACE, 'get', 'pods', '-l', `job-name=${name}`, '-o', 'name']);
    const pod = stdout.trim().split('\n')[0]!;
    return pod !== '' && kubectl(['-n', NAMESPACE, 'logs', pod]).stdout.includes(words) && pod.replace('pod/', '');
  });
}

test('a pod that is deleted in the middle of a backup is replaced, and the backup ends well', async () => {
  createJob(job('deleted'), 'zitadel-db-backup');
  const pod = await podThatSays(job('deleted'), 'dumping');
  inNamespace('delete', 'pod', pod, '--wait=false');
  expect(await endOf(job('deleted'))).toBe('Complete');
});

test('a pod that must make way in the middle of a restore is replaced, and the names are exchanged once', async () => {
  const before = events();
  createJob(job('evicted'), 'zitadel-db-restore');
  const pod = await podThatSays(job('evicted'), 'loading');
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: NAMESPACE } };
  must(
    ['create', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/${pod}/eviction`, '-f', '-'],
    JSON.stringify(eviction),
  );
  expect(await endOf(job('evicted'))).toBe('Complete');
  expect(events()).toBe(before);
  const mark = `zitadel_before_evicted-${RUN}`;
  expect(sql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${mark}'`)).toBe('1');
});

test('a schedule fires, and two backups at once both end well', async () => {
  const cronJob = JSON.parse(inNamespace('get', 'cronjob', 'zitadel-db-backup', '-o', 'json'));
  const name = job('minutely');
  const { labels, annotations } = cronJob.metadata;
  const spec = { ...cronJob.spec, schedule: '* * * * *', startingDeadlineSeconds: 60 };
  must(
    ['create', '-f', '-'],
    JSON.stringify({ ...cronJob, metadata: { name, namespace: NAMESPACE, labels, annotations }, spec }),
  );
  const made = await eventually('the schedule makes a Job', () =>
    jobs()
      .map((one) => one.replace('job.batch/', ''))
      .find((one) => one.startsWith(`${name}-`)),
  );
  inNamespace('patch', 'cronjob', name, '-p', '{"spec":{"suspend":true}}');
  createJob(job('beside'), 'zitadel-db-backup');
  expect(await endOf(made)).toBe('Complete');
  expect(await endOf(job('beside'))).toBe('Complete');
  inNamespace('delete', 'cronjob', name);
});

test('a secret that is missing fails the backup with its name, and the dump is there', async () => {
  const masterkey = inNamespace('get', 'secret', 'zitadel-secret', '-o', 'json');
  inNamespace('delete', 'secret', 'zitadel-secret');
  try {
    createJob(job('keyless'), 'zitadel-db-backup');
    expect(await endOf(job('keyless'))).toBe('Failed');
    expect(logOf(job('keyless'))).toContain('secret zitadel-secret, key masterkey is missing');
    expect(logOf(job('keyless'))).toContain('is complete and verified');
  } finally {
    const { apiVersion, kind, data } = JSON.parse(masterkey);
    must(
      ['create', '-f', '-'],
      JSON.stringify({ apiVersion, kind, data, metadata: { name: 'zitadel-secret', namespace: NAMESPACE } }),
    );
  }
});
