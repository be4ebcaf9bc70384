import { Chart, Duration, Size, Testing } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-28';
import { Delivery, type OnMergeOptions, RestoreJob, RestoreJobProps, RestoreSessions, RestoreTrigger } from '../../src';
import { chart, database, Manifest, manifest, storage, yaml } from '../support/manifests/synth';

function template(props: Partial<RestoreJobProps> = {}): Manifest {
  const scope = chart();
  const backup = { database: database(scope), storage: storage(scope) };
  new RestoreJob(scope, 'restore', { name: 'shop-restore', backup, ...props });
  return manifest(scope, 'CronJob');
}

test('a restore template as a reviewer sees it', () => {
  expect(yaml(template())).toMatchSnapshot();
});

test('applying the template starts no restore', () => {
  expect(template().spec).toMatchObject({ suspend: true, schedule: '0 0 1 1 *' });
  expect(template().kind).toBe('CronJob');
});

test('a failed restore is not tried again by itself, and its Job is not removed by itself', () => {
  const job = template().spec.jobTemplate.spec;
  expect(job.backoffLimit).toBe(0);
  expect(job).not.toHaveProperty('ttlSecondsAfterFinished');
});

test('a pod that is drained is replaced, though a failed one is not', () => {
  const { backoffLimit, podFailurePolicy } = template().spec.jobTemplate.spec;
  expect({ backoffLimit, podFailurePolicy }).toEqual({
    backoffLimit: 0,
    podFailurePolicy: {
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    },
  });
});

test('activeDeadline is 6 hours by default', () => {
  expect(template().spec.jobTemplate.spec.activeDeadlineSeconds).toBe(6 * 3600);
  expect(template({ activeDeadline: Duration.minutes(90) }).spec.jobTemplate.spec.activeDeadlineSeconds).toBe(90 * 60);
});

const env = (object: Manifest, name: string) =>
  object.spec.jobTemplate.spec.template.spec.containers[0].env.find(
    (variable: { name: string }) => variable.name === name,
  ).value;

test('sessions is wait by default: a service that is connected is not cut off', () => {
  expect(env(template(), 'RESTORE_SESSIONS')).toBe('wait');
  expect(env(template({ sessions: RestoreSessions.DISCONNECT }), 'RESTORE_SESSIONS')).toBe('disconnect');
});

test('sessionsTimeout is 10 minutes by default', () => expect(env(template(), 'SESSIONS_TIMEOUT')).toBe('600'));
test("serviceAccount is the namespace's own by default; the token of another one is not mounted either", () => {
  const pod = (props: Partial<RestoreJobProps>) => template(props).spec.jobTemplate.spec.template.spec;
  expect(pod({})).not.toHaveProperty('serviceAccountName');
  const serviceAccount = ServiceAccount.fromServiceAccountName(chart(), 'account', 'puller');
  expect(pod({ serviceAccount })).toMatchObject({ serviceAccountName: 'puller', automountServiceAccountToken: false });
});

test('a service account of another namespace is refused: no pod can use it', () => {
  const elsewhere = new Chart(Testing.app(), 'elsewhere', { namespace: 'elsewhere' });
  expect(() =>
    template({ serviceAccount: new ServiceAccount(elsewhere, 'account', { metadata: { name: 'puller' } }) }),
  ).toThrow(
    'restoreJob.serviceAccount ("elsewhere/puller") is not in the namespace of the chart, shop. Use an account ' +
      'of the same namespace',
  );
});

test('keepPrevious is 1 by default', () => expect(env(template(), 'KEEP_PREVIOUS')).toBe('1'));
test('parallelJobs is 2 by default', () => expect(env(template(), 'RESTORE_JOBS')).toBe('2'));
test("maintenanceWorkMem is the server's own by default: a restore takes no more of its memory than it allows", () => {
  expect(env(template(), 'RESTORE_OPTIONS')).not.toContain('maintenance_work_mem');
  expect(env(template({ maintenanceWorkMem: Size.mebibytes(256) }), 'RESTORE_OPTIONS')).toContain(
    '-c maintenance_work_mem=262144kB',
  );
});

test.each<[string, Partial<RestoreJobProps>]>([
  ['restoreJob.parallelJobs', { parallelJobs: 0 }],
  ['restoreJob.keepPrevious', { keepPrevious: 0 }],
  ['restoreJob.maintenanceWorkMem', { maintenanceWorkMem: Size.kibibytes(1023) }],
  ['restoreJob.maintenanceWorkMem', { maintenanceWorkMem: Size.gibibytes(2) }],
  ['restoreJob.sessionsTimeout', { sessionsTimeout: Duration.millis(1) }],
])('a bad %s is refused by its name', (property, props) => {
  expect(() => template(props)).toThrow(`${property} (`);
});

test('a deadline of less than a minute is refused', () => {
  expect(() => template({ activeDeadline: Duration.seconds(59) })).toThrow(/^restoreJob\.activeDeadline/);
});

test('the request is named by the Job, so that the same Job restores once', () => {
  expect(template().spec.jobTemplate.spec.template.spec.containers[0].env).toContainEqual({
    name: 'REQUEST_ID',
    valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
  });
});

describe('a restore by a merge', () => {
  const pin = { dump: 'shop-20261123-020000', sha256: '0123456789abcdef'.repeat(4), requestId: 'incident-42' };

  function once(options: Partial<OnMergeOptions> = {}, name = 'shop-restore'): Manifest {
    const scope = chart();
    const backup = { database: database(scope), storage: storage(scope) };
    new RestoreJob(scope, 'restore', { name, backup, trigger: RestoreTrigger.onMerge({ ...pin, ...options }) });
    return manifest(scope, 'Job');
  }

  test('as a reviewer sees it', () => {
    expect(yaml(once())).toMatchSnapshot();
  });

  test('is a Job that Flux makes once: it is never changed, pruned or cleaned up by itself', () => {
    expect(once().metadata.annotations).toMatchObject({
      'kustomize.toolkit.fluxcd.io/prune': 'disabled',
      'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent',
    });
    expect(once().spec).not.toHaveProperty('ttlSecondsAfterFinished');
    expect(once().metadata.name).toBe('shop-restore-incident-42');
  });

  test('tells the tool that applies it to keep it', () => {
    const { annotations } = once({ delivery: Delivery.argoCd('shop') }).metadata;
    expect(annotations).toHaveProperty(['argocd.argoproj.io/sync-options'], 'Prune=false,Delete=false');
    expect(annotations).not.toHaveProperty(['kustomize.toolkit.fluxcd.io/prune']);
  });

  test('is replaced where its pod is drained, as on demand', () => {
    const { backoffLimit, podFailurePolicy } = once().spec;
    expect(backoffLimit).toBe(0);
    expect(podFailurePolicy).toEqual(template().spec.jobTemplate.spec.podFailurePolicy);
  });

  test.each<[string, Partial<typeof pin>]>([
    ['trigger.dump', { dump: 'newest' }],
    ['trigger.dump', { dump: undefined }],
    ['trigger.sha256', { sha256: 'abc' }],
    ['trigger.sha256', { sha256: undefined }],
    ['trigger.requestId', { requestId: 'Incident 42' }],
    ['trigger.requestId', { requestId: undefined }],
    ['restoreJob.name', { requestId: 'x'.repeat(60) }],
  ])('is refused for a bad or missing %s', (property, options) => {
    expect(() => once(options)).toThrow(`${property} (`);
  });
});
