import type { BackupWorkload } from '../../manifests/backup-workload';
import type { Manifest } from '../../manifests/manifest';
import type { Level } from '../../reports/level';
import { Schedule } from '../../schedule/schedule';
import type { Change } from '../change';
import { change, claimKey, isOrphaned, type BackupPair, type Comparison } from '../comparison';
import { holdTime, steadyState } from '../restore-points';
import type { Workload } from '../planned-workload';
import { ambiguous, day, localMoment, moment, name, plural, span, words } from '../words';
import { shares } from './storage';

const DAY = 86_400_000;

/** The ratio to the usual interval from which a single longer interval is mentioned. */
const LONG = 1.25;
const RULES = ['last', 'daily', 'weekly', 'monthly', 'yearly', 'within'] as const;

/** Answers about the recovery point objective, the reach of restores, and deleted restore points. */
export function recovery(comparison: Comparison): Change[] {
  const {
    backups,
    workloads,
    options: { now },
  } = comparison;
  const needed = shares(comparison.before, comparison);
  const overfull = ({ manifest, claim }: BackupWorkload): number | undefined => {
    const share = needed.get(claimKey(manifest.namespace, claim));
    return share !== undefined && share > 1 ? share : undefined;
  };
  const schedules = workloads.flatMap(({ before, after }) =>
    before === undefined || after === undefined || after.component === 'restore'
      ? []
      : schedule(
          after.manifest,
          [before.schedule ?? '', before.timeZone],
          [after.schedule ?? '', after.timeZone],
          after,
          now,
        ),
  );
  return [
    ...backups.flatMap((pair) =>
      pair.before === undefined || pair.after === undefined
        ? []
        : [
            ...recoveryPoint(pair.before, pair.after, now),
            ...deleted(pair, overfull(pair.before)),
            ...hold(pair.before, pair.after),
            ...kept(pair.before, pair.after, now),
            ...need(pair.before, pair.after),
          ],
    ),
    ...schedules,
  ];
}

/** The longest loss, in milliseconds; infinite if there are no runs. */
function longestLoss({ isSuspended, schedule, timeZone }: BackupWorkload, now: number): number {
  return isSuspended ? Infinity : (Schedule.of(schedule, timeZone)?.longestGap(now) ?? Infinity);
}

function recoveryPoint(before: BackupWorkload, after: BackupWorkload, now: number): Change[] {
  const [was, is] = [longestLoss(before, now), longestLoss(after, now)];
  // The answers about suspended and resumed backups tell it.
  if (was === is || before.isSuspended !== after.isSuspended) return [];
  const told = (loss: number): string => (loss === Infinity ? 'unbounded' : span(loss));
  const level: Level = is === Infinity ? 'error' : is > was ? 'warning' : 'note';
  return [
    change('recovery-point', level, after.manifest, `Recovery point objective: ${told(was)} → ${told(is)}`, [
      is === Infinity
        ? 'No run is scheduled: all data that is written after the newest dump is lost.'
        : `At worst, the data of the last ${told(is)} is lost: the longest time between two runs of ` +
          `"${name(after.schedule)}" in a year, in ${name(after.timeZone)}, daylight saving included.`,
    ]),
  ];
}

function schedule(
  manifest: Manifest,
  before: readonly [string, string],
  after: readonly [string, string],
  { component, isSuspended }: Workload,
  now: number,
): Change[] {
  if (before.join('\n') === after.join('\n')) return [];
  const told = ([expression, zone]: readonly [string, string]): string => `"${name(expression)}" in ${name(zone)}`;
  const calendar = Schedule.of(...after);
  if (calendar === undefined) {
    return [
      Schedule.of(...before) === undefined
        ? change('schedule', 'note', manifest, `Still no run ever comes: ${told(after)} is not a schedule`)
        : change('schedule', 'error', manifest, `No run ever comes: ${told(after)} is not a schedule`, [
            `It was ${told(before)}.`,
          ]),
    ];
  }
  const [gapBefore, gapAfter] = [Schedule.of(...before)?.longestGap(now), calendar.longestGap(now)];
  const first = calendar.next(1, now)[0];
  const last = Schedule.of(...before)
    ?.runs(now - (gapBefore ?? 0) - DAY, now + 1)
    .at(-1);
  const isBackup = component === 'backup' && !isSuspended && first !== undefined && last !== undefined;
  const once =
    isBackup && first - last > LONG * Math.max(gapBefore ?? 0, gapAfter)
      ? [`Once, ${span(first - last)} are between two runs, from ${moment(last)} to ${moment(first)}.`]
      : [];
  const same = component === 'backup' && gapBefore === gapAfter ? ['The recovery point objective stays the same.'] : [];
  const suspended = isSuspended ? ['It is suspended: none of these runs begins.'] : [];
  return [
    change(
      'schedule',
      'note',
      manifest,
      `Runs begin by ${told(after)}, and not by ${told(before)}`,
      [...suspended, ...same, ...once, 'The next five:'],
      calendar.next(5, now).map((run) => localMoment(run, calendar.timeZone)),
    ),
  ];
}

