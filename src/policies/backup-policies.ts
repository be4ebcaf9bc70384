import { RECOVERY_WINDOW } from '../kubernetes/annotations';
import { backupWorkload } from '../manifests/backup-workload';
import { at, text } from '../manifests/manifest';
import { violation, type Policy } from './policy';
import { uncovered } from './recovery-window';
import { crowds, MOST_AT_ONCE } from './runs-at-once';

/** Policies on backups: there will be dumps to restore. */
export const BACKUP: readonly Policy[] = [
  {
    id: 'backup-suspended',
    level: 'warning',
    rule: 'A backup is not suspended.',
    because: 'Nothing is dumped meanwhile, and Flux shows nothing: the newest restore point only grows older.',
    remedy: 'Set suspend: false as soon as the reason is gone.',
    check: (manifest) =>
      backupWorkload(manifest)?.isSuspended
        ? [violation(['spec', 'suspend'], true, 'no dumps are taken by the schedule')]
        : [],
  },
  {
    id: 'recovery-window',
    level: 'error',
    rule:
      `The schedule and the retention keep a restore point for each of the days that ${RECOVERY_WINDOW} asks for, ` +
      `today's included, at any time of the year.`,
    because:
      'A person who needs the state of Tuesday must not learn on Friday that nothing of Tuesday was kept. "For a ' +
      'day" ' +
      'means: at most one day ' +
      'old at every moment, 25 hours where daylight saving ends. Retention counts days of UTC, and Kubernetes ' +
      'leaves out a run that falls into the ' +
      'hour that daylight saving skips.',
    remedy: 'Keep more, run every day, or ask for less.',
    check: (manifest) => {
      const backup = backupWorkload(manifest);
      if (backup === undefined) return [];
      const path = ['metadata', 'annotations', RECOVERY_WINDOW];
      const stated = text(manifest.object, ...path);
      if (backup.recoveryWindow === undefined) {
        return stated === undefined
          ? []
          : [
              violation(
                path,
                stated,
                'it is not a number of days such as P7D, so the retention cannot be compared with it',
              ),
            ];
      }
      const gap = uncovered(backup);
      if (gap === undefined) return [];
      const [run, moment] = [gap.run, gap.moment].map((time) => `${new Date(time).toISOString().slice(0, 16)}Z`);
      return [
        violation(
          path,
          stated,
          `e.g. after the run of ${run}, the newest restore point before ${moment} is more than a day old, or ` +
            'there is none',
          gap.daily === undefined
            ? 'Run every day at an hour that daylight saving does not touch, best in Etc/UTC, and keep as many days.'
            : `Retention.keep({ daily: ${gap.daily} }) would do.`,
        ),
      ];
    },
  },
  {
    id: 'runs-at-once',
    level: 'warning',
    rule: `Not more than ${MOST_AT_ONCE} backups and drills begin in one minute on one server, or on one claim.`,
    because:
      'They compete for the sessions of the server, for its disks and for the NAS: each takes longer, and some ' +
      'fail. A backup has four sessions, of the 100 that PostgreSQL allows by default.',
    remedy:
      'Spread them, as BackupFleet does, or with ScheduleWindow.between("22:00", "05:00").daily(name). With very ' +
      'many, make the window longer.',
    check: (manifest, { manifests }) =>
      (crowds(manifests).get(manifest) ?? []).map(({ place, runs, minute }) =>
        violation(
          ['spec', 'schedule'],
          at(manifest.object, 'spec', 'schedule'),
          `${runs} runs begin at ${minute} UTC on ${place}`,
        ),
      ),
  },
];
