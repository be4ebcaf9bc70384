import { at, type Manifest } from '../../manifests/manifest';
import { componentOf } from '../../manifests/workload';
import { Schedule } from '../../schedule/schedule';
import type { Change } from '../change';
import { change, type Comparison, type Pair } from '../comparison';
import { changedName, isMoved, resourceName, type ResourceChange } from '../resources';
import { localMoment, name, plural, span } from '../words';
import type { Workload } from '../planned-workload';
import { isGuarded, isKeptByFlux } from './claims';

/** Answers about workloads that are new, gone, moved or suspended. */
export function lifecycle({ backups, workloads, resources, namespaces, options: { now } }: Comparison): Change[] {
  const renamed = backups.flatMap(({ before, after }): Change[] =>
    before === undefined || after === undefined || before.manifest.name === after.manifest.name
      ? []
      : [
          change(
            'backup-renamed',
            'warning',
            after.manifest,
            `The backup ${name(before.manifest.name)} is called ${name(after.manifest.name)} from now on`,
            [
              'Flux deletes the old CronJob, and with it its Jobs and their logs. A run that is under way ends there.',
              'Alerts, scripts and runbooks that use the old name must be changed.',
            ],
          ),
        ],
  );
  return [...moved(resources, namespaces), ...renamed, ...workloads.flatMap((pair) => ofWorkload(pair, now))];
}

/**
 * Answers about objects with another namespace or name, but for claims and backups, which have answers of their own.
 */
function moved(resources: readonly ResourceChange[], namespaces: Comparison['namespaces']): Change[] {
  const pairs = resources.filter(
    (resource): resource is ResourceChange & Required<Pair<Manifest>> =>
      isMoved(resource) && resource.after?.kind !== 'PersistentVolumeClaim',
  );
  const inNew = [...namespaces].flatMap(([from, to]): Change[] => {
    const both = pairs.filter(({ before, after }) => before.namespace === from && after.namespace === to);
    return both.length === 0
      ? []
      : [
          {
            id: 'moved',
            level: 'warning',
            resources: both.map(changedName),
            title: `${plural(both.length, 'object moves', 'objects move')} from the namespace ${name(from)} to ${name(to)}`,
            details: [
              'Flux makes them anew there, and deletes the old ones with Jobs and logs. A run that is under way ' +
                'ends there.',
            ],
          },
        ];
  });
  const known = new Set(inNew.flatMap((change) => change.resources));
  const renamed = pairs.filter(
    (pair) => !known.has(changedName(pair)) && !(componentOf(pair.after) === 'backup' && pair.after.kind === 'CronJob'),
  );
  if (renamed.length === 0) return inNew;
  return [
    ...inNew,
    {
      id: 'moved',
      level: 'note',
      resources: renamed.map(changedName),
      title: `${plural(renamed.length, 'object has another name', 'objects have other names')}`,
      details: [
        ...(renamed.some(({ after }) => after.kind === 'CronJob')
          ? ['Flux deletes the old CronJob, and with it its Jobs and their logs. A run that is under way ends there.']
          : []),
        ...(renamed.every(({ fields }) => fields.every(({ path }) => path === 'metadata.name'))
          ? ['Nothing else differs in them.']
          : []),
      ],
      items: renamed.map(({ before, after }) => `${resourceName(before)} → ${resourceName(after)}`),
    },
  ];
}

function ofWorkload({ before, after }: Pair<Workload>, now: number): Change[] {
  const one = (after ?? before)!;
  if (one.manifest.kind === 'Job') return one.component === 'restore' ? ofRestoreJob({ before, after }) : [];
  if (after === undefined) return [removed(before!)];
  if (before === undefined)
    return [...(after.component === 'restore' && !after.isSuspended ? [resumed(after, now)] : []), added(after, now)];
  if (before.isSuspended === after.isSuspended) return [];
  if (after.component === 'restore') return after.isSuspended ? [] : [resumed(after, now)];
  return [
    after.isSuspended
      ? suspended(after, now)
      : change(`${after.component}-resumed`, 'note', after.manifest, `The ${after.component} runs again`, [
          ...nextRun(after, now),
          ...(after.component === 'backup'
            ? [
                `Recovery point objective: ${objective(after, now)}.`,
                'At its end the retention is applied to all existing dumps: --dumps tells which are removed.',
              ]
            : []),
        ]),
  ];
}

function added(one: Workload, now: number): Change {
  const { component, manifest, database, claim, folder } = one;
  if (component === 'restore')
    return change('restore-added', 'note', manifest, `A template restores the database ${name(database)} on demand`, [
      'It is for kubectl create job --from.',
    ]);
  if (component === 'drill')
    return change('drill-added', 'note', manifest, `A drill proves the dumps of ${name(database)}`, nextRun(one, now));
  const calendar = Schedule.of(one.schedule ?? '', one.timeZone);
  return change(
    'backup-added',
    'note',
    manifest,
    `The database ${name(database)} is backed up into ${name(folder)} on the claim ${name(claim)}`,
    [
      ...(calendar === undefined || one.isSuspended
        ? []
        : [`Recovery point objective: ${span(calendar.longestGap(now))}.`]),
      ...nextRun(one, now),
    ],
  );
}

