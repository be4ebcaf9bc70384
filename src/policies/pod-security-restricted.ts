import { at, type Value } from '../manifests/manifest';
import { VOLUME_TYPES } from '../kubernetes/volume-types';
import { volumes } from './pod-security-baseline';
import { containerFields, contextFields, entries, inherited, podPolicy, type Pod } from './pod';
import { violation, type Policy, type Violation } from './policy';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted';

/** Controls that have no meaning on Windows, which the standard leaves out there. */
function onLinux(check: (pod: Pod) => readonly Violation[]): (pod: Pod) => readonly Violation[] {
  return (pod) => (at(pod.spec, 'os', 'name') === 'windows' ? [] : check(pod));
}

/** The controls of the restricted Pod Security Standard beyond the baseline, as of Kubernetes 1.36. */
export const POD_SECURITY_RESTRICTED: readonly Policy[] = [
  podPolicy(
    {
      id: 'pod-volume-types',
      source,
      rule: `Volumes are of the types ${VOLUME_TYPES.join(', ')}.`,
      because: 'Other types are drivers in the node, which a pod would give addresses and credentials to.',
      remedy: 'Use a PersistentVolumeClaim.',
    },
    (pod) =>
      volumes(pod).flatMap(({ path, value }) => {
        const types =
          typeof value === 'object' && value !== null ? Object.keys(value).filter((key) => key !== 'name') : [];
        if (types.some((type) => VOLUME_TYPES.includes(type)) && types.length === 1) return [];
        const type = types.find((key) => !VOLUME_TYPES.includes(key));
        return [
          violation(
            type === undefined ? path : [...path, type],
            type === undefined ? value : at(value, type),
            'the type of the volume is not allowed',
          ),
        ];
      }),
  ),
  podPolicy(
    {
      id: 'pod-privilege-escalation',
      source,
      rule: 'Every container sets allowPrivilegeEscalation to false.',
      because: 'Otherwise a program with the set-user-ID bit gets privileges that the container lacks.',
      remedy: 'Set allowPrivilegeEscalation: false.',
    },
    onLinux((pod) =>
      containerFields(pod, 'securityContext', 'allowPrivilegeEscalation')
        .filter(({ value }) => value !== false)
        .map(({ path, value }) => violation(path, value, 'programs may gain privileges')),
    ),
  ),
  podPolicy(
    {
      id: 'pod-non-root',
      source,
      rule: 'Every container must run as another user than root.',
      because: 'Root in a container is root on the node as soon as anything else fails.',
      remedy: 'Set runAsNonRoot: true.',
    },
    (pod) => required(pod, ['runAsNonRoot'], (value) => value === true, 'the container may run as root'),
  ),
  podPolicy(
    {
      id: 'pod-non-root-user',
      source,
      rule: 'No container runs as user 0.',
      because: 'User 0 is root.',
      remedy: 'Set runAsUser to the user of the image, e.g. 70 for postgres on Alpine and 999 on Debian.',
    },
    (pod) =>
      contextFields(pod, 'runAsUser')
        .filter(({ value }) => value === 0 || value === '0')
        .map(({ path, value }) => violation(path, value, 'it is root')),
  ),
  podPolicy(
    {
      id: 'pod-seccomp',
      source,
      rule: 'Every container has a seccomp profile: RuntimeDefault, or one of the node.',
      because: 'Kubernetes applies none by itself, and holes are found in system calls that no program needs.',
      remedy: 'Set seccompProfile: { type: RuntimeDefault } in the securityContext of the pod.',
    },
    onLinux((pod) =>
      required(
        pod,
        ['seccompProfile', 'type'],
        (value) => value === 'RuntimeDefault' || value === 'Localhost',
        'the container may use every system call',
      ),
    ),
  ),
  podPolicy(
    {
      id: 'pod-capabilities',
      source,
      rule: 'Every container drops ALL capabilities, and adds none back but NET_BIND_SERVICE.',
      because: 'Nothing that dumps or restores a database needs one.',
      remedy: 'Set capabilities: { drop: [ALL] }.',
    },
    onLinux((pod) => [
      ...containerFields(pod, 'securityContext', 'capabilities', 'drop')
        .filter(({ value }) => !Array.isArray(value) || !value.includes('ALL'))
        .map(({ path, value }) => violation(path, value, 'the container keeps capabilities of root')),
      ...containerFields(pod, 'securityContext', 'capabilities', 'add')
        .flatMap(entries)
        .filter(({ value }) => value !== 'NET_BIND_SERVICE')
        .map(({ path, value }) => violation(path, value, 'the container needs no capabilities')),
    ]),
  ),
];

function required(pod: Pod, keys: readonly string[], isAllowed: (value: Value) => boolean, why: string): Violation[] {
  const { refused, missing } = inherited(pod, keys, isAllowed);
  return [...refused, ...missing].map(({ path, value }) => violation(path, value, why));
}
