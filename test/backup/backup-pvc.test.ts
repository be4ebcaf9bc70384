import { Chart, Size, Testing } from 'cdk8s';
import { PersistentVolumeAccessMode, PersistentVolumeClaim } from 'cdk8s-plus-28';
import { BackupPvc, BackupPvcProps, Delivery } from '../../src';
import { chart, Manifest, manifest, yaml } from '../support/manifests/synth';

function claim(props: Partial<BackupPvcProps> = {}): Manifest {
  const scope = chart();
  new BackupPvc(scope, 'storage', { name: 'backup', storageClassName: 'nfs', size: Size.gibibytes(5), ...props });
  return manifest(scope, 'PersistentVolumeClaim');
}

test('a claim as a reviewer sees it', () => {
  expect(yaml(claim())).toMatchSnapshot();
});

test('Flux neither prunes the claim nor deletes it to re-create it', () => {
  expect(claim({ annotations: { team: 'identity' } }).metadata.annotations).toMatchObject({
    'kustomize.toolkit.fluxcd.io/prune': 'disabled',
    'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent',
    team: 'identity',
  });
});

test('an annotation of the consumer does not remove a guard', () => {
  expect(claim({ annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'enabled' } }).metadata.annotations).toMatchObject(
    { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
  );
});

const FLUX = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
const ARGO_CD = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' };
const HELM = { 'helm.sh/resource-policy': 'keep' };

test.each<[string, Delivery | undefined, object, object]>([
  ['nothing that is said', undefined, { ...FLUX, ...ARGO_CD, ...HELM }, {}],
  ['kubectl', Delivery.kubectl(), { ...FLUX, ...ARGO_CD, ...HELM }, {}],
  ['Flux', Delivery.flux({ name: 'apps' }), FLUX, { ...ARGO_CD, ...HELM }],
  ['Argo CD', Delivery.argoCd('apps'), ARGO_CD, { ...FLUX, ...HELM }],
])('applied by %s, the claim tells that tool to keep it', (_, delivery, told, others) => {
  const { annotations } = claim({ delivery }).metadata;
  expect(annotations).toMatchObject(told);
  for (const name of Object.keys(others)) expect(annotations).not.toHaveProperty([name]);
});

test('resizableFromGit, false by default, lets Flux apply a larger size', () => {
  const ssa = 'kustomize.toolkit.fluxcd.io/ssa';
  expect(claim().metadata.annotations).toHaveProperty([ssa]);
  expect(claim({ resizableFromGit: true }).metadata.annotations).not.toHaveProperty([ssa]);
});

test('accessModes is ReadWriteMany by default', () => {
  expect(claim().spec.accessModes).toEqual(['ReadWriteMany']);
  expect(BackupPvc.fromClaimName('theirs')).toEqual({ claimName: 'theirs', accessModes: ['ReadWriteMany'] });
});

test('a claim that no backup can write to is refused', () => {
  expect(() => claim({ accessModes: [PersistentVolumeAccessMode.READ_ONLY_MANY] })).toThrow(/^accessModes/);
  expect(() => claim({ accessModes: [] })).toThrow(/^accessModes/);
});

test('a claim without space for a dump is refused', () => {
  expect(() => claim({ size: Size.gibibytes(0) })).toThrow('backupPvc.size ("0Gi") is too small for a dump');
  expect(() => claim({ size: Size.mebibytes(9) })).toThrow('backupPvc.size ("9Mi")');
  expect(claim({ size: Size.gibibytes(0.5) }).spec.resources.requests.storage).toBe('0.5Gi');
});

test.each(['Backup', 'a_b', '', '-a', 'x'.repeat(254)])('name %p is refused', (name) => {
  expect(() => claim({ name })).toThrow(/^backupPvc\.name/);
  expect(() => BackupPvc.fromClaimName(name)).toThrow(/^claimName/);
});

test('fromClaim takes what cdk8s-plus knows of a claim: its name, its namespace, its size, and how it can be mounted', () => {
  const accessModes = [PersistentVolumeAccessMode.READ_WRITE_ONCE];
  const theirs = new PersistentVolumeClaim(chart(), 'theirs', {
    metadata: { name: 'theirs' },
    storage: Size.gibibytes(3),
    accessModes,
  });
  expect(BackupPvc.fromClaim(theirs)).toEqual({
    claimName: 'theirs',
    namespace: 'shop',
    size: Size.gibibytes(3),
    accessModes,
  });
});

test('fromClaim of a claim that is known by its name alone takes it for ReadWriteMany, unless it is told', () => {
  const known = PersistentVolumeClaim.fromClaimName(chart(), 'theirs', 'theirs');
  expect(BackupPvc.fromClaim(known)).toEqual({ claimName: 'theirs', accessModes: ['ReadWriteMany'] });
  expect(BackupPvc.fromClaim(known, { accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE] }).accessModes).toEqual(
    ['ReadWriteOnce'],
  );
});

test('fromClaim of another namespace tells which, so that a workload can refuse it', () => {
  const elsewhere = new Chart(Testing.app(), 'elsewhere', { namespace: 'elsewhere' });
  expect(BackupPvc.fromClaim(new PersistentVolumeClaim(elsewhere, 'theirs')).namespace).toBe('elsewhere');
});

test('fromClaim of a claim that nobody can write to is refused', () => {
  const theirs = new PersistentVolumeClaim(chart(), 'theirs', {
    accessModes: [PersistentVolumeAccessMode.READ_ONLY_MANY],
  });
  expect(() => BackupPvc.fromClaim(theirs)).toThrow(/^accessModes \(\["ReadOnlyMany"\]\) lets no backup write/);
});
