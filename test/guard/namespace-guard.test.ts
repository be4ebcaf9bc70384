import { Chart, Testing } from 'cdk8s';
import { Delivery, NamespaceGuard, type NamespaceGuardProps } from '../../src';
import { type Manifest, yaml } from '../support/manifests/synth';

function guarded(props: Partial<NamespaceGuardProps> = {}): Manifest[] {
  const scope = new Chart(Testing.app(), 'guard');
  new NamespaceGuard(scope, 'guard', { name: 'shop-guard', namespace: 'shop', ...props });
  return Testing.synth(scope);
}

const protectedObject = (manifests: readonly Manifest[]): string => manifests[0]!.spec.matchConditions[0].expression;

test('policy and binding as a reviewer sees them', () => {
  const manifests = guarded({
    claims: ['shop-backup', 'data-shop-db-0'],
    statefulSets: ['shop-db'],
    matchLabels: { 'app.kubernetes.io/part-of': 'shop' },
  });
  expect(manifests.map(yaml).join('---\n')).toMatchSnapshot();
});

test('without claims, StatefulSets and labels, the namespace alone is protected', () => {
  expect(protectedObject(guarded())).toBe(
    '(request.resource.resource == "namespaces" && oldObject.metadata.name == "shop")',
  );
});

test('the order of the names does not count, nor that one is named twice', () => {
  expect(guarded({ claims: ['b', 'a', 'b'] })).toEqual(guarded({ claims: ['a', 'b'] }));
});

test('the API is v1 unless the beta of Kubernetes 1.28 is asked for', () => {
  const versions = (manifests: readonly Manifest[]): string[] => manifests.map(({ apiVersion }) => apiVersion);
  expect(versions(guarded())).toEqual(['admissionregistration.k8s.io/v1', 'admissionregistration.k8s.io/v1']);
  expect(versions(guarded({ beta: true }))).toEqual([
    'admissionregistration.k8s.io/v1beta1',
    'admissionregistration.k8s.io/v1beta1',
  ]);
});

test('neither of the two goes when a tool deletes it: a finalizer keeps what they say in force', () => {
  for (const { metadata } of guarded()) {
    expect(metadata).toMatchObject({
      finalizers: ['cdk8s-postgres-backup/guard'],
      annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
    });
    expect(metadata.namespace).toBeUndefined();
  }
});

test('the tool that applies it is told to keep it', () => {
  for (const { metadata } of guarded({ delivery: Delivery.argoCd('guards') })) {
    expect(metadata.annotations).toHaveProperty(['argocd.argoproj.io/sync-options'], 'Prune=false,Delete=false');
    expect(metadata.annotations).not.toHaveProperty(['kustomize.toolkit.fluxcd.io/prune']);
  }
});

test.each<[keyof NamespaceGuardProps, unknown]>([
  ['name', 'Shop'],
  ['namespace', 'a b'],
  ['claims', ['x"] || ["']],
  ['statefulSets', ['']],
  ['matchLabels', { 'a b': 'c' }],
  ['matchLabels', {}],
])('%s %p is refused', (prop, value) => {
  expect(() => guarded({ [prop]: value })).toThrow(new RegExp(`^namespaceGuard\\.${prop} \\(`));
});
