import { Schedule } from '../schedule/schedule';
import { at, number, text, type Manifest, type Value } from '../manifests/manifest';
import { componentOf, jobSpecPath } from '../manifests/workload';
import { TimeZone } from '../schedule/time-zone';
import { containerFields, isAbsent, podField, podOf } from './pod';
import { violation, type Policy, type Violation } from './policy';

const JOBS = 'https://kubernetes.io/docs/concepts/workloads/controllers/job/';
const CRON_JOBS = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';

/** A policy for a field of every CronJob. */
function cronJobPolicy(
  policy: Omit<Policy, 'check' | 'level'>,
  field: string,
  check: (value: Value) => string | undefined,
): Policy {
  return {
    level: 'error',
    ...policy,
    check: (manifest) => {
      if (manifest.kind !== 'CronJob') return [];
      const value = at(manifest.object, 'spec', field);
      const why = check(value);
      return why === undefined ? [] : [violation(['spec', field], value, why)];
    },
  };
}

/** The schedule of a CronJob; undefined if it is not valid. */
function goodSchedule({ object }: Manifest): Schedule | undefined {
  return Schedule.of(text(object, 'spec', 'schedule') ?? '');
}

/** Policies on every Job and CronJob of a tree, from any source. */
export const WORKLOAD: readonly Policy[] = [
  {
    id: 'deadline',
    level: 'error',
    source: `${JOBS}#job-termination-and-cleanup`,
    rule: 'Every Job ends: it has activeDeadlineSeconds.',
    because: 'A run that hangs keeps the next runs from beginning, for days if no person looks.',
    remedy: 'Set activeDeadline, or activeDeadlineSeconds, to the longest time that a run may take.',
    check: (manifest) => {
      const path = jobSpecPath(manifest);
      if (path === undefined) return [];
      const value = at(manifest.object, ...path, 'activeDeadlineSeconds');
      return typeof value === 'number' && value > 0
        ? []
        : [violation([...path, 'activeDeadlineSeconds'], value, 'a run that hangs never ends')];
    },
  },
  {
    id: 'deadline-in-interval',
    level: 'error',
    source: `${CRON_JOBS}#concurrency-policy`,
    rule: 'The deadline of a CronJob is not longer than the shortest interval of its schedule.',
    because: 'If a run still runs when the next run is due, Kubernetes leaves that run out, or runs both at once.',
    remedy: 'Shorten the deadline, or run less often.',
    check: (manifest) => {
      const schedule = manifest.kind === 'CronJob' ? goodSchedule(manifest) : undefined;
      const deadline = number(manifest.object, 'spec', 'jobTemplate', 'spec', 'activeDeadlineSeconds');
      if (schedule === undefined || deadline === undefined) return [];
      const shortest = schedule.shortestInterval / 1000;
      if (deadline <= shortest) return [];
      return [
        violation(
          ['spec', 'jobTemplate', 'spec', 'activeDeadlineSeconds'],
          deadline,
          `the schedule ${JSON.stringify(schedule.expression)} comes every ${shortest} seconds at the shortest`,
        ),
      ];
    },
  },
  cronJobPolicy(
    {
      id: 'starting-deadline',
      source: `${CRON_JOBS}#starting-deadline`,
      rule: 'Every CronJob has a starting deadline of 10 seconds or more.',
      because:
        'Without it a CronJob that is resumed runs at once for what it has missed, and after more than 100 ' +
        'missed runs never again; with less than 10 seconds it may never run.',
      remedy: 'Set startingDeadline, or startingDeadlineSeconds, e.g. to an hour.',
    },
    'startingDeadlineSeconds',
    (value) => {
      if (typeof value !== 'number') return 'after a suspension the CronJob would run at once, or never again';
      return value < 10 ? 'the controller looks every 10 seconds, and may always be too late' : undefined;
    },
  ),
  cronJobPolicy(
    {
      id: 'explicit-suspend',
      source: 'https://fluxcd.io/flux/faq/#why-are-kubectl-edits-rolled-back-by-flux',
      rule: 'Every CronJob says whether it is suspended.',
      because: 'Flux reverts only the fields that Git names: a suspension by kubectl would stay, unseen.',
      remedy: 'Set suspend: false, or true.',
    },
    'suspend',
    (value) => (typeof value === 'boolean' ? undefined : 'a suspension by hand would stay unseen'),
  ),
  cronJobPolicy(
    {
      id: 'time-zone',
      source: `${CRON_JOBS}#time-zones`,
      rule: 'Every CronJob names its time zone, as the tz database spells it.',
      because:
        'Without it the zone of the controller counts, which is nowhere to be read; with an unknown one the ' +
        'CronJob never runs.',
      remedy: 'Set timeZone: Etc/UTC, or another name such as Europe/Zurich.',
    },
    'timeZone',
    (value) => {
      if (isAbsent(value)) return 'the zone of the controller would count';
      return typeof value === 'string' && TimeZone.of(value) !== undefined
        ? undefined
        : 'it is not a time zone of the tz database';
    },
  ),
  cronJobPolicy(
    {
      id: 'schedule',
      source: `${CRON_JOBS}#schedule-syntax`,
      rule: 'Kubernetes accepts every schedule, and every schedule has runs.',
      because: 'Flux stops at an object that is refused. A schedule without runs is not noticed at all.',
      remedy: 'Write five fields, e.g. "0 2 * * *".',
    },
    'schedule',
    (value) =>
      typeof value === 'string'
        ? Schedule.problem(Schedule.fiveFields(value))?.reason.replace(/^/, 'it ')
        : 'there is no schedule to run by',
  ),
  {
    id: 'resources',
    level: 'warning',
    source: 'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
    rule: 'Every container of a Job has requests of CPU and memory, and a limit of memory.',
    because:
      'Without requests its pod is the first to be evicted; without a limit it can take the memory of the ' +
      'database beside it.',
    remedy:
      'Set resources: requests of cpu and memory, and a limit of memory. A CPU limit only makes a dump hold its ' +
      'locks for longer.',
    check: (manifest) => {
      const pod = jobSpecPath(manifest) === undefined ? undefined : podOf(manifest);
      // Ephemeral containers cannot have resources.
      const containers = pod?.containers.filter(({ path }) => !path.includes('ephemeralContainers')) ?? [];
      return containers.flatMap(({ path, value }) =>
        [
          ['requests', 'cpu'],
          ['requests', 'memory'],
          ['limits', 'memory'],
        ].flatMap((keys) => {
          const quantity = at(value, 'resources', ...keys);
          return isAbsent(quantity)
            ? [
                violation(
                  [...path, 'resources', ...keys],
                  quantity,
                  'the pod is evicted first, or takes what others need',
                ),
              ]
            : [];
        }),
      );
    },
  },
  {
    id: 'restart-policy',
    level: 'error',
    source: `${JOBS}#pod-backoff-failure-policy`,
    rule: 'The pods of a backup, a restore and a drill are not restarted in place: restartPolicy is Never.',
    because: 'OnFailure replaces the container, and the log that says why it failed is lost.',
    remedy: 'Set restartPolicy: Never, and a backoffLimit.',
    check: (manifest) => {
      const pod = componentOf(manifest) === undefined ? undefined : podOf(manifest);
      if (pod === undefined) return [];
      const { path, value } = podField(pod, 'restartPolicy');
      return value === 'Never' ? [] : [violation(path, value, 'the log of a failed run would be lost')];
    },
  },
  {
    id: 'numeric-user',
    level: 'error',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
    rule: 'The pods of a backup, a restore and a drill name their user and group by number.',
    because: 'The images of PostgreSQL name no user: with runAsNonRoot alone the container is never created.',
    remedy: 'Set runAsUser and runAsGroup to those of the image: 70 for postgres on Alpine, 999 on Debian.',
    check: (manifest): Violation[] => {
      const pod = componentOf(manifest) === undefined ? undefined : podOf(manifest);
      if (pod === undefined || typeof podField(pod, 'securityContext', 'runAsUser').value === 'number') return [];
      return containerFields(pod, 'securityContext', 'runAsUser')
        .filter(({ value }) => typeof value !== 'number')
        .map(({ path, value }) =>
          violation(path, value, 'the image names no user, and the container would not be created'),
        );
    },
  },
];
