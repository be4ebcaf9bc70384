import { at, text, type Value } from '../manifests/manifest';
import { containerFields, contextFields, entries, isAbsent, podField, podPolicy, type Field, type Pod } from './pod';
import { violation, type Policy, type Violation } from './policy';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline';

/** A violation for each field that is set and not allowed. */
function refuse(fields: readonly Field[], isAllowed: (value: Value) => boolean, why: string): Violation[] {
  return fields
    .filter(({ value }) => !isAbsent(value) && !isAllowed(value))
    .map(({ path, value }) => violation(path, value, why));
}

const isOneOf =
  (...allowed: readonly Value[]) =>
  (value: Value): boolean =>
    allowed.includes(value);

const CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

const HANDLERS = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
];

const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

/** The baseline of the Pod Security Standards as of Kubernetes 1.36: a pod cannot reach its node. */
export const POD_SECURITY_BASELINE: readonly Policy[] = [
  podPolicy(
    {
      id: 'pod-host-process',
      source,
      rule: 'No container is a HostProcess container of Windows.',
      because: "Such a container runs on the node itself, with the node's privileges.",
      remedy: 'Remove windowsOptions.hostProcess.',
    },
    (pod) =>
      refuse(
        contextFields(pod, 'windowsOptions', 'hostProcess'),
        isOneOf(false),
        'the container would run on the node itself',
      ),
  ),
  podPolicy(
    {
      id: 'pod-host-namespaces',
      source,
      rule: 'A pod has its own network, processes and IPC, not those of its node.',
      because: "In the node's namespaces a pod sees the traffic, the processes and the memory of others.",
      remedy: 'Remove the field.',
    },
    (pod) =>
      refuse(
        ['hostNetwork', 'hostPID', 'hostIPC'].map((field) => podField(pod, field)),
        isOneOf(false),
        'the pod would share a namespace of its node',
      ),
  ),
  podPolicy(
    {
      id: 'pod-privileged',
      source,
      rule: 'No container is privileged.',
      because: 'A privileged container is root on its node.',
      remedy: 'Remove privileged.',
    },
    (pod) =>
      refuse(
        containerFields(pod, 'securityContext', 'privileged'),
        isOneOf(false),
        'the container would be root on its node',
      ),
  ),
  podPolicy(
    {
      id: 'pod-capabilities-added',
      source,
      rule: `No container adds capabilities beyond ${CAPABILITIES.join(', ')}.`,
      because: 'The others change the kernel, the network or the processes of the node.',
      remedy: 'Remove the capability.',
    },
    (pod) =>
      refuse(
        containerFields(pod, 'securityContext', 'capabilities', 'add').flatMap(entries),
        isOneOf(...CAPABILITIES),
        'it is not a capability that containers have by default',
      ),
  ),
  podPolicy(
    {
      id: 'pod-host-path',
      source,
      rule: 'No volume is a folder of the node.',
      because: 'Through it a pod reads and changes what belongs to the node and to other pods.',
      remedy: 'Use a PersistentVolumeClaim or an emptyDir.',
    },
    (pod) =>
      refuse(
        volumes(pod).map(({ path, value }) => ({ path: [...path, 'hostPath'], value: at(value, 'hostPath') })),
        () => false,
        'the pod would reach into its node',
      ),
  ),
  podPolicy(
    {
      id: 'pod-host-ports',
      source,
      rule: 'No container takes a port of the node.',
      because: 'A host port goes around NetworkPolicies, and two such pods cannot share a node.',
      remedy: 'Remove hostPort and use a Service.',
    },
    (pod) =>
      refuse(
        containerFields(pod, 'ports')
          .flatMap(entries)
          .map(({ path, value }) => ({ path: [...path, 'hostPort'], value: at(value, 'hostPort') })),
        isOneOf(0),
        'the container would listen on its node',
      ),
  ),
  podPolicy(
    {
      id: 'pod-probe-host',
      source,
      rule: 'Probes and lifecycle hooks go to the pod itself, not to a host that they name.',
      because: 'The kubelet sends probes from the node: with a host, a pod makes the node send requests anywhere.',
      remedy: 'Remove host.',
    },
    (pod) =>
      refuse(
        HANDLERS.flatMap((handler) => containerFields(pod, ...handler))
          .filter(({ value }) => value !== undefined)
          .flatMap(({ path, value }) =>
            ['httpGet', 'tcpSocket'].map((action) => ({
              path: [...path, action, 'host'],
              value: at(value, action, 'host'),
            })),
          ),
        isOneOf(''),
        'the node would send requests there',
      ),
  ),
  podPolicy(
    {
      id: 'pod-apparmor',
      source,
      rule: 'AppArmor profiles are RuntimeDefault or one of the node, never Unconfined.',
      because: 'Without a profile a container may do whatever its user may.',
      remedy: 'Remove the profile, or use RuntimeDefault.',
    },
    (pod) => [
      ...refuse(
        contextFields(pod, 'appArmorProfile', 'type'),
        isOneOf('RuntimeDefault', 'Localhost'),
        'it takes the container out of AppArmor',
      ),
      ...refuse(
        appArmorAnnotations(pod),
        (value) => typeof value === 'string' && /^(runtime\/default|localhost\/.*)?$/.test(value),
        'it takes the container out of AppArmor',
      ),
    ],
  ),
  podPolicy(
    {
      id: 'pod-selinux',
      source,
      rule: 'SELinux types are those of containers, and users and roles are not set.',
      because: 'Other types and roles may touch what belongs to the node.',
      remedy: 'Remove seLinuxOptions, but for level.',
    },
    (pod) => [
      ...refuse(
        contextFields(pod, 'seLinuxOptions', 'type'),
        isOneOf('', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'),
        'it is not a type of containers',
      ),
      ...refuse(
        ['user', 'role'].flatMap((field) => contextFields(pod, 'seLinuxOptions', field)),
        isOneOf(''),
        'it is not the one that containers have',
      ),
    ],
  ),
  podPolicy(
    {
      id: 'pod-proc-mount',
      source,
      rule: 'Containers see /proc with its masks.',
      because: 'Unmasked it shows and changes settings of the kernel.',
      remedy: 'Remove procMount.',
    },
    (pod) =>
      refuse(containerFields(pod, 'securityContext', 'procMount'), isOneOf('Default'), 'it removes the masks of /proc'),
  ),
  podPolicy(
    {
      id: 'pod-seccomp-unconfined',
      source,
      rule: 'Seccomp profiles are RuntimeDefault or one of the node, never Unconfined.',
      because: 'Without a profile a container may use every system call, known holes included.',
      remedy: 'Use RuntimeDefault.',
    },
    (pod) =>
      refuse(
        contextFields(pod, 'seccompProfile', 'type'),
        isOneOf('RuntimeDefault', 'Localhost'),
        'it allows every system call',
      ),
  ),
  podPolicy(
    {
      id: 'pod-sysctls',
      source,
      rule: 'A pod sets no sysctl but those that Kubernetes calls safe.',
      because: 'The others affect the whole node.',
      remedy: 'Remove the sysctl.',
    },
    (pod) =>
      refuse(
        entries(podField(pod, 'securityContext', 'sysctls')).map(({ path, value }) => ({
          path: [...path, 'name'],
          value: text(value, 'name'),
        })),
        isOneOf(...SYSCTLS),
        'it may affect the whole node',
      ),
  ),
];

export function volumes(pod: Pod): Field[] {
  return entries(podField(pod, 'volumes'));
}

function appArmorAnnotations({ manifest, metadataPath }: Pod): Field[] {
  const annotations = at(manifest.object, ...metadataPath, 'annotations');
  if (typeof annotations !== 'object' || annotations === null) return [];
  return Object.entries(annotations)
    .filter(([name]) => name.startsWith(APPARMOR_ANNOTATION))
    .map(([name, value]) => ({ path: [...metadataPath, 'annotations', name], value }));
}
