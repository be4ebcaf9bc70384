import { STORAGE_PATH } from '../workload/hardened-pod';
import type { RunbookFacts } from './facts';
import { Commands, FOLLOWING, TIMED_OUT } from './commands';
import { paragraphs, sh, table } from './markdown';

/** What to do before a large change, what is in a dump, and how to make, list and read dumps. */
export function backupSections(runbook: RunbookFacts): string[] {
  const commands = new Commands(runbook);
  return [largeChanges(runbook, commands), scope(runbook), backUpNow(runbook, commands), dumps(runbook, commands)];
}

function largeChanges({ namespace, backup, drill, service }: RunbookFacts, commands: Commands): string {
  return paragraphs(
    '## 1. The namespace, and large changes',
    `The namespace \`${namespace}\` is long-lived and not ours: nothing here creates it, and nobody may delete ` +
      'it. With it would go the claim ' +
      `\`${backup.storage.claimName}\` and, where its storage class deletes volumes, every dump.`,
    `A large change is one that a restore may have to undo: a new version of ${service.options.title} or of ` +
      'PostgreSQL, a move, another ' +
      'storage class, a mass change of the data. Before it:',
    `1. Take a dump on purpose, which is held, so that no retention removes it; its name is in the log of the backup.
2. Drill that dump: section 7, with \`RESTORE_DUMP\`.
3. Change by a merge in Git. If something must hold still meanwhile: section 11.
4. Verify: section 8.2. Then end the hold, or let it end by itself.`,
    '### Take a dump on purpose',
    'Say in `BACKUP_LABEL` what it is for: up to 63 letters, digits, `.`, `_` and `-`. `BACKUP_HOLD` says for ' +
      'how long it is held, in days, weeks or hours: ' +
      '`P30D`, `P4W` or `PT12H`.',
    sh(...commands.backup('BACKUP_HOLD=P30D', 'BACKUP_LABEL=before-large-change')),
    'The log ends with the name of the dump, its label, and until when it is held. `list` in section 4 shows both.',
    '### Hold an existing dump',
    'For as long as `RESTORE_HOLD` says; without it, until the hold is ended. The log names every hold of the ' +
      'dump, and its end.',
    sh(commands.nameDump(), ...commands.restore('hold', 'RESTORE_DUMP="$dump"', 'RESTORE_HOLD=P30D')),
    'A dump that does not exist is not held, and the block does not end with `condition met`.',
    '### End the hold',
    'A restore or a drill that needs the dump at that moment goes on holding it.',
    sh(commands.nameDump(), ...commands.restore('release', 'RESTORE_DUMP="$dump"')),
    `A new major version of the server needs its image in \`${backup.name}\`, \`${drill.name}\` and the restore ` +
      'at the same time: tools of another major ' +
      'version refuse to work, and say so.',
  );
}

function scope({ backup, secrets, notBackedUp }: RunbookFacts): string {
  const { database, storage, schedule, timeZone, retention, recoveryWindow, excludeTableData } = backup;
  const left = excludeTableData.map((name) => `\`${name.schema}.${name.table}\``).join(', ');
  const size = storage.size === undefined ? '' : ` (${storage.size.asString()})`;
  return paragraphs(
    '## 2. What is backed up, and what is not',
    table(
      ['What', 'Here'],
      [
        [
          'Database',
          `\`${database.name}\` on \`${database.host}:${database.port}\`, with its owner, grants and ` +
            `settings${left && `, without the rows of ${left}`}`,
        ],
        ['Roles', 'all roles of the server with their memberships, without passwords'],
        [
          'When',
          `\`${schedule.expressionString}\`, ${timeZone}${backup.suspend ? '; **suspended at the moment**' : ''}`,
        ],
        [
          'Kept',
          `${retention}` +
            (recoveryWindow === undefined ? '' : `; one must be able to go back ${recoveryWindow.toDays()} days`),
        ],
        [
          'Where',
          `claim \`${storage.claimName}\`${size}, folder \`${backup.folder}\`, in pods ` +
            `\`${STORAGE_PATH}/${backup.folder}\`; files belong to user ${database.image.uid}`,
        ],
        ['Tools', `\`${database.image.image}\``],
      ],
    ),
    'Not backed up:',
    table(
      ['What', 'Because'],
      [
        ...notBackedUp.map(({ what, because }) => [what, because]),
        ['What is written after the newest dump', 'dumps are taken at times; back up now before what may go wrong'],
        ['Passwords of roles', 'no secret is written to the NAS; section 6 sets them again'],
        ['Secrets', `${secrets._all.length} of them must be kept elsewhere: the table in section 6`],
      ],
    ),
  );
}

function backUpNow({ backup }: RunbookFacts, commands: Commands): string {
  return paragraphs(
    '## 3. Back up now',
    'Also while the schedule is suspended. It waits for a backup that is running.',
    sh(...commands.backup()),
    `The log ends with \`complete and verified\`, the block with \`condition met\`. ${TIMED_OUT} ${FOLLOWING}`,
    'With status 3 the dump is there and verified, but a restore of it would fail: secrets are not right, or ' +
      'the role that restores lacks a right. The log says which.',
    'The backups of the last nights, and what the newest have said:',
    sh(
      commands.kubectl(`get jobs -l ${commands.label(backup.name)} --sort-by=.metadata.creationTimestamp`),
      commands.kubectl(`logs -l ${commands.label(backup.name)} --tail=3 --prefix`),
    ),
  );
}

function dumps({ restore }: RunbookFacts, commands: Commands): string {
  return paragraphs(
    '## 4. Dumps',
    `All that follows uses \`cronjob/${restore.name}\`, a template that is always suspended and never runs by itself.`,
    '### List them',
    sh(...commands.restore('list')),
    '`VERIFIED` is `yes` for dumps that were read back to their end and have a checksum. `SECRETS` is `same` ' +
      "where today's secrets are those of the dump, " +
      '`other` where a restore would refuse. `HELD UNTIL` is when the last hold ends, `released` where a person ' +
      'has to end it.',
    '### Read all of them, and compare their checksums',
    sh(...commands.restore('verify')),
  );
}
