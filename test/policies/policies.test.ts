import { at, manifestsOf, pathText, type Value } from '../../src/manifests/manifest';
import { check, POLICIES } from '../../src/policies/all';
import { OBJECTS, set, tree, type Mutable, type ObjectName, type Path } from '../support/manifests/policy-tree';
import { EXAMPLES } from './examples';

/** The findings in the good tree with one value changed, as `policy: resource path`. */
function findings(of: ObjectName, path: Path, value: unknown): string[] {
  return check(tree(of, (object) => set(object, path, value))).map(
    ({ policy, resource: { kind, name }, path: where }) => `${policy}: ${kind} ${name} ${where}`,
  );
}

/** What is long is told by its length. */
const shown = (value: unknown): string =>
  (JSON.stringify(value) ?? 'missing').replace(/(x{9})x{100,}/, (text, begin) => `${begin}… (${text.length})`);

test('a tree with one of everything, from this library and from others, breaks no policy', () => {
  expect(Object.keys(OBJECTS)).toHaveLength(14);
  expect(check(tree())).toEqual([]);
});

test.each(
  EXAMPLES.map(
    (example) =>
      [
        example.policy,
        example.of,
        pathText(example.path),
        shown(example.refused),
        shown(example.accepted),
        example,
      ] as const,
  ),
)(
  '%s: %s, %s: %s is refused, %s is accepted',
  (policy, of, _path, _refused, _accepted, { path, refused, accepted, reported = path }) => {
    const name = path.join() === 'metadata,name' ? `${OBJECTS[of].split(' ')[0]} ${refused}` : OBJECTS[of];
    const found = findings(of, path, refused);
    expect(found.filter((finding) => finding.startsWith(`${policy}: ${name} ${pathText(reported)}`))).not.toEqual([]);
    expect(findings(of, path, accepted)).toEqual([]);
  },
);

test('every policy has an example, and every example a policy', () => {
  expect([...new Set(EXAMPLES.map(({ policy }) => policy))].sort()).toEqual(POLICIES.map(({ id }) => id).sort());
});

test('a policy is told apart by a stable id and says what to do', () => {
  expect(POLICIES.map(({ id }) => id)).toMatchSnapshot();
  for (const { id, rule, because, remedy, source } of POLICIES) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(source ?? 'https://').toMatch(/^https:\/\//);
    for (const sentence of [rule, because, remedy]) expect(sentence).toMatch(/^[A-Z].*\.$/s);
  }
  expect(new Set(POLICIES.map(({ id }) => id)).size).toBe(POLICIES.length);
});

test('a finding names the resource, the path, the value, the reason and the remedy', () => {
  const [finding, ...others] = check(tree('pod', (object) => set(object, ['spec', 'containers', 0, 'image'], 'nginx')));
  expect(others).toEqual([]);
  expect({ ...finding, resource: finding!.resource.name }).toEqual({
    policy: 'image-version',
    level: 'error',
    resource: 'web',
    path: 'spec.containers[0].image',
    message: 'is "nginx": it does not say which version it is',
    remedy: 'Write the version, e.g. postgres:16.4-alpine.',
  });
});

test('findings come the worst first, and in the same order whatever the order of the manifests', () => {
  const broken = tree('backup', (object) => {
    set(object, ['spec', 'suspend'], true);
    set(object, ['spec', 'timeZone'], undefined);
  });
  const text = (manifests: typeof broken): string[] =>
    check(manifests).map(({ level, policy, path }) => `${level} ${policy} ${path}`);
  expect(text(broken)).toEqual(['error time-zone spec.timeZone', 'warning backup-suspended spec.suspend']);
  expect(text([...broken].reverse())).toEqual(text(broken));
});

describe('the pod and its containers together', () => {
  const change = (edit: (spec: Mutable) => void): string[] =>
    check(tree('pod', (object) => edit(object.spec as Mutable))).map(({ policy, path }) => `${policy} ${path}`);
  const sorts = ['initContainers', 'containers', 'ephemeralContainers'];

  test.each([
    ['pod-non-root', 'runAsNonRoot', true],
    ['pod-seccomp', 'seccompProfile', { type: 'Localhost' }],
  ])('%s: what the pod leaves out, every container must say', (policy, field, value) => {
    expect(change((spec) => set(spec, ['securityContext', field], undefined))).toEqual(
      [...sorts].sort().map((sort) => expect.stringContaining(`${policy} spec.${sort}[0].securityContext.${field}`)),
    );
    const all = change((spec) => {
      set(spec, ['securityContext', field], undefined);
      sorts.forEach((sort) => set(spec, [sort, 0, 'securityContext', field], value));
    });
    expect(all).toEqual([]);
  });

  test('Windows has no seccomp, capabilities or privilege escalation, and still no root', () => {
    const found = change((spec) => {
      spec.os = { name: 'windows' };
      spec.securityContext = {};
      spec.containers = [{ name: 'web', image: 'nginx:1.27.3' }];
      delete spec.initContainers;
      delete spec.ephemeralContainers;
    });
    expect(found).toEqual(['pod-non-root spec.containers[0].securityContext.runAsNonRoot']);
  });

  test('AppArmor annotations count where the pods get them', () => {
    const path: Path = [
      'spec',
      'template',
      'metadata',
      'annotations',
      'container.apparmor.security.beta.kubernetes.io/web',
    ];
    expect(findings('job', path, 'unconfined')).toEqual([`pod-apparmor: Job migrate ${pathText(path)}`]);
  });
});

test('an fsGroup is right on a class that is not NFS', () => {
  const withGroup = tree('backup', (object) =>
    set(object, ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'securityContext', 'fsGroup'], 70),
  );
  const claim = withGroup.find(({ kind }) => kind === 'PersistentVolumeClaim')!;
  set(claim.object as Mutable, ['spec', 'storageClassName'], 'ceph-block');
  expect(check(withGroup)).toEqual([]);
});

test('no finding shows a secret', () => {
  const text = JSON.stringify(
    EXAMPLES.filter(({ policy }) => policy.startsWith('no-secret')).map(({ of, path, refused }) =>
      check(tree(of, (object) => set(object, path, refused))).map(({ message, path: where }) => [message, where]),
    ),
  );
  expect(text).toContain('password');
  expect(text).not.toMatch(/hunter2|aHVudGVyMg/);
});

test('the items of lists are looked at, also those that do not say what they are', () => {
  const secret = { metadata: { name: 'shop-db' }, data: { password: 'eA==' } };
  const lists: Value[] = [
    { apiVersion: 'v1', kind: 'SecretList', items: [secret] },
    {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Secret', ...secret }] }],
    },
  ];
  for (const object of lists) {
    expect(
      check(manifestsOf('list.yaml', object)).map(({ policy, resource, path }) => `${policy} ${resource.name} ${path}`),
    ).toEqual(['no-secret-values shop-db data.password']);
  }
  expect(at(lists[0], 'items', 0, 'kind')).toBeUndefined();
});
