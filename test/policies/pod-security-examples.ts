import type { Path } from '../support/manifests/policy-tree';
import type { Example } from './examples';

const SORTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

type Values = readonly [refused: unknown, accepted: unknown];

/** A field of the pod. */
function ofPod(policy: string, path: Path, ...values: readonly Values[]): Example[] {
  return values.map(([refused, accepted]) => ({ policy, of: 'pod', path: ['spec', ...path], refused, accepted }));
}

/** A field of a container of every sort. */
function ofContainers(policy: string, path: Path, ...values: readonly Values[]): Example[] {
  return SORTS.flatMap((sort) =>
    values.map(([refused, accepted]): Example => ({
      policy,
      of: 'pod',
      path: ['spec', sort, 0, ...path],
      refused,
      accepted,
    })),
  );
}

/** A field of the security contexts of the pod and of a container of every sort. */
function ofContexts(policy: string, path: Path, ...values: readonly Values[]): Example[] {
  return [
    ...ofPod(policy, ['securityContext', ...path], ...values),
    ...ofContainers(policy, ['securityContext', ...path], ...values),
  ];
}

const HANDLERS = [
  ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => [probe]),
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
];

/** Every control of the restricted standard, the baseline first, at every place that it names. */
export const POD_SECURITY_EXAMPLES: readonly Example[] = [
  ...ofContexts('pod-host-process', ['windowsOptions', 'hostProcess'], [true, false]),
  ...['hostNetwork', 'hostPID', 'hostIPC'].flatMap((field) => ofPod('pod-host-namespaces', [field], [true, false])),
  ...ofContainers('pod-privileged', ['securityContext', 'privileged'], [true, false]),
  ...ofContainers(
    'pod-capabilities-added',
    ['securityContext', 'capabilities', 'add'],
    [['SYS_ADMIN'], ['NET_BIND_SERVICE']],
    [['NET_RAW'], undefined],
  ),
  ...ofPod(
    'pod-host-path',
    ['volumes', 0],
    [
      { name: 'cache', hostPath: { path: '/var/cache' } },
      { name: 'cache', emptyDir: {} },
    ],
  ),
  ...ofContainers(
    'pod-host-ports',
    ['ports'],
    [[{ containerPort: 80, hostPort: 80 }], [{ containerPort: 80 }]],
    [[{ containerPort: 80, hostPort: 81 }], [{ containerPort: 80, hostPort: 0 }]],
  ),
  ...HANDLERS.flatMap((handler) =>
    ['httpGet', 'tcpSocket'].flatMap((action) =>
      ofContainers('pod-probe-host', [...handler, action], [{ port: 80, host: '127.0.0.1' }, { port: 80 }]),
    ),
  ),
  ...ofContexts(
    'pod-apparmor',
    ['appArmorProfile', 'type'],
    ['Unconfined', 'RuntimeDefault'],
    ['unknown', 'Localhost'],
  ),
  ...[
    ['unconfined', 'runtime/default'],
    ['other', 'localhost/web'],
  ].map(([refused, accepted]): Example => ({
    policy: 'pod-apparmor',
    of: 'pod',
    path: ['metadata', 'annotations', 'container.apparmor.security.beta.kubernetes.io/web'],
    refused,
    accepted,
  })),
  ...ofContexts(
    'pod-selinux',
    ['seLinuxOptions', 'type'],
    ['spc_t', 'container_t'],
    ['unconfined_t', 'container_init_t'],
  ),
  ...ofContexts('pod-selinux', ['seLinuxOptions', 'user'], ['system_u', '']),
  ...ofContexts('pod-selinux', ['seLinuxOptions', 'role'], ['system_r', undefined]),
  ...ofContainers('pod-proc-mount', ['securityContext', 'procMount'], ['Unmasked', 'Default']),
  ...ofContexts('pod-seccomp-unconfined', ['seccompProfile', 'type'], ['Unconfined', 'RuntimeDefault']),
  ...ofPod(
    'pod-sysctls',
    ['securityContext', 'sysctls'],
    [[{ name: 'kernel.msgmax', value: '65536' }], [{ name: 'net.ipv4.tcp_syncookies', value: '1' }]],
    [[{ name: 'net.core.somaxconn', value: '1024' }], [{ name: 'net.ipv4.tcp_keepalive_time', value: '60' }]],
  ),

  ...ofPod(
    'pod-volume-types',
    ['volumes', 0],
    [
      { name: 'cache', nfs: { server: 'nas', path: '/cache' } },
      { name: 'cache', persistentVolumeClaim: { claimName: 'cache' } },
    ],
    ...['hostPath', 'gitRepo', 'iscsi', 'flexVolume', 'image'].map((type): Values => [
      { name: 'cache', [type]: {} },
      { name: 'cache', configMap: { name: 'x' } },
    ]),
    ...['secret', 'projected', 'downwardAPI', 'csi', 'ephemeral'].map((type): Values => [
      { name: 'cache' },
      { name: 'cache', [type]: {} },
    ]),
  ),
  ...ofContainers(
    'pod-privilege-escalation',
    ['securityContext', 'allowPrivilegeEscalation'],
    [true, false],
    [undefined, false],
  ),
  ...ofPod('pod-non-root', ['securityContext', 'runAsNonRoot'], [false, true]),
  ...ofContainers('pod-non-root', ['securityContext', 'runAsNonRoot'], [false, true]),
  ...ofContexts('pod-non-root-user', ['runAsUser'], [0, 70]),
  ...ofPod('pod-seccomp', ['securityContext', 'seccompProfile', 'type'], ['Unconfined', 'RuntimeDefault']),
  ...ofContainers('pod-seccomp', ['securityContext', 'seccompProfile', 'type'], ['Unconfined', 'Localhost']),
  ...ofContainers(
    'pod-capabilities',
    ['securityContext', 'capabilities', 'drop'],
    [undefined, ['ALL']],
    [['NET_RAW'], ['ALL', 'NET_RAW']],
  ),
  ...ofContainers('pod-capabilities', ['securityContext', 'capabilities', 'add'], [['CHOWN'], ['NET_BIND_SERVICE']]),
];
