import { RestoreSessions } from '../restore/restore-job';
import type { RunbookFacts } from './facts';
import { Commands } from './commands';
import { paragraphs, sh, table } from './markdown';

/** Restoring where the database is, and going back. */
export function restoreSection(runbook: RunbookFacts): string {
  const commands = new Commands(runbook);
  const { title, setupJobs = [] } = runbook.service.options;
  const { name: database } = runbook.backup.database;
  return paragraphs(
    '## 5. Restore in place',
    `A dump is loaded into a database beside \`${database}\` and proven; then the two exchange their names in ` +
      'one transaction. Whatever fails before that, ' +
      `or is killed, leaves \`${database}\` as it was. What ${title} writes between the dump and the exchange ` +
      'is in the former database only.',
    choice(runbook, commands),
    '### 5.1 Rehearse',
    `Loads and proves, then drops what was loaded. ${title} is not touched.`,
    sh(`before=${moment(commands)}`, ...commands.restore('rehearse', 'RESTORE_BEFORE="$before"')),
    `### 5.2 Restore, while ${title} serves until the last moment`,
    'Load and prove. If this fails, nothing has happened; the log says what to do.',
    sh(commands.nameDump(), ...commands.restore('prepare', 'RESTORE_DUMP="$dump"')),
    commands.isQuiesced
      ? 'Suspend what would fight.'
      : `Suspend what would fight, and stop ${title}. Remember the number that is printed: ` +
          'where it is 0, somebody has stopped it before, and Git knows the number.',
    sh(...commands.stop()),
    sessions(runbook),
    sh(...commands.restore('cutover')),
    setupJobs.length === 0
      ? `Resume, and start ${title}:`
      : `Resume, run the setup of ${title} again and start it. \`--force\` makes Helm upgrade without a change, ` +
          'and the upgrade runs its hooks, ' +
          `${setupJobs.map((job) => `\`job/${job}\``).join(' and ')}; their logs say why, where one fails.`,
    sh(...commands.start()),
    'Then verify: section 8.2.',
    `### 5.3 Restore, when ${title} must not write any more`,
    'The same, stopped first and in one Job:',
    sh(...commands.stop(true)),
    sh(commands.nameDump(), ...commands.restore('restore', 'RESTORE_DUMP="$dump"')),
    sh(...commands.start(true)),
    '### 5.4 Go back',
    'To the newest database from before, which is closed to connections, and there as long as it is not ' +
      `dropped; each restore keeps ${runbook.restore.keepPrevious} of them. ` +
      'To go forward again, do the same once more.',
    sh(...commands.stop()),
    sh(...commands.restore('undo')),
    sh(...commands.start()),
    '### 5.5 Free the space of the databases from before',
    'After this there is no way back but another restore.',
    sh(...commands.restore('drop-previous')),
  );
}

function choice({ secrets }: RunbookFacts, commands: Commands): string {
  const fingerprinted = secrets._all.filter(({ _options }) => _options.sameAsDump).map((secret) => `${secret}`);
  return paragraphs(
    'The newest verified dump is taken unless a variable chooses. Several of them go into one command, with ' +
      'spaces between.',
    table(
      ['Variable', 'What it chooses'],
      [
        [`\`RESTORE_DUMP=${commands.exampleDump}\``, 'a dump by name, also one that was never verified'],
        [`\`RESTORE_BEFORE=${moment(commands)}\``, 'the newest verified one at or before a time in UTC'],
        ['`RESTORE_SHA256=…`', 'refuse a dump with another checksum'],
        [
          '`RESTORE_IGNORE=secrets`',
          'restore although secrets are not ' +
            `right${fingerprinted.length > 0 ? `, or ${fingerprinted.join(' and ')} is not that of the dump` : ''}`,
        ],
        ['`RESTORE_IGNORE=space`', 'restore although the server seems to lack the room for a second copy'],
        [
          '`RESTORE_IGNORE=rights`',
          'restore what the role may, without the event triggers and publications that only a superuser creates',
        ],
        [
          '`RESTORE_IGNORE=proof`',
          'go on although objects, rows or contents are not those of the dump; the log names them',
        ],
        [
          '`RESTORE_IGNORE=replication`',
          'exchange the names although replication slots or subscriptions stay with the database from before',
        ],
      ],
    ),
  );
}

/** A time of day after the dump of the example. */
function moment({ exampleDump }: Commands): string {
  const [, year, month, day] = /(\d{4})(\d\d)(\d\d)-\d{6}$/.exec(exampleDump)!;
  return `${year}-${month}-${day}T08:00:00Z`;
}

function sessions({ restore, service, backup }: RunbookFacts): string {
  if (restore.quiesce !== undefined) {
    return `Cut over. The Job scales \`deployment/${restore.quiesce.deployment}\` to 0 and back by itself.`;
  }
  const wait =
    `Cut over. The Job waits until nobody is connected to \`${backup.database.name}\`, ` +
    `${restore.sessionsTimeout.toHumanString()} at most, and names who is.`;
  switch (restore.sessions) {
    case RestoreSessions.WAIT:
      return wait;
    case RestoreSessions.DISCONNECT:
      return (
        `Cut over. Sessions that are left are ended; a ${service.options.title} that still runs goes on in the ` +
        'restored database.'
      );
    case RestoreSessions.REFUSE:
      return 'Cut over. The Job fails while anybody is connected, and names who is.';
  }
}
