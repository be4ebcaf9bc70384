import { Chart, Testing } from 'cdk8s';
import { ServiceAccount } from 'cdk8s-plus-28';
import { RestoreJob, RestoreJobProps, RestoreSessions, RestoreTrigger } from '../../src';
import { chart, database, Manifest, storage, yaml } from '../support/manifests/synth';

function objects(props: Partial<RestoreJobProps> = {}): Manifest[] {
  const scope = chart();
  const backup = { database: database(scope), storage: storage(scope) };
  new RestoreJob(scope, 'restore', {
    name: 'shop-restore',
    backup,
    quiesce: { deployment: 'shop-web' },
    ...props,
  });
  return Testing.synth(scope) as Manifest[];
}

const only = (manifests: Manifest[], kind: string) => {
  const found = manifests.filter((object) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
};

const pod = (manifests: Manifest[]) => only(manifests, 'CronJob').spec.jobTemplate.spec.template.spec;

const lending = (manifests: Manifest[]) =>
  pod(manifests).initContainers.find(({ name }: { name: string }) => name === 'lend-kubectl');

test('a restore that scales a deployment as a reviewer sees it', () => {
  const kinds = ['ServiceAccount', 'Role', 'RoleBinding', 'CronJob'];
  expect(
    objects()
      .filter(({ kind }) => kinds.includes(kind))
      .map(yaml)
      .join('---\n'),
  ).toMatchSnapshot();
});

test('the account may read and set the scale of that deployment, and nothing else', () => {
  expect(only(objects(), 'Role').rules).toEqual([
    { apiGroups: ['apps'], resources: ['deployments/scale'], resourceNames: ['shop-web'], verbs: ['get', 'patch'] },
  ]);
});

test("the role is bound to the pod's account", () => {
  const { roleRef, subjects } = only(objects(), 'RoleBinding');
  const account = only(objects(), 'ServiceAccount').metadata.name;
  expect(roleRef.name).toBe(only(objects(), 'Role').metadata.name);
  expect(subjects).toEqual([{ kind: 'ServiceAccount', name: account }]);
  expect(pod(objects()).serviceAccountName).toBe(account);
});

test('serviceAccount is one that is made for it by default; another one gets the role instead', () => {
  const scope = new Chart(Testing.app(), 'accounts', { namespace: 'shop' });
  const manifests = objects({ serviceAccount: new ServiceAccount(scope, 'account', { metadata: { name: 'puller' } }) });
  expect(manifests.map(({ kind }) => kind)).not.toContain('ServiceAccount');
  expect(only(manifests, 'RoleBinding').subjects).toEqual([{ kind: 'ServiceAccount', name: 'puller' }]);
  expect(pod(manifests).serviceAccountName).toBe('puller');
  expect(pod(manifests).automountServiceAccountToken).toBe(false);
});

test('two requests by a merge have an account each', () => {
  const trigger = RestoreTrigger.onMerge({
    dump: 'shop-20261123-020000',
    sha256: '0'.repeat(64),
    requestId: 'incident-42',
  });
  expect(only(objects({ trigger }), 'ServiceAccount').metadata.name).toBe('shop-restore-incident-42');
});

test("the token is a volume of the restore's container alone, and expires", () => {
  const {
    automountServiceAccountToken,
    initContainers,
    containers: [restore],
    volumes,
  } = pod(objects());
  const mounts = (container: { volumeMounts: { name: string }[] }) => container.volumeMounts.map(({ name }) => name);
  expect(automountServiceAccountToken).toBe(false);
  expect(only(objects(), 'ServiceAccount').automountServiceAccountToken).toBe(false);
  expect(mounts(restore)).toContain('account');
  expect(initContainers.flatMap(mounts)).not.toContain('account');
  const account = volumes.find(({ name }: { name: string }) => name === 'account');
  expect(account.projected.sources[0].serviceAccountToken.expirationSeconds).toBe(3600);
});

test('the container that lends kubectl is as hardened as the other, and can write nothing of it', () => {
  const lend = lending(objects());
  const {
    containers: [restore],
  } = pod(objects());
  expect(lend.securityContext).toEqual(restore.securityContext);
  expect(lend.resources).toEqual(restore.resources);
  expect(lend.volumeMounts.map(({ name }: { name: string }) => name)).toEqual([
    'scripts',
    'scripts-lib',
    'scripts-sql',
    'kubectl',
  ]);
  expect(restore.volumeMounts).toContainEqual({ name: 'kubectl', mountPath: '/kubectl', readOnly: true });
});

test('quiesce is off by default: no account, no role, no image of kubectl', () => {
  const manifests = objects({ quiesce: undefined });
  expect(manifests.map(({ kind }) => kind)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/ServiceAccount|Role/)]),
  );
  expect(yaml(only(manifests, 'CronJob'))).not.toMatch(
    /kubectl(?!\.kubernetes\.io\/default-container| -n shop create job)|quiesce|serviceAccount(?!Token: false)|terminationGrace/i,
  );
});

test('the image of kubectl is alpine/kubectl:1.34.2 by default, and any other that says its version', () => {
  expect(lending(objects()).image).toBe('alpine/kubectl:1.34.2');
  const image = `mirror.example:5000/kubectl@sha256:${'0'.repeat(64)}`;
  expect(lending(objects({ quiesce: { deployment: 'shop-web', image } })).image).toBe(image);
});

test.each([
  ['restoreJob.quiesce.image', () => objects({ quiesce: { deployment: 'shop-web', image: 'alpine/kubectl' } })],
  ['restoreJob.quiesce.image', () => objects({ quiesce: { deployment: 'shop-web', image: 'alpine/kubectl:latest' } })],
  ['restoreJob.quiesce.image', () => objects({ quiesce: { deployment: 'shop-web', image: 'alpine/Kubectl:1.34.2' } })],
  ['restoreJob.quiesce.deployment', () => objects({ quiesce: { deployment: 'deployment/shop-web' } })],
  ['restoreJob.sessions', () => objects({ sessions: RestoreSessions.REFUSE })],
])('a bad %s is refused', (property, make) => {
  expect(make).toThrow(`${property} (`);
});