/** @param overfull the part of its claim that the dumps need without the change, if it is more than 1 */
function deleted({ before, after, forecast }: BackupPair, overfull: number | undefined): Change[] {
  const { lost, next, isListed, isAmbiguous, before: unchanged, after: changed } = forecast!;
  // With another folder or claim, nothing is deleted: the answers about the claim tell the fate of the data.
  if (lost.length === 0 || isOrphaned(before!, after!)) return [];
  const [oldest, newest] = [lost.at(-1)!.point, lost[0]!.point];
  const days = [unchanged, changed].map((points) =>
    points.length === 0 ? 'that of the run' : day(points.at(-1)!.time),
  );
  const range = lost.length === 1 ? `of ${day(newest.time)}` : `from ${day(oldest.time)} to ${day(newest.time)}`;
  return [
    change(
      'restore-points-deleted',
      overfull === undefined ? 'error' : 'warning',
      after!.manifest,
      `Deletes ${plural(lost.length, 'restore point')} ${range}`,
      [
        'At the end of the next run, which ' +
          `${next === undefined ? 'is one on demand, as none is scheduled' : `begins at ${moment(next)}`}. ` +
          'Without the change they would ' +
          `stay${before!.isSuspended && !after!.isSuspended ? ' until a run on demand' : ''}.`,
        'The oldest restorable day ' +
          `${days[0] === days[1] ? `stays ${days[0]}` : `is then ${days[1]}, and not ${days[0]}`}.`,
        ...(overfull === undefined
          ? []
          : [
              `Without the change, the dumps need ${Math.round(overfull * 100)} % of the claim, and backups fail once it ` +
                'is full.',
            ]),
        ...(isAmbiguous ? [ambiguous(after!.folder)] : []),
        isListed ? 'The dumps of the listing:' : 'By the calendar, as if every run had succeeded:',
      ],
      lost.map(
        ({ point, rules }) => `${name(point.name)}${rules.length > 0 ? ` (kept ${words(reasons(rules))})` : ''}`,
      ),
    ),
  ];
}

function reasons(rules: readonly string[]): string[] {
  const counts = rules.filter((rule) => rule !== 'within');
  return [
    ...(counts.length > 0 ? [`as ${words(counts)}`] : []),
    ...(counts.length < rules.length ? ['within the last days'] : []),
  ];
}

function kept(before: BackupWorkload, after: BackupWorkload, now: number): Change[] {
  const isSame = RULES.every((rule) => before.retention[rule] === after.retention[rule]);
  const [was, is] = [steadyState(before, now), steadyState(after, now)];
  const [deep, deeper] = [was, is].map((times) =>
    times.length === 0 ? 0 : Math.floor(now / DAY) - Math.floor(times.at(-1)! / DAY),
  ) as [number, number];
  // A run at another hour or day shifts the kept dumps, and does not change the retention.
  const isShifted = deep === deeper || gap(before, now) === gap(after, now);
  if (isSame && before.hold === after.hold && was.length === is.length && isShifted) return [];
  const rules = RULES.filter((rule) => before.retention[rule] !== after.retention[rule]).map(
    (rule) => `${rule} ${before.retention[rule]} → ${after.retention[rule]}${rule === 'within' ? ' days' : ''}`,
  );
  const oldest = (times: readonly number[]): string => (times.length === 0 ? 'none' : day(times.at(-1)!));
  const back =
    deep === deeper ? `as far as before, ${plural(deep, 'day')}` : `${plural(deep, 'day')} → ${plural(deeper, 'day')}`;
  const points =
    was.length === is.length
      ? plural(is.length, 'restore point')
      : `${was.length} → ${plural(is.length, 'restore point')}`;
  return [
    change(
      'restore-points',
      deeper < deep ? 'warning' : 'note',
      after.manifest,
      `Restores can go back ${back}, to one of ${points}`,
      [
        ...(rules.length > 0 ? [`Retention: ${words(rules)}.`] : []),
        `The oldest restorable day, seen from ${day(now)}: ` +
          `${deep === deeper ? `stays ${oldest(is)}` : `${oldest(was)} → ${oldest(is)}`}` +
          `${deeper > deep ? ', once there are as many dumps' : ''}.`,
      ],
    ),
  ];
}

function gap({ schedule, timeZone }: BackupWorkload, now: number): number | undefined {
  return Schedule.of(schedule, timeZone)?.longestGap(now);
}

/** Answers about a hold in the manifest, which is meant for a run on demand. */
function hold(before: BackupWorkload, after: BackupWorkload): Change[] {
  if (before.hold === after.hold) return [];
  const [was, is] = [before, after].map((backup) => holdTime(backup.hold));
  if (is === undefined)
    return [
      change(
        'hold',
        was === undefined ? 'note' : 'error',
        after.manifest,
        `Every backup ${was === undefined ? 'still ' : ''}fails: BACKUP_HOLD (${name(after.hold)}) is not a time`,
        ['Write it like P30D, P4W or PT12H, with a number up to 9999, and only for a run on demand.'],
      ),
    ];
  if (is === 0)
    return [
      change('hold', 'note', after.manifest, 'New dumps are not held any more: the retention prunes them', [
        'Existing holds stay until their end.',
      ]),
    ];
  return [
    change(
      'hold',
      was !== undefined && is > was ? 'warning' : 'note',
      after.manifest,
      `Every dump is held for ${span(is)} (BACKUP_HOLD is ${name(after.hold)}), whatever the retention says`,
      [
        `${was ? `It was ${span(was)}. ` : ''}Until then nothing prunes it: the claim gets a dump more with every run.`,
        'BACKUP_HOLD is for a run on demand. To keep more, change the retention.',
      ],
    ),
  ];
}

function need(before: BackupWorkload, after: BackupWorkload): Change[] {
  const [was, is] = [before.recoveryWindow, after.recoveryWindow];
  if (was === is) return [];
  const told = (days: number | undefined): string => (days === undefined ? 'not stated' : plural(days, 'day'));
  return [
    change(
      'recovery-window',
      (is ?? 0) < (was ?? 0) ? 'warning' : 'note',
      after.manifest,
      `The recovery window, in which a restore must be possible: ${told(was)} → ${told(is)}`,
    ),
  ];
}
