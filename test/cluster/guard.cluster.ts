import { apply, GUARD, guard, inNamespace, kubectl, makeWorld, must, NAMESPACE, unguard } from './cluster';

const ALLOW = 'cdk8s-postgres-backup/allow-delete';
const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** Asks for a deletion that does not take place; returns what refuses it, or nothing. */
const refusal = (...what: string[]): string => kubectl(['delete', ...what, '--dry-run=server']).stderr;
const claim = ['-n', NAMESPACE, 'persistentvolumeclaim/zitadel-backup'];
const server = ['-n', NAMESPACE, 'statefulset/zitadel-db'];

beforeAll(async () => {
  makeWorld(process.env.CLUSTER_IMAGE ?? 'postgres:16.4-alpine');
  apply('identity-internal');
  await guard();
});
afterAll(() => unguard());

test.each([
  ['the namespace', ['namespace', NAMESPACE]],
  ['the claim of the dumps', claim],
  ['the StatefulSet of the database', server],
])('%s is not deleted, and the message says what to type', (_, what) => {
  expect(refusal(...what)).toMatch(
    /not deleted: \S+ is protected by identity-internal-guard.*kubectl annotate --overwrite/,
  );
});

test('kubectl delete ns ends in the words of the guard, and all is there', () => {
  const things = (): string => inNamespace('get', 'pvc,cronjob,statefulset,secret,configmap', '-o', 'name');
  const before = things();
  expect(kubectl(['delete', 'ns', NAMESPACE])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`${NAMESPACE} is protected by ${GUARD}`),
  });
  expect(must(['get', 'ns', NAMESPACE, '-o', 'jsonpath={.status.phase}'])).toBe('Active');
  expect(things()).toBe(before);
});

test('what is not protected is deleted as ever', () => {
  must(['-n', NAMESPACE, 'create', 'configmap', 'passing']);
  inNamespace('delete', 'configmap', 'passing');
  expect(kubectl(['-n', NAMESPACE, 'get', 'configmap', 'passing']).status).not.toBe(0);
});

test('a deletion of all claims at once leaves the claim', () => {
  const { stderr } = kubectl(['delete', '--raw', `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`]);
  expect(stderr).toContain('not deleted: zitadel-backup is protected');
  expect(inNamespace('get', 'pvc', 'zitadel-backup', '-o', 'jsonpath={.metadata.deletionTimestamp}')).toBe('');
});

test.each([
  ['today, in UTC, is the last day', `zitadel-backup until ${day(0)}`, ''],
  ['the day was yesterday', `zitadel-backup until ${day(-1)}`, 'is protected'],
  ['the annotation is that of another object', `zitadel-db until ${day(1)}`, 'is protected'],
  ['the day is none', 'zitadel-backup until 2999-13-45', 'zitadel-backup'],
  ['there is no day', 'zitadel-backup', 'is protected'],
])('where %s, a claim that is annotated so is deleted or not', (_, value, says) => {
  inNamespace('annotate', '--overwrite', 'pvc', 'zitadel-backup', `${ALLOW}=${value}`);
  try {
    const refused = refusal(...claim);
    if (says === '') expect(refused).toBe('');
    else expect(refused).toContain(says);
  } finally {
    inNamespace('annotate', 'pvc', 'zitadel-backup', `${ALLOW}-`);
  }
});

test('deleting the guard leaves it in force, for as long as its finalizers are there', () => {
  for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy']) {
    must(['delete', kind, GUARD, '--wait=false']);
  }
  expect(refusal('namespace', NAMESPACE)).toContain('is protected by identity-internal-guard');
});
