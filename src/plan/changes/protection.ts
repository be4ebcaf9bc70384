import { ALLOW_DELETE } from '../../kubernetes/annotations';
import type { Manifest } from '../../manifests/manifest';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { guardOn, type Guard } from '../guarded';
import { isMoved, resourceName } from '../resources';
import { name, words } from '../words';
import { isKeptByFlux } from './claims';

/** Answers about guards, the objects that they protect, and deletions that they refuse. */
export function protection(comparison: Comparison): Change[] {
  const { before, after, guards, resources } = comparison;
  const left = resources.flatMap((resource) =>
    resource.before !== undefined && (resource.after === undefined || isMoved(resource)) ? [resource.before] : [],
  );
  return [
    ...before.guards.flatMap((was) => {
      const is = after.guards.find((guard) => isSame(guard, was));
      return is === undefined ? [removed(was)] : [...less(was, is), ...more(was, is)];
    }),
    ...after.guards
      .filter((guard) => !before.guards.some((was) => isSame(guard, was)))
      .map((guard) =>
        told('protection-added', guard.defect === undefined ? 'note' : 'warning', guard, [
          `The guard ${name(guard.manifest.name)} refuses the deletion of ${protectedBy(guard)}`,
          ...(guard.defect === undefined
            ? [
                'An object that leaves Git and must go is deleted by hand from then on, with the annotation ' +
                  `${ALLOW_DELETE}.`,
              ]
            : [`It is not in force: ${guard.defect}.`]),
        ]),
      ),
    ...left.flatMap((manifest) => leaves(manifest, guardOn(manifest, guards), comparison)),
  ];
}

/** True for two guards with the same name, or for the same namespace. */
function isSame(one: Guard, other: Guard): boolean {
  return one.manifest.name === other.manifest.name || one.namespace === other.namespace;
}

function removed(guard: Guard): Change {
  const stays = isKeptByFlux(guard.manifest);
  return told('protection-removed', stays ? 'warning' : 'error', guard, [
    `The guard ${name(guard.manifest.name)} is gone from Git`,
    `It protects ${protectedBy(guard)}.`,
    (stays
      ? 'It stays in force in this cluster, since Flux must not prune it; a fresh cluster does not get it. '
      : 'Flux deletes it; it holds until its finalizers are removed. ') +
      'Put it back into Git, or remove it by hand, finalizers included, if that is meant.',
  ]);
}

function less(was: Guard, is: Guard): Change[] {
  if (is.defect !== undefined && was.defect === undefined)
    return [
      told('protection-removed', 'error', is, [
        `The guard ${name(is.manifest.name)} refuses nothing any more: ${is.defect}`,
        `Every account with the right to do so can delete ${protectedBy(was)}, with data and dumps. Put it back into force.`,
      ]),
    ];
  const gone = all(was).filter((one) => !all(is).includes(one));
  return gone.length === 0
    ? []
    : [
        told('protection-removed', 'error', is, [
          `The guard ${name(is.manifest.name)} does not protect any more: ${words(gone.map(name))}`,
          'From the merge on, a deletion of it is not refused, and deletes its data.',
          ...(all(is).length > 0 ? [`It still protects ${protectedBy(is)}.`] : []),
        ]),
      ];
}

function more(was: Guard, is: Guard): Change[] {
  if (is.defect !== undefined) return [];
  if (was.defect !== undefined)
    return [told('protection-added', 'note', is, [`The guard ${name(is.manifest.name)} is in force from now on`])];
  const added = all(is).filter((one) => !all(was).includes(one));
  return added.length === 0
    ? []
    : [
        told('protection-added', 'note', is, [
          `The guard ${name(is.manifest.name)} protects from now on: ${words(added.map(name))}`,
        ]),
      ];
}

/** Answers about an object that is gone from Git, if it is guarded or a namespace. */
function leaves(manifest: Manifest, guard: Guard | undefined, { before }: Comparison): Change[] {
  const stays = isKeptByFlux(manifest);
  if (guard !== undefined && !stays) {
    return [
      change(
        'deletion-refused',
        'warning',
        manifest,
        `${resourceName(manifest)} is gone from Git, and the guard ${name(guard.manifest.name)} refuses that Flux ` +
          'deletes it',
        [
          'It stays, with all that is on it; nothing in Git maintains it. Flux reports the refusal; older versions ' +
            'forget the object.',
          'Put it back into Git. If it must go: copy the dumps elsewhere, allow the deletion by the annotation ' +
            `${ALLOW_DELETE}, and delete it by hand.`,
        ],
      ),
    ];
  }
  if (manifest.kind !== 'Namespace') return [];
  const inside = before.manifests.filter(({ namespace }) => namespace === manifest.name);
  const claims = inside.filter(({ kind }) => kind === 'PersistentVolumeClaim' || kind === 'StatefulSet');
  if (!before.backups.some((backup) => backup.manifest.namespace === manifest.name) && claims.length === 0) return [];
  return [
    stays
      ? change('namespace-removed', 'warning', manifest, `The namespace ${name(manifest.name)} is gone from Git`, [
          'Flux leaves it in the cluster, with all that is in it, since it must not prune it.',
        ])
      : change(
          'namespace-removed',
          'error',
          manifest,
          `Flux deletes the namespace ${name(manifest.name)}, and with it all that is in it`,
          [
            ...(claims.length > 0 ? [`Among it ${words(claims.map(resourceName))}, with data and dumps.`] : []),
            'No guard refuses that. If it is meant to leave Git only, give it the annotation ' +
              'kustomize.toolkit.fluxcd.io/prune: disabled first.',
          ],
        ),
  ];
}

function told(id: Change['id'], level: Change['level'], guard: Guard, [title, ...details]: string[]): Change {
  const { manifest, binding } = guard;
  return {
    id,
    level,
    resources: [manifest, ...(binding === undefined ? [] : [binding])].map(resourceName),
    title: title!,
    details,
  };
}

function all({ protects, labels, namespace }: Guard): string[] {
  return [...protects, ...(labels.length === 0 ? [] : [`what has the labels ${labelled(labels)} in ${namespace}`])];
}

function labelled(labels: Guard['labels']): string {
  return labels.map((label) => label.join('=')).join(', ');
}

function protectedBy(guard: Guard): string {
  return words(all(guard).map(name)) || 'nothing';
}
