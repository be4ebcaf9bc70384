import { isDeepStrictEqual } from 'node:util';
import { KEPT_BY_FLUX, PRUNE, SSA } from '../../delivery/gitops-annotations';
import { at, text, type Manifest, type Value } from '../../manifests/manifest';
import type { Change } from '../change';
import { change, claimKey, dumpsOf, isOrphaned, type Comparison, type Pair } from '../comparison';
import type { Workload } from '../planned-workload';
import { guardOn, type Guard } from '../guarded';
import { isMoved, resourceName } from '../resources';
import { bytes, name, plural, quantity, words } from '../words';

/** Answers about the fate of existing dumps and of claims. */
export function claims({ backups, workloads, resources, guards, before: was }: Comparison): Change[] {
  const orphaned = backups.flatMap(({ before, after, forecast }): Change[] => {
    if (before === undefined || after === undefined || !isOrphaned(before, after)) return [];
    const [from, to] = [dumpsOf(before), dumpsOf(after)];
    const old = resources.find(
      (resource) => resource.before === was.claims.get(claimKey(before.manifest.namespace, before.claim)),
    )?.before;
    const lost = forecast?.before.filter(({ time }) => time !== forecast.next).length ?? 0;
    const isSameClaim = before.claim === after.claim && before.manifest.namespace === after.manifest.namespace;
    const followers = workloads.filter(
      (pair) => pair.before && pair.after && !isOrphaned(pair.before, before) && !isOrphaned(pair.after, after),
    );
    return [
      {
        id: 'dumps-orphaned',
        level: 'error',
        resources: followers.map(changedWorkload),
        title:
          `Orphans every existing dump${lost > 0 ? `, ${plural(lost, 'restore point')}` : ''}: the backup ` +
          `begins anew in ${to}`,
        details: [
          `They stay in ${from}, where no restore and no drill looks for them any more and nothing prunes them. ` +
            `Until the next run there is no dump to restore. ${isSameClaim ? 'Move' : 'Copy'} them there first.`,
          ...(old !== undefined && isKeptByFlux(old)
            ? ['The claim itself stays in the cluster, since Flux must not prune it; nothing in Git maintains it.']
            : []),
        ],
      },
    ];
  });
  // The answer about the dumps tells the fate of a claim that stays.
  const isTold = (claim: Manifest): boolean =>
    backups.some(
      ({ before, after }) =>
        before !== undefined &&
        after !== undefined &&
        isOrphaned(before, after) &&
        before.manifest.namespace === claim.namespace &&
        before.claim === claim.name,
    );
  return [
    ...orphaned,
    ...resources.flatMap(({ before, after }) =>
      before?.kind !== 'PersistentVolumeClaim'
        ? []
        : after === undefined || isMoved({ before, after })
          ? removed(before, guardOn(before, guards), isTold(before))
          : [...fixed(before, after, guards), ...size(before, after, guards)],
    ),
  ];
}

function changedWorkload({ after }: Pair<Workload>): string {
  return resourceName(after!.manifest);
}

function removed(claim: Manifest, guard: Guard | undefined, isTold: boolean): Change[] {
  const stays = isKeptByFlux(claim);
  // The answer about the guard tells of a refused deletion.
  if (stays ? isTold : guard !== undefined) return [];
  return [
    change(
      'claim-removed',
      stays ? 'warning' : 'error',
      claim,
      stays ? 'The claim is gone from Git' : 'Flux deletes the claim, and with it all that is on it',
      [
        stays
          ? 'Flux leaves it in the cluster, with all that is on it, since it must not prune it. Nothing in Git ' +
            `maintains it any more.${guard === undefined ? '' : ` The guard ${name(guard.manifest.name)} refuses its deletion.`}`
          : 'With a Kustomization that prunes, as most do. What becomes of the data then depends on the reclaim ' +
            'policy of its volume.',
      ],
    ),
  ];
}

/** The fields that Kubernetes does not allow to change. */
function fixed(before: Manifest, after: Manifest, guards: readonly Guard[]): Change[] {
  const fields = (
    [
      ['storageClassName', 'storage class'],
      ['accessModes', 'access modes'],
      ['volumeName', 'volume'],
      ['volumeMode', 'volume mode'],
      ['selector', 'selector'],
      ['dataSource', 'data source'],
      ['dataSourceRef', 'data source reference'],
    ] as const
  ).flatMap(([field, noun]) => {
    const [was, is] = [before, after].map(({ object }) => at(object, 'spec', field));
    return isDeepStrictEqual(was, is) ? [] : [`${noun} ${shown(was)} → ${shown(is)}`];
  });
  return fields.length === 0 ? [] : [refused(after, words(fields), guards)];
}

function shown(value: Value): string {
  if (value === undefined || value === null) return 'none';
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : name(JSON.stringify(value));
}

function refused(claim: Manifest, what: string, guards: readonly Guard[]): Change {
  const guard = guardOn(claim, guards);
  return isGuarded(claim)
    ? change('claim-not-applied', 'warning', claim, `Has no effect on the existing claim: ${what}`, [
        'Flux leaves the claim as it is (ssa: IfNotPresent). A fresh cluster gets the new one: the two differ ' +
          'from now on. To move the dumps, make a claim of another name and copy them.',
      ])
    : change('claim-refused', 'error', claim, `Kubernetes refuses this change of the claim: ${what}`, [
        'Flux cannot apply it, and nothing of its Kustomization from then on. ' +
          (guard === undefined
            ? 'With force it deletes the claim, and with it all that is on it, to re-create it.'
            : `With force it would delete the claim, which the guard ${name(guard.manifest.name)} refuses.`),
      ]);
}

function size(before: Manifest, after: Manifest, guards: readonly Guard[]): Change[] {
  const [was, is] = [claimSize(before), claimSize(after)];
  if (was === is || was === undefined || is === undefined) return [];
  const what = `${bytes(was)} → ${bytes(is)}`;
  if (is < was) return [refused(after, `size ${what}, and a claim never shrinks`, guards)];
  if (!isGuarded(after))
    return [
      change('claim-resized', 'note', after, `The claim grows: ${what}`, [
        'If its storage class allows that; else Kubernetes refuses it, and Flux applies nothing of its ' +
          'Kustomization.',
      ]),
    ];
  return [
    change('claim-not-applied', 'warning', after, `Has no effect on the existing claim: size ${what}`, [
      'Flux leaves the claim as it is (ssa: IfNotPresent). Resize it with kubectl too, or set resizableFromGit.',
    ]),
  ];
}

/** The bytes that a claim asks for. */
export function claimSize({ object }: Manifest): number | undefined {
  return quantity(text(object, 'spec', 'resources', 'requests', 'storage') ?? '');
}

/** True if Flux keeps an object that has disappeared from Git. */
export function isKeptByFlux({ object }: Manifest): boolean {
  return text(object, 'metadata', 'annotations', PRUNE) === KEPT_BY_FLUX[PRUNE];
}

/** True if Flux creates an object and never changes it. */
export function isGuarded({ object }: Manifest): boolean {
  return text(object, 'metadata', 'annotations', SSA) === 'IfNotPresent';
}
