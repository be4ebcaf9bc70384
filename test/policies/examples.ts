import type { ObjectName, Path } from '../support/manifests/policy-tree';
import { POD_SECURITY_EXAMPLES } from './pod-security-examples';

/** One change of a good tree that a policy refuses, and its neighbour that it accepts. */
export interface Example {
  readonly policy: string;
  readonly of: ObjectName;
  readonly path: Path;
  /** Undefined: it is missing. */
  readonly refused: unknown;
  readonly accepted: unknown;
  /** The path at which it is reported, if not the path or below it. */
  readonly reported?: Path;
}

const container = ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers', 0] as const;
const flux = (name: string): Path => ['metadata', 'annotations', `kustomize.toolkit.fluxcd.io/${name}`];
const job = ['spec', 'jobTemplate', 'spec'] as const;
const pod = [...job, 'template', 'spec'] as const;
const mergedEnv = ['spec', 'template', 'spec', 'containers', 0, 'env'] as const;

/** What lets a Job of a merge be, and a claim: it is made once, and its scripts are left alone. */
const ONCE = {
  'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent',
  'kustomize.toolkit.fluxcd.io/substitute': 'disabled',
};
const KEEPING: readonly [string, string][] = [
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['argocd.argoproj.io/sync-options', 'Prune=false,Delete=false'],
  ['helm.sh/resource-policy', 'keep'],
];

