import {
  apply,
  copyCronJob,
  createJob,
  endOf,
  eventually,
  inNamespace,
  kubectl,
  logOf,
  makeWorld,
  must,
  NAMESPACE,
  pgbackup,
  sql,
  versions,
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

/** How many tries of a Job have failed, as the Job itself counts. */
const failures = (name: string): string => inNamespace('get', 'job', name, '-o', 'jsonpath={.status.failed}');

test('a pod that is deleted in the middle of a backup is replaced, and the backup ends well', async () => {
  createJob(job('deleted'), 'zitadel-db-backup');
  const pod = await podThatSays(job('deleted'), 'dumping');
  inNamespace('delete', 'pod', pod, '--wait=false');
  expect(await endOf(job('deleted'))).toBe('Complete');
});

test('a drain in the middle of a backup is no failure of it, and it ends well when there is a node again', async () => {
  createJob(job('drained'), 'zitadel-db-backup');
  const pod = await podThatSays(job('drained'), 'dumping');
  const node = inNamespace('get', 'pod', pod, '-o', 'jsonpath={.spec.nodeName}');
  try {
    must(['drain', node, `--pod-selector=job-name=${job('drained')}`, '--delete-emptydir-data', '--timeout=120s']);
  } finally {
    must(['uncordon', node]);
  }
  expect(await endOf(job('drained'))).toBe('Complete');
  expect(failures(job('drained'))).toBe('');
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
  // The disruption of a pod is not one of the tries.
  expect(failures(job('evicted'))).toBe('');
  expect(events()).toBe(before);
  const mark = `zitadel_before_evicted-${RUN}`;
  expect(sql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${mark}'`)).toBe('1');
});

test('a server that ends in the middle of a restore leaves the live database as it was', async () => {
  const before = events();
  createJob(job('crashed'), 'zitadel-db-restore');
  await podThatSays(job('crashed'), 'loading');
  inNamespace('exec', 'zitadel-db-0', '--', 'pg_ctl', 'stop', '-D', '/data/pg', '-m', 'immediate', '--no-wait');
  expect(await endOf(job('crashed'))).toBe('Failed');
  await eventually(
    'the server is back',
    () => kubectl(['-n', NAMESPACE, 'exec', 'zitadel-db-0', '--', 'pg_isready', '-h', '127.0.0.1']).status === 0,
  );
  expect(events()).toBe(before);
  createJob(job('after-crash'), 'zitadel-db-restore');
  expect(await endOf(job('after-crash'))).toBe('Complete');
});

test('a restore leaves a server with 256 MiB of memory alive', async () => {
  const processes = (): string =>
    sql('postgres', "SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
  const before = processes();
  createJob(job('tight'), 'zitadel-db-restore');
  expect(await endOf(job('tight'))).toBe('Complete');
  expect(processes()).toBe(before);
});

test('a schedule fires, a suspended one does not, and two backups at once both end well', async () => {
  const names = { runs: job('minutely'), suspended: job('suspended') };
  const schedule = { schedule: '* * * * *', startingDeadlineSeconds: 60 };
  copyCronJob('zitadel-db-backup', names.suspended, { ...schedule, suspend: true });
  copyCronJob('zitadel-db-backup', names.runs, schedule);
  const jobsOf = (name: string): string[] =>
    jobs()
      .map((one) => one.replace('job.batch/', ''))
      .filter((one) => one.startsWith(`${name}-`));
  try {
    const made = await eventually('the schedule makes a Job', () => jobsOf(names.runs)[0]);
    inNamespace('patch', 'cronjob', names.runs, '-p', '{"spec":{"suspend":true}}');
    createJob(job('beside'), 'zitadel-db-backup');
    expect(await endOf(made)).toBe('Complete');
    expect(await endOf(job('beside'))).toBe('Complete');
    expect(jobsOf(names.suspended)).toEqual([]);
  } finally {
    inNamespace('delete', 'cronjob', ...Object.values(names));
  }
});

describe('what a person reads', () => {
  /** Of one backup, by its exit status and its text. */
  const status = (backup: string): { status: number; text: string } => {
    const { status, stdout, stderr } = pgbackup('status', '--backup', backup);
    return { status, text: stdout + stderr };
  };

  test('a healthy backup is not red, and its claim is bound to a volume that outlives it', () => {
    const { status: code, text } = status('zitadel-db-backup');
    expect(text).toMatch(/GREEN +newest dump +zitadel-[^]*GREEN +claim +zitadel-backup is bound/);
    expect(text).toMatch(/GREEN +room /);
    expect(code).toBe(text.includes('RED') ? 1 : 0);
  });

  test('a volume that goes with its claim is told, with the command that keeps it', () => {
    const volume = inNamespace('get', 'pvc', 'zitadel-backup', '-o', 'jsonpath={.spec.volumeName}');
    const reclaim = (policy: string): string =>
      must(['patch', 'pv', volume, '-p', JSON.stringify({ spec: { persistentVolumeReclaimPolicy: policy } })]);
    reclaim('Delete');
    try {
      expect(status('zitadel-db-backup').text).toMatch(
        new RegExp(`YELLOW +claim +zitadel-backup: [^]*kubectl patch persistentvolume ${volume} -p `),
      );
    } finally {
      reclaim('Retain');
    }
  });

  test('an image that is not there and a claim without a volume: status and the followed Job say which', async () => {
    const name = job('hindered');
    const { jobTemplate } = JSON.parse(inNamespace('get', 'cronjob', 'zitadel-db-backup', '-o', 'json')).spec;
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        storageClassName: 'nfs-client',
        accessModes: ['ReadWriteMany'],
        resources: { requests: { storage: '1Gi' } },
      },
    };
    must(['create', '-f', '-'], JSON.stringify(claim));
    for (const volume of jobTemplate.spec.template.spec.volumes) {
      if (volume.persistentVolumeClaim !== undefined) volume.persistentVolumeClaim.claimName = name;
    }
    copyCronJob('zitadel-db-backup', name, { jobTemplate, suspend: true });
    try {
      createJob(`${name}-1`, name);
      await eventually('status is red', () => /RED +cannot start +\S+: .*Unschedulable/.test(status(name).text), 60);
      expect(status(name)).toMatchObject({
        status: 1,
        text: expect.stringMatching(new RegExp(`RED +claim +${name} is Pending`)),
      });
      inNamespace('delete', 'job', `${name}-1`);
    } finally {
      inNamespace('delete', 'cronjob', name);
      inNamespace('delete', 'pvc', name);
    }
    createJob(job('imageless'), 'zitadel-db-backup', {}, 'registry.invalid/postgres:0.0');
    await eventually(
      'status is red',
      () => /RED +cannot start +\S+: .*(ErrImage|ImagePull)/.test(status('zitadel-db-backup').text),
      60,
    );
    inNamespace('delete', 'job', job('imageless'));
  });
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
