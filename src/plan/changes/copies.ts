import { copyPlace, copyWorkload, isSamePlace, type CopyPlace, type CopyWorkload } from '../../manifests/copy-workload';
import type { Manifest } from '../../manifests/manifest';
import { componentOf } from '../../manifests/workload';
import { Schedule } from '../../schedule/schedule';
import type { Change } from '../change';
import { change, type Comparison, type Side } from '../comparison';
import { workloadOf } from '../planned-workload';
import { localMoment, name } from '../words';

/** Answers about the copies off site, and about the workloads that restore and drill them. */
export function copies({ resources, after: head, options: { now } }: Comparison): Change[] {
  return resources.flatMap(({ before, after }) => [
    ...ofCopy(before && copyWorkload(before), after && copyWorkload(after), head, now),
    ...(before !== undefined && after !== undefined ? ofDrill(before, after, head) : []),
  ]);
}

function ofCopy(before: CopyWorkload | undefined, after: CopyWorkload | undefined, head: Side, now: number): Change[] {
  if (after === undefined) return before === undefined ? [] : [removed(before)];
  if (before === undefined) return [added(after, now)];
  return [
    ...suspension(before, after),
    ...place(before, after, head),
    ...retention(before, after),
    ...encryption(before, after),
  ];
}

function told({ endpoint, path }: CopyPlace): string {
  return `${name(path)} at ${name(endpoint)}`;
}

function added(copy: CopyWorkload, now: number): Change {
  const calendar = Schedule.of(copy.schedule, copy.timeZone);
  const [run] = copy.isSuspended ? [] : (calendar?.next(1, now) ?? []);
  return change(
    'copy-added',
    'note',
    copy.manifest,
    `The dumps in ${name(copy.folder)} are copied to ${told(copy.place)}`,
    [
      ...(run === undefined ? [] : [`The next run begins at ${localMoment(run, calendar!.timeZone)}.`]),
      'All existing verified dumps are copied, the newest first. Does the bucket lock its objects, and are the ' +
        'keys kept outside of the cluster?',
    ],
  );
}

function removed({ manifest, folder, place: at }: CopyWorkload): Change {
  return change('copy-removed', 'warning', manifest, `The dumps in ${name(folder)} are not copied off site any more`, [
    `The copies in ${told(at)} stay there, and only grow older. Decide who removes them, and keep their keys until then.`,
  ]);
}

function suspension(before: CopyWorkload, { manifest, isSuspended }: CopyWorkload): Change[] {
  if (before.isSuspended === isSuspended) return [];
  return isSuspended
    ? [
        change('copy-suspended', 'warning', manifest, 'No dumps are copied off site by the schedule any more', [
          'The copies off site only grow older. Copies on demand still run.',
        ]),
      ]
    : [
        change('copy-resumed', 'note', manifest, 'Dumps are copied off site again', [
          'The next run copies all missing dumps that the retention has kept.',
        ]),
      ];
}

function place(before: CopyWorkload, after: CopyWorkload, { manifests }: Side): Change[] {
  if (isSamePlace(before.place, after.place)) return [];
  const still = (component: string): boolean =>
    manifests.some(
      (other) =>
        other.namespace === after.manifest.namespace &&
        componentOf(other) === component &&
        isSamePlace(copyPlace(other), before.place),
    );
  return [
    change(
      'copy-place',
      'warning',
      after.manifest,
      `Copies go to ${told(after.place)}, and not to ${told(before.place)} any more`,
      [
        'The old copies stay behind where they are. The dumps that are on the claim are copied anew; older ones are ' +
          'in the old place only.',
        still('restore')
          ? 'A template still restores from the old place.'
          : 'No template restores from the old place any more: keep one, with the old target, for as long as its ' +
            'copies count.',
      ],
    ),
  ];
}

function retention(before: CopyWorkload, { manifest, retention: is }: CopyWorkload): Change[] {
  const was = before.retention;
  const rules = [...new Set([...was.keys(), ...is.keys()])];
  if (rules.every((rule) => was.get(rule) === is.get(rule))) return [];
  const words = (kept: ReadonlyMap<string, number>): string =>
    [...kept]
      .filter(([, count]) => count > 0)
      .map(([rule, count]) => `${rule.toLowerCase().replace('_', ' ')} ${count}`)
      .join(', ') || 'all';
  if (is.size === 0) {
    return [
      change('copy-retention', 'note', manifest, `No copy is removed any more; kept were ${words(was)}`, [
        'The bucket grows until a rule of its own removes copies. The key need not be able to delete any more.',
      ]),
    ];
  }
  const isLess = was.size === 0 || rules.some((rule) => (is.get(rule) ?? 0) < (was.get(rule) ?? 0));
  return [
    change(
      'copy-retention',
      isLess ? 'error' : 'note',
      manifest,
      `The copies that are kept: ${words(was)} → ${words(is)}`,
      [
        ...(isLess
          ? ['The next run removes copies that it would keep without the change, unless the bucket locks them.']
          : []),
        ...(was.size === 0
          ? [
              'Its key must be able to delete, and so can a thief of it: an object lock of the bucket keeps the ' +
                'versions.',
            ]
          : []),
      ],
    ),
  ];
}

function encryption(before: CopyWorkload, after: CopyWorkload): Change[] {
  const beside = isSamePlace(before.place, after.place)
    ? ['The former copies are in the same place, and a run that would write beside them fails. Use another prefix.']
    : [];
  if (before.place.isEncrypted !== after.place.isEncrypted) {
    return [
      after.place.isEncrypted
        ? change('copy-encryption', beside.length > 0 ? 'warning' : 'note', after.manifest, 'Copies are encrypted', [
            'Existing copies are not. Keep the password and the salt outside of the cluster.',
            ...beside,
          ])
        : change('copy-encryption', 'error', after.manifest, 'Copies are not encrypted any more', [
            'Each reader of the bucket can read the database.',
            ...beside,
          ]),
    ];
  }
  const [was, is] = [keysOf(before), keysOf(after)];
  return was === is || beside.length === 0
    ? []
    : [
        change('copy-encryption', 'error', after.manifest, 'Copies are encrypted with other secrets', [
          `They are ${is}; before, they were ${was}.`,
          "Unless the values are the same, today's copies cannot be decrypted with them, and a run that would write " +
            'beside them fails. Use another prefix for another password.',
        ]),
      ];
}

/** The secrets of the password and the salt, in words. */
function keysOf({ secretVariables }: CopyWorkload): string {
  return ['OFFSITE_PASSWORD', 'OFFSITE_SALT']
    .map((variable) => name(secretVariables.get(variable) ?? 'none'))
    .join(' and ');
}

/** The source from which a drill restores. */
function ofDrill(before: Manifest, after: Manifest, { manifests }: Side): Change[] {
  if (componentOf(after) !== 'drill' || componentOf(before) !== 'drill') return [];
  const [was, is] = [copyPlace(before), copyPlace(after)];
  if (isSamePlace(was, is)) return [];
  const where = (at: CopyPlace | undefined): string =>
    at === undefined ? 'the dumps on the claim' : `copies in ${told(at)}`;
  const claim = workloadOf(after)?.claim;
  const isProven = manifests.some(
    (other) =>
      componentOf(other) === 'drill' && workloadOf(other)?.claim === claim && isSamePlace(copyPlace(other), was),
  );
  return [
    change(
      'drill-source',
      isProven ? 'note' : 'warning',
      after,
      `The drill restores ${where(is)}, and not ${where(was)}`,
      [isProven ? 'Another drill still proves those.' : 'No drill proves those any more. Keep one for each.'],
    ),
  ];
}
