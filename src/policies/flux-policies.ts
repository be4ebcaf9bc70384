import { NEVER_RECREATE, SSA, SUBSTITUTE, VERBATIM } from '../delivery/gitops-annotations';
import { at, pathText, text, type Manifest, type Value } from '../manifests/manifest';
import { componentOf } from '../manifests/workload';
import { violation, type Policy, type Violation } from './policy';

/** The groups of Kubernetes itself. Objects of other groups come back as they were sent. */
const BUILT_IN: ReadonlySet<string> = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'policy',
  ...[
    'admissionregistration',
    'certificates',
    'coordination',
    'discovery',
    'events',
    'flowcontrol.apiserver',
    'networking',
    'node',
    'rbac.authorization',
    'resource',
    'scheduling',
    'storage',
  ].map((group) => `${group}.k8s.io`),
]);

/**
 * The fields that are maps in every kind. Other empty objects stay and mean something, e.g. `emptyDir` and
 * `podSelector`.
 */
const MAPS: ReadonlySet<unknown> = new Set([
  'annotations',
  'binaryData',
  'capacity',
  'data',
  'default',
  'defaultRequest',
  'hard',
  'labels',
  'limits',
  'matchLabels',
  'max',
  'maxLimitRequestRatio',
  'min',
  'nodeSelector',
  'options',
  'parameters',
  'requests',
  'stringData',
  'volumeAttributes',
]);

const SUBSTITUTION = 'https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution';

/** True if Flux substitutes nothing. It reads the annotation and the label. */
function isVerbatim({ object }: Manifest): boolean {
  return ['annotations', 'labels'].some(
    (field) => text(object, 'metadata', field, SUBSTITUTE) === VERBATIM[SUBSTITUTE],
  );
}

/** The files of a ConfigMap that are programs. */
function scripts({ kind, object }: Manifest): string[] {
  const data = at(object, 'data');
  return kind === 'ConfigMap' && typeof data === 'object' && data !== null
    ? Object.keys(data).filter((file) => /\.(sh|sql)$/.test(file))
    : [];
}

/** Policies on the effects of Flux on the manifests in Git. */
export const FLUX: readonly Policy[] = [
  {
    id: 'no-force',
    level: 'error',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/#force',
    rule: 'No Kustomization of Flux has force.',
    because:
      'With it, Flux deletes and re-creates every object that it cannot change. With a claim, all dumps are lost; ' +
      'with a Job, a restore ends in its middle.',
    remedy: 'Remove force. Delete and re-create by hand an object that cannot be changed.',
    check: ({ apiVersion, kind, object }) => {
      const force =
        kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')
          ? at(object, 'spec', 'force')
          : undefined;
      return force === true ? [violation(['spec', 'force'], force, 'Flux would delete what it cannot change')] : [];
    },
  },
  {
    id: 'scripts-verbatim',
    level: 'error',
    source: SUBSTITUTION,
    rule: 'A ConfigMap with scripts has kustomize.toolkit.fluxcd.io/substitute: disabled.',
    because:
      'If a Kustomization substitutes variables, Flux empties every ${name} of a script: rm -rf "${folder}/" ' +
      'is then rm -rf "/".',
    remedy: 'Add the annotation.',
    check: (manifest) => {
      const [script] = scripts(manifest);
      return script === undefined || isVerbatim(manifest)
        ? []
        : [
            violation(
              ['metadata', 'annotations', SUBSTITUTE],
              text(manifest.object, 'metadata', 'annotations', SUBSTITUTE),
              `Flux may change the variables of ${script}`,
            ),
          ];
    },
  },
  {
    id: 'open-substitution',
    level: 'error',
    source: SUBSTITUTION,
    rule: 'An object with ${…} or $$ has kustomize.toolkit.fluxcd.io/substitute: disabled.',
    because:
      'Flux applies something else than was reviewed: it replaces ${…} and makes $$ a $, if a Kustomization ' +
      'substitutes variables.',
    remedy: 'Add the annotation, or write the value without ${ and $$.',
    check: (manifest) => {
      // The files of kustomize itself are never applied.
      if (
        isVerbatim(manifest) ||
        scripts(manifest).length > 0 ||
        manifest.apiVersion.startsWith('kustomize.config.k8s.io/')
      )
        return [];
      return substituted(manifest.object, []);
    },
  },
  {
    id: 'empty-field',
    level: 'warning',
    source: 'https://kubernetes.io/docs/reference/using-api/server-side-apply/',
    rule: 'No field is an empty list or an empty map: the API server drops them.',
    because: 'The cluster then never has what Git has, and a NetworkPolicy or a webhook changes at every apply.',
    remedy: 'Leave the field out: it means the same.',
    check: ({ apiVersion, kind, object }) =>
      BUILT_IN.has(apiVersion.split('/').slice(0, -1).join('/'))
        ? empty(object, [], (field) => MAPS.has(field) || (field === 'selector' && kind === 'Service'))
        : [],
  },
  {
    id: 'job-in-git',
    level: 'warning',
    source: 'https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources',
    rule: 'A Job in Git has kustomize.toolkit.fluxcd.io/ssa: IfNotPresent and no time to live.',
    because:
      'Flux runs it when it is merged, fails on every later change of it, and runs it again whenever it has ' +
      'been deleted, as by its time to live.',
    remedy:
      'Use a suspended CronJob, and kubectl create job --from. Or add the annotation and remove ' +
      'ttlSecondsAfterFinished.',
    check: (manifest) => {
      if (manifest.kind !== 'Job' || componentOf(manifest) === 'restore') return [];
      const apply = text(manifest.object, 'metadata', 'annotations', SSA);
      const ttl = at(manifest.object, 'spec', 'ttlSecondsAfterFinished');
      return [
        ...(apply === NEVER_RECREATE[SSA]
          ? []
          : [violation(['metadata', 'annotations', SSA], apply, 'Flux cannot apply a change of a Job')]),
        ...(ttl === undefined || ttl === null
          ? []
          : [violation(['spec', 'ttlSecondsAfterFinished'], ttl, 'Flux runs the Job again whenever it is gone')]),
      ];
    },
  },
];

/** The empty lists and maps in a value. */
function empty(value: Value, path: readonly (string | number)[], isMap: (field: unknown) => boolean): Violation[] {
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(value);
  if (members.length === 0) {
    // The schema of Kubernetes 1.28 wants conditions in each rule of a podFailurePolicy; no API server counts their
    // lack as a change.
    if (path.at(-1) === 'onPodConditions') return [];
    return Array.isArray(value) || isMap(path.at(-1)) ? [violation(path, value, 'the API server drops it')] : [];
  }
  return members.flatMap(([key, inner]) =>
    empty(inner as Value, [...path, Array.isArray(value) ? Number(key) : key], isMap),
  );
}

/** The texts in a value that Flux would change. */
function substituted(value: Value, path: readonly (string | number)[]): Violation[] {
  if (typeof value === 'string') {
    const found = /\$\{[^}]{0,40}\}?|\$\$/.exec(value);
    return found === null ? [] : [{ path: pathText(path), message: `has ${found[0]}: Flux would replace it` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    substituted(inner as Value, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