/** The first one of each policy is in docs/policies.md. */
export const EXAMPLES: readonly Example[] = [
  { policy: 'restore-by-itself', of: 'restore', path: ['spec', 'suspend'], refused: false, accepted: true },
  { policy: 'restore-by-itself', of: 'merged', path: flux('ssa'), refused: undefined, accepted: 'IfNotPresent' },
  ...KEEPING.map(([name, value]): Example => ({
    policy: 'restore-by-itself',
    of: 'merged',
    path: ['metadata', 'annotations'],
    refused: { ...ONCE, [name]: 'true' },
    accepted: { ...ONCE, [name]: value },
    reported: flux('prune'),
  })),
  {
    policy: 'restore-by-itself',
    of: 'restore',
    path: ['spec', 'jobTemplate', 'spec', 'backoffLimit'],
    refused: 5,
    accepted: 0,
  },
  { policy: 'restore-by-itself', of: 'merged', path: ['spec', 'backoffLimit'], refused: undefined, accepted: 0 },
  {
    policy: 'restore-by-itself',
    of: 'merged',
    path: mergedEnv,
    refused: [],
    accepted: [
      { name: 'REQUEST_ID', value: '7' },
      { name: 'RESTORE_DUMP', value: 'shop-20261123-020000' },
      { name: 'RESTORE_SHA256', value: 'b'.repeat(64) },
    ],
  },
  {
    policy: 'restore-by-itself',
    of: 'merged',
    path: mergedEnv,
    accepted: [
      { name: 'REQUEST_ID', value: '7' },
      { name: 'RESTORE_DUMP', value: 'shop-20261123-020000' },
      { name: 'RESTORE_SHA256', value: 'b'.repeat(64) },
    ],
    refused: [
      { name: 'REQUEST_ID', value: '7' },
      { name: 'RESTORE_DUMP', value: 'shop-20261123-020000' },
      { name: 'RESTORE_SHA256', value: '' },
    ],
  },
  {
    policy: 'restore-ttl',
    of: 'restore',
    path: [...job, 'ttlSecondsAfterFinished'],
    refused: 3600,
    accepted: undefined,
  },
  { policy: 'restore-ttl', of: 'merged', path: ['spec', 'ttlSecondsAfterFinished'], refused: 0, accepted: undefined },

  { policy: 'backup-suspended', of: 'backup', path: ['spec', 'suspend'], refused: true, accepted: false },
  {
    policy: 'recovery-window',
    of: 'backup',
    path: ['metadata', 'annotations', 'cdk8s-postgres-backup/recovery-window'],
    refused: 'P8D',
    accepted: 'P7D',
  },
  {
    policy: 'recovery-window',
    of: 'backup',
    path: ['metadata', 'annotations', 'cdk8s-postgres-backup/recovery-window'],
    refused: '7 days',
    accepted: 'P1D',
  },
  {
    policy: 'recovery-window',
    of: 'backup',
    path: ['spec', 'schedule'],
    refused: '0 2 * * 1-5',
    accepted: '0 3 * * *',
    reported: ['metadata'],
  },

  ...(
    [
      ['shop-db.other.svc', undefined, 'verify-full'],
      ['db.example.org', 'prefer', 'verify-ca'],
      ['192.0.2.7', 'allow', 'require'],
      ['fd00::7', '', 'disable'],
      ['shop-db', undefined, 'disable'],
    ] as const
  ).map(([host, refused, accepted]): Example => {
    const env = (mode?: string): object[] => [
      { name: 'PGHOST', value: host },
      ...(mode === undefined ? [] : [{ name: 'PGSSLMODE', value: mode }]),
    ];
    return {
      policy: 'tls',
      of: 'restore',
      path: [...container, 'env'],
      refused: env(refused),
      accepted: env(accepted),
    };
  }),

  { policy: 'runs-at-once', of: 'backup', path: ['spec', 'schedule'], refused: '30 4 * * *', accepted: '31 4 * * *' },

  {
    policy: 'offsite-copy',
    of: 'backup',
    path: [...container, 'env', 10],
    refused: { name: 'BACKUP_DIR', value: '/backups/renamed' },
    accepted: { name: 'BACKUP_DIR', value: '/backups/shop' },
    reported: ['metadata', 'name'],
  },
  { policy: 'offsite-suspended', of: 'copy', path: ['spec', 'suspend'], refused: true, accepted: false },
  {
    policy: 'offsite-encryption',
    of: 'copy',
    path: [...container, 'env', 5],
    refused: { name: 'OFFSITE_ENCRYPTION', value: 'none' },
    accepted: { name: 'OFFSITE_ENCRYPTION', value: 'crypt' },
    reported: ['spec', 'jobTemplate'],
  },
  { policy: 'offsite-schedule', of: 'copy', path: ['spec', 'schedule'], refused: '0 1 * * *', accepted: '30 2 * * *' },
  {
    policy: 'offsite-schedule',
    of: 'copy',
    path: ['spec', 'schedule'],
    refused: '10 2 * * *',
    accepted: '0 3,9,15,21 * * *',
  },
  {
    policy: 'offsite-proven',
    of: 'copy',
    path: [...container, 'env', 4],
    refused: { name: 'OFFSITE_PATH', value: 'dumps/elsewhere/shop' },
    accepted: { name: 'OFFSITE_PATH', value: 'dumps/shop' },
    reported: ['metadata', 'name'],
  },

  {
    policy: 'configmap-size',
    of: 'scripts',
    path: ['data'],
    refused: { file: 'x'.repeat(1_048_577) },
    accepted: { file: 'x' },
  },
  {
    policy: 'apply-size',
    of: 'scripts',
    path: ['data'],
    refused: { file: 'x'.repeat(262_144) },
    accepted: { file: 'x'.repeat(240_000) },
    reported: ['metadata', 'annotations'],
  },

  ...KEEPING.map(([name, value]): Example => ({
    policy: 'claim-kept',
    of: 'claim',
    path: ['metadata', 'annotations'],
    refused: { ...ONCE, [name]: 'true' },
    accepted: { ...ONCE, [name]: value },
    reported: flux('prune'),
  })),
  { policy: 'claim-not-recreated', of: 'claim', path: flux('ssa'), refused: undefined, accepted: 'IfNotPresent' },
  {
    policy: 'fs-group-on-nfs',
    of: 'backup',
    path: [...pod, 'securityContext', 'fsGroup'],
    refused: 70,
    accepted: undefined,
  },
  {
    policy: 'hash-in-name',
    of: 'claim',
    path: ['metadata', 'name'],
    refused: 'shop-storage-c8d1a9f2',
    accepted: 'shop-backup',
  },
  {
    policy: 'hash-in-name',
    of: 'drill',
    path: ['metadata', 'name'],
    refused: 'shop-db-drill-7m6k2h5t4b',
    accepted: 'shop-db-drill-background',
  },

  { policy: 'no-force', of: 'flux', path: ['spec', 'force'], refused: true, accepted: false },
  { policy: 'scripts-verbatim', of: 'scripts', path: flux('substitute'), refused: undefined, accepted: 'disabled' },
  {
    policy: 'open-substitution',
    of: 'pod',
    path: ['spec', 'containers', 0, 'args'],
    refused: ['--zone=${ZONE}'],
    accepted: ['--zone=eu'],
  },
  {
    policy: 'open-substitution',
    of: 'pod',
    path: ['spec', 'containers', 0, 'args'],
    refused: ['echo $$'],
    accepted: ['echo $'],
  },
  { policy: 'empty-field', of: 'isolation', path: ['spec', 'ingress'], refused: [], accepted: undefined },
  { policy: 'empty-field', of: 'isolation', path: ['spec', 'ingress'], refused: [{ from: [] }], accepted: [{}] },
  { policy: 'empty-field', of: 'isolation', path: ['spec', 'podSelector'], refused: { matchLabels: {} }, accepted: {} },
  { policy: 'empty-field', of: 'scripts', path: ['binaryData'], refused: {}, accepted: undefined },
  {
    policy: 'empty-field',
    of: 'pod',
    path: ['spec', 'containers', 0, 'resources'],
    refused: { limits: {} },
    accepted: {},
  },
  {
    policy: 'empty-field',
    of: 'pod',
    path: ['spec', 'volumes', 0],
    refused: { name: 'cache', configMap: { items: [] } },
    accepted: { name: 'cache', emptyDir: {} },
  },
  { policy: 'job-in-git', of: 'job', path: flux('ssa'), refused: undefined, accepted: 'IfNotPresent' },
  { policy: 'job-in-git', of: 'job', path: ['spec', 'ttlSecondsAfterFinished'], refused: 60, accepted: undefined },

  {
    policy: 'no-secret-values',
    of: 'secret',
    path: ['stringData'],
    refused: { password: 'hunter2' },
    accepted: undefined,
  },
  {
    policy: 'no-secret-values',
    of: 'secret',
    path: ['data'],
    refused: { password: 'aHVudGVyMg==' },
    accepted: undefined,
  },
  {
    policy: 'no-secret-in-environment',
    of: 'pod',
    path: ['spec', 'containers', 0, 'env'],
    refused: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'x' }],
    accepted: [{ name: 'AWS_ACCESS_KEY_ID', value: 'x' }],
  },
  {
    policy: 'no-secret-in-environment',
    of: 'pod',
    path: ['spec', 'containers', 0, 'env'],
    refused: [{ name: 'DATABASE_URL', value: 'postgres://u:x@h/d' }],
    accepted: [{ name: 'DATABASE_URL', value: 'postgres://u@h:5432/d' }],
  },
  {
    policy: 'no-secret-in-environment',
    of: 'pod',
    path: ['spec', 'containers', 0, 'env'],
    refused: [{ name: 'PGPASSWORD', value: 'hunter2' }],
    accepted: [{ name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'shop-db', key: 'password' } } }],
  },
  {
    policy: 'no-secret-in-environment',
    of: 'pod',
    path: ['spec', 'initContainers', 0, 'env', 0],
    refused: { name: 'API_TOKEN', value: 'hunter2' },
    accepted: { name: 'API_TOKEN', value: '$(TOKEN_OF_SECRET)' },
  },
  {
    policy: 'no-secret-in-environment',
    of: 'pod',
    path: ['spec', 'ephemeralContainers', 0, 'env', 0],
    refused: { name: 'PASSWORD', value: 'hunter2' },
    accepted: { name: 'PASSWORD_FILE', value: '/run/secrets/password' },
  },

  { policy: 'deadline', of: 'backup', path: [...job, 'activeDeadlineSeconds'], refused: undefined, accepted: 21600 },
  { policy: 'deadline', of: 'job', path: ['spec', 'activeDeadlineSeconds'], refused: undefined, accepted: 60 },
  {
    policy: 'deadline-in-interval',
    of: 'backup',
    path: [...job, 'activeDeadlineSeconds'],
    refused: 90000,
    accepted: 86400,
  },
  {
    policy: 'starting-deadline',
    of: 'backup',
    path: ['spec', 'startingDeadlineSeconds'],
    refused: undefined,
    accepted: 3600,
  },
  {
    policy: 'starting-deadline',
    of: 'restore',
    path: ['spec', 'startingDeadlineSeconds'],
    refused: undefined,
    accepted: 10,
  },
  { policy: 'starting-deadline', of: 'drill', path: ['spec', 'startingDeadlineSeconds'], refused: 9, accepted: 10 },
  { policy: 'explicit-suspend', of: 'backup', path: ['spec', 'suspend'], refused: undefined, accepted: false },
  { policy: 'time-zone', of: 'backup', path: ['spec', 'timeZone'], refused: undefined, accepted: 'Etc/UTC' },
  { policy: 'time-zone', of: 'drill', path: ['spec', 'timeZone'], refused: 'europe/zurich', accepted: 'Europe/Zurich' },
  { policy: 'schedule', of: 'drill', path: ['spec', 'schedule'], refused: '0 2 30 2 *', accepted: '0 2 28 2 *' },
  { policy: 'schedule', of: 'drill', path: ['spec', 'schedule'], refused: undefined, accepted: '0 2 * * 0' },
  { policy: 'schedule', of: 'drill', path: ['spec', 'schedule'], refused: '@never', accepted: '@daily' },
  { policy: 'schedule', of: 'drill', path: ['spec', 'schedule'], refused: '0 2 * *', accepted: '0  2 * * 0' },
  {
    policy: 'resources',
    of: 'backup',
    path: [...container, 'resources', 'limits'],
    refused: undefined,
    accepted: { memory: '256Mi' },
  },
  {
    policy: 'resources',
    of: 'drill',
    path: [...pod, 'initContainers', 0, 'resources', 'requests', 'cpu'],
    refused: undefined,
    accepted: '25m',
  },
  { policy: 'restart-policy', of: 'backup', path: [...pod, 'restartPolicy'], refused: 'OnFailure', accepted: 'Never' },
  {
    policy: 'numeric-user',
    of: 'backup',
    path: [...pod, 'securityContext', 'runAsUser'],
    refused: undefined,
    accepted: 70,
    reported: pod,
  },

  {
    policy: 'image-version',
    of: 'pod',
    path: ['spec', 'containers', 0, 'image'],
    refused: 'postgres:latest',
    accepted: 'postgres:17.2-alpine',
  },
  {
    policy: 'image-version',
    of: 'pod',
    path: ['spec', 'initContainers', 0, 'image'],
    refused: 'registry.example:5000/nginx',
    accepted: 'registry.example:5000/nginx:1.27',
  },
  {
    policy: 'image-version',
    of: 'pod',
    path: ['spec', 'ephemeralContainers', 0, 'image'],
    refused: undefined,
    accepted: `nginx@sha256:${'0'.repeat(64)}`,
  },
  {
    policy: 'floating-image',
    of: 'pod',
    path: ['spec', 'containers', 0, 'image'],
    refused: 'postgres:17-alpine',
    accepted: 'postgres:17.2-alpine',
  },
  ...['stable', 'main', 'v1', '16-alpine3.20'].map((tag): Example => ({
    policy: 'floating-image',
    of: 'pod',
    path: ['spec', 'initContainers', 0, 'image'],
    refused: `nginx:${tag}`,
    accepted: `nginx:${tag}@sha256:${'0'.repeat(64)}`,
  })),
  ...['v1.2', 'sha-0a1b2c3', 'jammy-20240111', 'RELEASE.2024-01-11'].map((tag): Example => ({
    policy: 'floating-image',
    of: 'pod',
    path: ['spec', 'ephemeralContainers', 0, 'image'],
    refused: 'nginx:edge',
    accepted: `nginx:${tag}`,
  })),
  {
    policy: 'server-version',
    of: 'backup',
    path: ['metadata', 'annotations', 'cdk8s-postgres-backup/server-version'],
    refused: '16',
    accepted: '17',
    reported: pod,
  },
  {
    policy: 'server-version',
    of: 'drill',
    path: [...pod, 'initContainers', 1, 'image'],
    refused: 'postgres:16.4-alpine',
    accepted: 'example.org/kubectl:1.34.2',
  },
  ...POD_SECURITY_EXAMPLES,
];
