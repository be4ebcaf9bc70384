import type { Manifest } from '../../manifests/manifest';
import { Schedule } from '../../schedule/schedule';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { localMoment, name, span, words } from '../words';
import type { Workload } from '../planned-workload';

/** The span that is searched, long enough for monthly runs. */
const SEEN = 35 * 86_400_000;

/** Answers about deadlines, and about runs that may overlap. */
export function windows(comparison: Comparison): Change[] {
  return [
    ...comparison.workloads.flatMap(({ before, after }) =>
      before && after ? deadline(before, after, comparison.options.lastRun) : [],
    ),
    ...overlaps(comparison),
  ];
}

function deadline(before: Workload, after: Workload, lastRun: number | undefined): Change[] {
  const [was, is] = [before.deadline ?? Infinity, after.deadline ?? Infinity];
  if (was === is) return [];
  const told = (seconds: number): string => (seconds === Infinity ? 'none' : span(seconds * 1000));
  const took = lastRun !== undefined && after.component === 'backup' ? lastRun : undefined;
  const isTooShort = took !== undefined && is < took;
  return [
    change(
      'deadline',
      is > was ? 'note' : isTooShort && was >= took ? 'error' : 'warning',
      after.manifest,
      `A run is ended after: ${told(was)} → ${told(is)}`,
      [
        ...(is < was
          ? ['A run that takes longer is killed, and leaves dumps and databases as they were. Retries count.']
          : []),
        ...(is === Infinity ? ['A run that hangs never ends, and no other run begins.'] : []),
        ...(took === undefined
          ? is < was && after.component === 'backup'
            ? ['The duration of the last run is not known: --last-run gives it.']
            : []
          : [
              isTooShort
                ? `The last run took ${told(took)}: it would ${is > was ? 'still ' : ''}not have ended.`
                : `The last run took ${told(took)}, which is ${Math.round((100 * took) / is)} % of it.`,
            ]),
      ],
    ),
  ];
}

/** Answers about pairs of runs, on the same dumps or the same database, that may overlap and could not before. */
function overlaps({ before, after, workloads, options: { now } }: Comparison): Change[] {
  const changed = new Set(workloads.map((pair) => pair.after?.manifest).filter((manifest) => manifest !== undefined));
  const old = new Map([
    ...before.workloads.map((one) => [keyOf(one.manifest), one] as const),
    // A workload with a new name.
    ...workloads.flatMap((pair) =>
      pair.before && pair.after ? [[keyOf(pair.after.manifest), pair.before] as const] : [],
    ),
  ]);
  const groups = new Map<string, Workload[]>();
  for (const one of after.workloads.filter(hasRuns)) {
    for (const key of shares(one)) groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const found = new Map<string, Change>();
  for (const group of groups.values()) {
    for (const [index, one] of group.entries()) {
      for (const other of group.slice(index)) {
        if (!changed.has(one.manifest) && !changed.has(other.manifest)) continue;
        const was = [one, other].map(({ manifest }) => old.get(keyOf(manifest)));
        const meeting = firstMeeting(one, other, now);
        if (
          meeting === undefined ||
          (was[0] && was[1] && hasRuns(was[0]) && hasRuns(was[1]) && firstMeeting(was[0], was[1], now) !== undefined)
        )
          continue;
        found.set(
          [one, other]
            .map(({ manifest }) => keyOf(manifest))
            .sort()
            .join(),
          told(one, other, meeting),
        );
      }
    }
  }
  return [...found.values()];
}

function keyOf({ namespace, name: manifestName }: Manifest): string {
  return JSON.stringify([namespace, manifestName]);
}

/** The keys that a workload shares with those that it may disturb: a folder of dumps, a database. */
function shares({ manifest: { namespace }, claim, folder, server, database }: Workload): string[] {
  // Without a dot, the name of a service is one of the same namespace.
  const host = server.includes('.') ? server : `${namespace}/${server}`;
  return [
    JSON.stringify(['dumps', namespace, claim, folder]),
    ...(server === '' ? [] : [JSON.stringify(['database', host, database])]),
  ];
}

function told(one: Workload, other: Workload, meeting: number): Change {
  const at = localMoment(meeting, Schedule.of(one.schedule!, one.timeZone)!.timeZone);
  if (one === other) {
    return change(
      'overlap',
      'warning',
      one.manifest,
      'A run may last until the next one begins, which is then left out',
      [`The first time at ${at}, if a run takes all of its ${span(one.deadline! * 1000)}.`],
    );
  }
  const isBoth = one.component === 'backup' && other.component === 'backup';
  return change(
    'overlap',
    isBoth ? 'warning' : 'note',
    one.manifest,
    `Its runs may be under way together with those of ${name(other.manifest.name)}`,
    [
      `The first time at ${at}, if they take all of their ${words([one, other].map(({ deadline }) => span(deadline! * 1000)))}. ${
        isBoth
          ? 'The second waits for the lock of the first, and its deadline runs.'
          : 'They do not disturb each other, but share the storage.'
      }`,
    ],
  );
}

function hasRuns({ isSuspended, schedule, deadline, timeZone }: Workload): boolean {
  return (
    !isSuspended && schedule !== undefined && deadline !== undefined && Schedule.of(schedule, timeZone) !== undefined
  );
}

/**
 * The first time at which a run of one begins while a run of the other may be under way; undefined if there is none.
 */
function firstMeeting(one: Workload, other: Workload, now: number): number | undefined {
  const runs = [one, other].map(({ schedule, timeZone, deadline }) =>
    Schedule.of(schedule!, timeZone)!
      .runs(now + 1, now + SEEN + 1)
      .map((begin) => ({ begin, end: begin + deadline! * 1000 })),
  ) as [Run[], Run[]];
  if (one === other) return runs[0].find(({ begin }, index) => index > 0 && runs[0][index - 1]!.end > begin)?.begin;
  let at = 0;
  for (const run of runs[0]) {
    while (at < runs[1].length && runs[1][at]!.end <= run.begin) at++;
    const candidate = runs[1][at];
    if (candidate !== undefined && candidate.begin < run.end) return Math.max(candidate.begin, run.begin);
  }
  return undefined;
}

interface Run {
  readonly begin: number;
  readonly end: number;
}