function removed({ component, manifest, database, claim, folder }: Workload): Change {
  switch (component) {
    case 'backup':
      return change('backup-removed', 'error', manifest, `The database ${name(database)} is not backed up any more`, [
        `Its dumps stay in ${name(folder)} on the claim ${name(claim)}, as long as that exists, and nothing ` +
          'prunes them.',
      ]);
    case 'drill':
      return change('drill-removed', 'warning', manifest, `No drill proves the dumps of ${name(database)} any more`, [
        'The first real restore is then the first proof. Backups go on.',
      ]);
    case 'restore':
      return change('restore-removed', 'error', manifest, `The template that restores ${name(database)} is gone`, [
        'In an incident, the Job must be written by hand. A restore that is under way ends with it.',
      ]);
  }
}

function suspended(one: Workload, now: number): Change {
  const { component, manifest, database } = one;
  if (component === 'backup') {
    return change(
      'backup-suspended',
      'error',
      manifest,
      `The database ${name(database)} is not backed up any more: the backup is suspended`,
      [
        'Recovery point objective: ' +
          `${objective(one, now)} → unbounded. What is written after the newest dump is lost.`,
        'Existing dumps stay, since nothing prunes them. Backups on demand still run, and prune.',
      ],
    );
  }
  return change(
    'drill-suspended',
    'warning',
    manifest,
    `No drill proves the dumps of ${name(database)} any more: it is suspended`,
  );
}

function resumed(one: Workload, now: number): Change {
  return change(
    'restore-resumed',
    'error',
    one.manifest,
    `A restore of ${name(one.database)} runs by itself, on a schedule`,
    [
      'It replaces the live database by that of a dump. The template must be suspended: kubectl create job --from ' +
        'ignores that.',
      ...nextRun(one, now),
    ],
  );
}

/** The recovery point objective of a workload, in words. */
function objective({ schedule, timeZone }: Workload, now: number): string {
  const calendar = Schedule.of(schedule ?? '', timeZone);
  return calendar === undefined ? 'unbounded' : span(calendar.longestGap(now));
}

function nextRun({ isSuspended, schedule, timeZone }: Workload, now: number): string[] {
  const calendar = Schedule.of(schedule ?? '', timeZone);
  const [next] = isSuspended ? [] : (calendar?.next(1, now) ?? []);
  return [next === undefined ? 'No run is scheduled.' : `The next run: ${localMoment(next, calendar!.timeZone)}.`];
}

function ofRestoreJob({ before, after }: Pair<Workload>): Change[] {
  const { manifest, env, database, server } = (after ?? before)!;
  const changes: Change[] = [];
  if (before === undefined) {
    const dump = env.get('RESTORE_DUMP') || 'the newest verified dump';
    const action = env.get('RESTORE_ACTION') ?? 'restore';
    changes.push(
      change(
        'restore-at-merge',
        'error',
        manifest,
        `The merge starts a restore: ${name(dump)} replaces the database ${name(database)} on ${name(server)}`,
        [
          'Flux creates the Job as soon as it has the commit ' +
            `(RESTORE_ACTION=${name(action)}${env.get('RESTORE_SHA256') ? `, RESTORE_SHA256=${name(env.get('RESTORE_SHA256')!)}` : ', no checksum is pinned'}).`,
          'What was written since that dump is then in the former database only.',
        ],
      ),
    );
  } else if (after === undefined) {
    const stays = isKeptByFlux(before.manifest);
    changes.push(
      change('restore-job-removed', stays ? 'note' : 'warning', manifest, 'The Job of a restore is gone from Git', [
        stays
          ? 'It stays in the cluster until a person deletes it. The restore is not undone.'
          : 'Flux deletes it: a restore that is under way ends there. The live database stays as it was.',
      ]),
    );
  } else {
    const stays = isGuarded(after.manifest);
    changes.push(
      change(
        'restore-job-changed',
        stays ? 'warning' : 'error',
        manifest,
        'A Job that restores is changed, which Kubernetes does not allow',
        [
          stays
            ? 'Flux leaves the Job as it is: the change has an effect only where there is none. For another ' +
              'restore, use another requestId.'
            : 'Flux cannot apply it, or with force makes the Job again and restores again.',
        ],
      ),
    );
  }
  const ttl = (one: Workload | undefined): unknown => at(one?.manifest.object, 'spec', 'ttlSecondsAfterFinished');
  if (after !== undefined && ttl(after) !== undefined && ttl(before) === undefined) {
    changes.push(
      change(
        'restore-repeats',
        'error',
        manifest,
        'The Job of the restore deletes itself when it has ended, and Flux makes it again',
        [
          'Every time, the database is restored, unless its request is found to be carried out. Leave out ' +
            'ttlSecondsAfterFinished.',
        ],
      ),
    );
  }
  return changes;
}
