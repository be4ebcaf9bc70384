import { PRUNE, SSA, SUBSTITUTE } from '../../delivery/gitops-annotations';
import { at, list, text, type Manifest } from '../../manifests/manifest';
import { componentOf, podSpecPath } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { name, plural, words } from '../words';

/** The effect of each annotation on Flux, and the risk without it. */
const GUARDS = [
  {
    annotation: PRUNE,
    value: 'disabled',
    added: 'Flux keeps it, also when it is gone from Git',
    removed: 'Flux may delete it, and all that is on it',
    how: 'As soon as it is gone from Git, e.g. by a rename.',
  },
  {
    annotation: SSA,
    value: 'IfNotPresent',
    added: 'Flux never changes it',
    removed: 'Flux may change it, and with force delete and re-create it',
    how: 'A Kustomization with force does so to apply a change that Kubernetes refuses.',
  },
  {
    annotation: SUBSTITUTE,
    value: 'disabled',
    added: 'Flux leaves every ${…} in it alone',
    removed: 'Flux may replace every ${…} in it',
    how:
      'A Kustomization with postBuild does so, and empties those of unknown variables. Scripts then do ' +
      'something else than was reviewed.',
  },
];

/** Answers about the annotations that limit Flux. */
export function guards({ resources, after: { manifests: now } }: Comparison): Change[] {
  return resources.flatMap(({ before, after }): Change[] => {
    if (before === undefined) return [];
    if (after === undefined) return gone(before, now);
    return [
      ...alerts(before, after),
      ...destroys(before, after),
      ...GUARDS.flatMap(({ annotation, value, added, removed, how }) => {
        const [was, is] = [before, after].map(({ object }) => text(object, 'metadata', 'annotations', annotation));
        if (was === is || (was !== value && is !== value)) return [];
        if (is === value)
          return [
            change('guard-added', 'note', after, `${added} from now on`, [
              `By its annotation ${annotation}: ${value}.`,
            ]),
          ];
        const isData = after.kind === 'PersistentVolumeClaim' || componentOf(after) === 'restore' || hasScripts(after);
        return [
          change('guard-removed', isData ? 'error' : 'warning', after, `${removed} from now on`, [
            `The annotation ${annotation}: ${value} is ${is === undefined ? 'gone' : `"${name(is)}" now`}. ${how}`,
          ]),
        ];
      }),
    ];
  });
}

/** Answers about fields, beside annotations, that can also destroy dumps. */
function destroys(before: Manifest, after: Manifest): Change[] {
  const { kind, apiVersion } = after;
  const isFlux = kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.fluxcd.io/');
  const [field, worst, title, how] = isFlux
    ? ([
        'force',
        true,
        'From now on, Flux deletes and re-creates objects that Kubernetes does not let it change',
        'With a claim, all that is on it is lost; a Job that restores runs again.',
      ] as const)
    : ([
        'persistentVolumeReclaimPolicy',
        'Delete',
        'The volume is deleted with its claim from now on, and all that is on it',
        'Deleting the claim deletes the dumps.',
      ] as const);
  if (!isFlux && kind !== 'PersistentVolume') return [];
  const [was, is] = [before, after].map(({ object }) => at(object, 'spec', field));
  if (was === is || (was !== worst && is !== worst)) return [];
  return [
    is === worst
      ? change('guard-removed', 'error', after, title, [`By spec.${field}: ${String(worst)}. ${how}`])
      : change(
          'guard-added',
          'note',
          after,
          isFlux ? 'Flux no longer deletes objects to re-create them' : 'The volume stays when its claim is deleted',
          [`It no longer has spec.${field}: ${String(worst)}.`],
        ),
  ];
}

/** Answers about missing rules for alerts and missing network policies. */
function gone(before: Manifest, now: readonly Manifest[]): Change[] {
  if (before.kind === 'PrometheusRule') {
    return [
      change('alerts-removed', 'warning', before, `The rules ${name(before.name)} raise no alerts any more`, [
        'Only a person who looks notices a backup that fails or does not run.',
      ]),
    ];
  }
  if (before.kind !== 'NetworkPolicy') return [];
  const isolated = now.filter((manifest) => isSelected(manifest, before));
  return isolated.length === 0
    ? []
    : [
        change(
          'isolation-removed',
          'warning',
          before,
          `Pods are less isolated than before: the NetworkPolicy ${name(before.name)} is gone`,
          [
            `Those of ${words(isolated.map(({ kind, name: one }) => `${kind} ${name(one)}`))}. Another policy ` +
              'may still hold them.',
          ],
        ),
      ];
}

/** Answers about alerts that a rule no longer has. */
function alerts(before: Manifest, after: Manifest): Change[] {
  if (before.kind !== 'PrometheusRule') return [];
  const [was, is] = [before, after].map(
    ({ object }) =>
      new Set(
        list(object, 'spec', 'groups').flatMap((group) =>
          list(group, 'rules').flatMap((rule) => text(rule, 'alert') ?? []),
        ),
      ),
  ) as [Set<string>, Set<string>];
  const missing = [...was].filter((alert) => !is.has(alert));
  return missing.length === 0
    ? []
    : [
        change(
          'alerts-removed',
          'warning',
          after,
          `${plural(missing.length, 'alert is', 'alerts are')} gone`,
          ['Only a person who looks notices what they have reported.'],
          missing.map(name),
        ),
      ];
}

function isSelected(manifest: Manifest, policy: Manifest): boolean {
  const path = podSpecPath(manifest);
  if (path === undefined || manifest.namespace !== policy.namespace) return false;
  return Object.entries(at(policy.object, 'spec', 'podSelector', 'matchLabels') ?? {}).every(
    ([label, value]) => text(manifest.object, ...path.slice(0, -1), 'metadata', 'labels', label) === value,
  );
}

function hasScripts({ kind, object }: Manifest): boolean {
  const data = at(object, 'data');
  return (
    kind === 'ConfigMap' &&
    typeof data === 'object' &&
    data !== null &&
    Object.keys(data).some((key) => /\.(sh|sql)$/.test(key))
  );
}
