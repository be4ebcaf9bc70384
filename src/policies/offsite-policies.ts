import { backupWorkload, type BackupWorkload } from '../manifests/backup-workload';
import { copyPlace, copyWorkload, type CopyPlace, type CopyWorkload } from '../manifests/copy-workload';
import type { Manifest } from '../manifests/manifest';
import { componentOf } from '../manifests/workload';
import { Schedule } from '../schedule/schedule';
import { oncePerTree, violation, type Policy, type Violation } from './policy';
import { BEGIN, END, MOST_RUNS } from './runs-at-once';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A dump that was begun less than this before a copy counts as incomplete. */
const DUMPING = 30 * MINUTE;

/** The age that a dump may always have when it is copied. */
const FRESH = 6 * HOUR;

/** Policies on copies: the dumps survive a fire at the NAS. */
export const OFFSITE: readonly Policy[] = [
  {
    id: 'offsite-copy',
    level: 'note',
    rule: 'The dumps of a backup are copied to a place that neither the cluster nor the NAS can reach.',
    because: 'Fire, theft and a wrong command reach all dumps that are beside each other, and the database too.',
    remedy: 'Add an OffsiteCopy, and a RestoreJob and a RestoreDrill for its copies: docs/offsite.md.',
    check: (manifest, { manifests }) => {
      const backup = backupWorkload(manifest);
      if (backup === undefined) return [];
      const uncopied = uncopiedOf(manifests).get(claimOf(backup)) ?? [];
      if (uncopied[0] !== manifest) return [];
      const others = uncopied.length - 1;
      return [
        violation(
          ['metadata', 'name'],
          manifest.name,
          `nothing copies its dumps off site${others === 0 ? '' : `, nor those of ${others} more on the claim ${backup.claim}`}`,
        ),
      ];
    },
  },
  {
    id: 'offsite-suspended',
    level: 'warning',
    rule: 'A copy is not suspended.',
    because: 'Meanwhile the newest dumps are on the NAS only, and the copies off site grow older.',
    remedy: 'Set suspend: false as soon as the reason is gone.',
    check: (manifest) =>
      copyWorkload(manifest)?.isSuspended
        ? [violation(['spec', 'suspend'], true, 'no dumps are copied by the schedule')]
        : [],
  },
  {
    id: 'offsite-encryption',
    level: 'warning',
    source: 'https://rclone.org/crypt/',
    rule: 'Copies are encrypted before they leave the pod.',
    because:
      'Each reader of the bucket can read the whole database: its provider, and the owner or finder of any key that ' +
      'may read. Encryption by the provider does not help against a key.',
    remedy:
      'Use OffsiteEncryption.crypt(password, salt), with another prefix than that of unencrypted copies, and ' +
      'keep the password and the salt outside of the cluster.',
    check: (manifest) => {
      const copy = copyWorkload(manifest);
      return copy === undefined || copy.place.isEncrypted
        ? []
        : [violation(['spec', 'jobTemplate'], copy.place.path, 'the copies in it are not encrypted')];
    },
  },
  {
    id: 'offsite-schedule',
    level: 'warning',
    rule:
      'A copy begins soon after a dump is complete: half an hour or more after the backup begins, and not just ' +
      'before it.',
    because:
      'Otherwise it copies the dump before that one, and the newest dump waits for the next run: what a fire ' +
      'leaves is older by up to a whole interval, and nothing fails.',
    remedy: 'Begin an hour or two after the backup.',
    check: (manifest, { manifests }) => {
      const copy = copyWorkload(manifest);
      const backup = copy && backupsOf(manifests).get(dumpsOf(copy));
      if (copy === undefined || backup === undefined || copy.isSuspended) return [];
      const late = oldestCopied(copy, backup);
      return late === undefined
        ? []
        : [
            violation(
              ['spec', 'schedule'],
              copy.schedule,
              `the run of ${new Date(late.run).toISOString().slice(11, 16)} UTC copies a dump that was begun ` +
                `${hours(late.age)} before, since ${backup.manifest.name} runs by "${backup.schedule}" in ${backup.timeZone}`,
            ),
          ];
    },
  },
  {
    id: 'offsite-proven',
    level: 'warning',
    rule: 'Copies have a template that restores them, and a drill that proves that it can.',
    because:
      'A copy counts when it was restored. On the day on which it is needed the NAS is gone, and with it the time to ' +
      'find out that a password, a right or a network policy is wrong.',
    remedy: 'Add a RestoreJob and a RestoreDrill with offsite: the target of the copy.',
    check: (manifest, { manifests }) => {
      const copy = copyWorkload(manifest);
      if (copy === undefined) return [];
      const found = usersOf(manifests).get(placeOf(manifest, copy.place));
      const missing = (component: 'restore' | 'drill', why: string): Violation[] =>
        found?.has(component) ? [] : [violation(['metadata', 'name'], manifest.name, why)];
      return [
        ...missing('restore', 'no RestoreJob restores its copies, and without the NAS nothing does'),
        ...missing('drill', 'no RestoreDrill proves its copies'),
      ];
    },
  },
];

