import { list, text, type Manifest } from '../manifests/manifest';
import { componentLabel } from '../manifests/workload';

/** A `NamespaceGuard` and the objects that it protects, read back from its policy and its binding. */
export interface Guard {
  readonly manifest: Manifest;
  readonly binding: Manifest | undefined;
  /** E.g. `namespace shop`, `claim shop/shop-backup`. */
  readonly protects: readonly string[];
  /** Labels that protect the claims and StatefulSets of the namespace. */
  readonly labels: readonly (readonly [string, string])[];
  readonly namespace: string;
  /** The reason why it is not in force; undefined if it is. */
  readonly defect: string | undefined;
}

const KINDS: { readonly [kind: string]: string } = {
  Namespace: 'namespace',
  PersistentVolumeClaim: 'claim',
  StatefulSet: 'StatefulSet',
};

export function guardsOf(manifests: readonly Manifest[]): Guard[] {
  return manifests
    .filter((manifest) => manifest.kind === 'ValidatingAdmissionPolicy' && componentLabel(manifest) === 'guard')
    .map((manifest) => {
      const binding = manifests.find(
        ({ kind, object }) =>
          kind === 'ValidatingAdmissionPolicyBinding' && text(object, 'spec', 'policyName') === manifest.name,
      );
      const expression = list(manifest.object, 'spec', 'matchConditions')
        .map((condition) => text(condition, 'expression') ?? '')
        .join(' ');
      const namespace = /"namespaces" && oldObject\.metadata\.name == "([^"]+)"/.exec(expression)?.[1] ?? '';
      const named = (resource: string, noun: string): string[] => {
        const names = new RegExp(`"${resource}" && oldObject\\.metadata\\.name in \\[([^\\]]*)\\]`).exec(
          expression,
        )?.[1];
        return [...(names ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => `${noun} ${namespace}/${name}`);
      };
      return {
        manifest,
        binding,
        namespace,
        protects: [
          ...(namespace === '' ? [] : [`namespace ${namespace}`]),
          ...named('persistentvolumeclaims', 'claim'),
          ...named('statefulsets', 'StatefulSet'),
        ],
        labels: [...expression.matchAll(/\?labels\[\?"([^"]*)"\]\.orValue\(""\) == "([^"]*)"/g)].map(
          ([, label, value]): [string, string] => [label!, value!],
        ),
        defect: defectOf(manifest, binding),
      };
    });
}

function defectOf({ object }: Manifest, binding: Manifest | undefined): string | undefined {
  if (binding === undefined) return 'it has no binding';
  const actions = list(binding.object, 'spec', 'validationActions');
  if (!actions.includes('Deny')) return `its binding has ${actions.join(' and ') || 'no action'} instead of Deny`;
  if (text(object, 'spec', 'failurePolicy') === 'Ignore') return 'its failurePolicy is Ignore';
  return text(binding.object, 'spec', 'paramRef', 'parameterNotFoundAction') === 'Allow'
    ? 'its parameterNotFoundAction is Allow'
    : undefined;
}

/** The guard that refuses to delete an object; undefined if there is none. */
export function guardOn({ kind, namespace, name, object }: Manifest, guards: readonly Guard[]): Guard | undefined {
  const noun = KINDS[kind];
  if (noun === undefined) return undefined;
  const told = kind === 'Namespace' ? `${noun} ${name}` : `${noun} ${namespace}/${name}`;
  return guards.find(
    (guard) =>
      guard.defect === undefined &&
      (guard.protects.includes(told) ||
        (kind !== 'Namespace' &&
          guard.namespace === namespace &&
          guard.labels.length > 0 &&
          guard.labels.every(([label, value]) => text(object, 'metadata', 'labels', label) === value))),
  );
}