/** The backups without copies, by claim, and by name within it. */
const uncopiedOf = oncePerTree((manifests) => {
  const copied = new Set(
    manifests
      .map(copyWorkload)
      .filter((copy) => copy !== undefined)
      .map(dumpsOf),
  );
  const uncopied = new Map<string, Manifest[]>();
  for (const backup of manifests.map(backupWorkload)) {
    if (backup === undefined || copied.has(dumpsOf(backup))) continue;
    const group = uncopied.get(claimOf(backup));
    if (group === undefined) uncopied.set(claimOf(backup), [backup.manifest]);
    else group.push(backup.manifest);
  }
  for (const group of uncopied.values()) group.sort((a, b) => (a.name < b.name ? -1 : 1));
  return uncopied;
});
/** The backup of each folder of dumps; the first if there are several. */
const backupsOf = oncePerTree((manifests) => {
  const found = new Map<string, BackupWorkload>();
  for (const backup of manifests.map(backupWorkload)) {
    if (backup !== undefined && !found.has(dumpsOf(backup))) found.set(dumpsOf(backup), backup);
  }
  return found;
});

/** The workloads that use the copies of each place. */
const usersOf = oncePerTree((manifests) => {
  const found = new Map<string, Set<string | undefined>>();
  for (const manifest of manifests) {
    const place = copyPlace(manifest);
    if (place === undefined) continue;
    const key = placeOf(manifest, place);
    found.set(key, (found.get(key) ?? new Set()).add(componentOf(manifest)));
  }
  return found;
});

type Dumps = Pick<BackupWorkload, 'manifest' | 'claim' | 'folder'>;

function claimOf({ manifest, claim }: Omit<Dumps, 'folder'>): string {
  return `${manifest.namespace}/${claim}`;
}

function dumpsOf({ manifest, claim, folder }: Dumps): string {
  return JSON.stringify([manifest.namespace, claim, folder]);
}

function placeOf({ namespace }: Manifest, { endpoint, path }: CopyPlace): string {
  return JSON.stringify([namespace, endpoint, path]);
}

/** The run whose newest dump is the oldest, if that dump is older than the schedules make necessary. */
function oldestCopied(copy: CopyWorkload, backup: BackupWorkload): { run: number; age: number } | undefined {
  const calendar = Schedule.of(backup.schedule, backup.timeZone);
  const dumps = calendar?.runs(BEGIN - 7 * DAY, END, MOST_RUNS) ?? [];
  const runs = Schedule.of(copy.schedule, copy.timeZone)?.runs(BEGIN, END, MOST_RUNS) ?? [];
  let oldest: { run: number; age: number } | undefined;
  let index = -1;
  for (const run of runs) {
    const former = index;
    while (index + 1 < dumps.length && dumps[index + 1]! + DUMPING <= run) index++;
    // An earlier run has already copied this dump.
    if (index === former || index < 0) continue;
    const age = run - dumps[index]!;
    if (oldest === undefined || age > oldest.age) oldest = { run, age };
  }
  if (oldest === undefined || calendar === undefined) return undefined;
  return oldest.age > Math.max(FRESH, calendar.longestInterval / 2) ? oldest : undefined;
}

function hours(span: number): string {
  const count = Math.floor(span / HOUR);
  return count >= 48 ? `${Math.floor(span / DAY)} days` : count === 1 ? '1 hour' : `${count} hours`;
}
