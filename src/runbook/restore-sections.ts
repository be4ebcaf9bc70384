import { RestoreSessions } from '../restore/restore-job';
import type { RunbookFacts } from './facts';
import { Commands, EXAMPLE_MOMENT } from './commands';
import { paragraphs, sentence, sh, words } from './markdown';
import type { Section } from './page';

/** The restore in place, and the way back. */
export function restoreSections(runbook: RunbookFacts): Section[] {
  const commands = new Commands(runbook);
  return [
    restore(runbook, commands),
    stopFirst(runbook, commands),
    undo(runbook, commands),
    ...(runbook.restore.sessions === RestoreSessions.DISCONNECT ? [] : [sessions(runbook, commands)]),
  ];
}

function restore({ backup, service }: RunbookFacts, commands: Commands): Section {
  const { title, setupJobs = [] } = service.options;
  const database = backup.database.name;
  return {
    id: 'restore',
    title: 'Restore',
    body: (see) =>
      paragraphs(
        `A restore loads a dump into a database beside \`${database}\` and proves it. Then the two exchange their names ` +
          `in one transaction. A restore that fails before that leaves \`${database}\` as it was. The writes of ${title} ` +
          `since the dump stay in the former database, which ${see('undo')} brings back. Look at the list first. ` +
          'Then rehearse: that loads and proves a dump, and drops it again:',
        sh(commands.pgbackup('list'), commands.pgbackup(`restore --rehearse --before ${EXAMPLE_MOMENT}`)),
        '`VERIFIED` is `yes` for dumps that were read back to their end. `SECRETS` is `other` for dumps that a ' +
          'restore ' +
          "would refuse, since today's secrets are not those of the dump. `restore` takes the newest verified dump: " +
          "last night's, unless a backup followed. These options take another dump:",
        `- \`--yesterday\`: the newest verified dump of yesterday or before, in UTC; a dump of last night that began after midnight is not one of them
- \`--before ${EXAMPLE_MOMENT}\`: the newest verified dump at or before a moment, in UTC
- \`--dump ${commands.exampleDump}\`: any dump of the list, also an unverified one`,
        (commands.isQuiesced
          ? `The Job scales ${title} to 0 for the exchange, and back.`
          : `\`--disconnect\` ends the sessions of ${title} at the exchange; it reconnects to what was restored.`) +
          (setupJobs.length === 0
            ? ''
            : ` If ${title} was upgraded since the dump, its setup must run again: take ${see('stopFirst')}.`) +
          ' A restore that refuses says why. `--ignore` with the word of that message goes on all the same: ' +
          '`secrets`, ' +
          `\`space\`, \`rights\`, \`proof\` or \`replication\`. Afterwards verify (${see('verify')}):`,
        exchange(commands, `restore --before ${EXAMPLE_MOMENT}`),
      ),
  };
}

/** An exchange of the names while the service runs, and what has to be done around it. */
function exchange(commands: Commands, command: string): string | undefined {
  return commands.isQuiesced
    ? sh(...commands.hold(), commands.pgbackup(command), ...commands.letGo())
    : sh(commands.pgbackup(`${command}${commands.disconnect}`), ...commands.restart());
}

function stopFirst({ service }: RunbookFacts, commands: Commands): Section {
  const { title, setupJobs = [] } = service.options;
  const stop = commands.stop();
  const start = commands.start();
  const hasReplicas = service.workload !== undefined;
  return {
    id: 'stopFirst',
    title: 'Data is being corrupted now',
    body: (see) =>
      paragraphs(
        `Stop ${title}, so that no more data is damaged${stop.length === 0 ? '.' : ', and note the output'}` +
          (hasReplicas
            ? '. If the last number is 0, another person has stopped it before: look up the number in Git:'
            : stop.length === 0
              ? ''
              : ':'),
        sh(...stop),
        'Back up the damaged database, for what is still right in it. That dump is now the newest, so choose an ' +
          'earlier dump with `--before`, in UTC, or `--dump`. Restore the data from before the damage:',
        sh(
          commands.pgbackup('backup --hold P30D --label corrupted'),
          commands.pgbackup(`restore --before ${EXAMPLE_MOMENT}`),
        ),
        `If an upgrade did the damage, revert it in Git first: the start applies the state of Git. Start ${title}` +
          (setupJobs.length === 0
            ? ''
            : `. ${words(setupJobs.map((job) => `\`job/${job}\``))} run again; if one fails, its log says why`) +
          `. Then verify (${see('verify')})${start.length === 0 ? '.' : ':'}`,
        sh(...start),
      ),
  };
}

function undo({ restore: { keepPrevious }, service }: RunbookFacts, commands: Commands): Section {
  const { title, setupJobs = [] } = service.options;
  return {
    id: 'undo',
    title: 'Go back',
    body: (see) =>
      paragraphs(
        '`undo` exchanges the live database with the newest former database, which is closed to connections. The ' +
          'writes since the restore stay in the database that it replaces; a second `undo` goes forward again. ' +
          `Each restore keeps ${keepPrevious} of the former databases. \`drop-previous\` drops them: that frees their ` +
          'space on the server, and leaves no way back but another restore. ' +
          (setupJobs.length === 0
            ? 'To go back:'
            : `If ${title} was upgraded in between, stop and start it as in ${see('stopFirst')}. Otherwise:`),
        exchange(commands, 'undo'),
      ),
  };
}

function sessions({ restore: template, service, backup }: RunbookFacts, commands: Commands): Section {
  const { title } = service.options;
  const database = backup.database.name;
  const limit = template.sessionsTimeout.toHumanString();
  const ofTemplate = `-l ${commands.label(template.name)}`;
  return {
    id: 'sessions',
    title: 'A restore waits for sessions',
    body: (see) =>
      paragraphs(
        `The dump is loaded and proven, and \`${database}\` is still in use. Nothing is lost: ` +
          `\`${database}\` serves on` +
          (template.sessions === RestoreSessions.REFUSE
            ? ', and what was proven stays for `cutover`.'
            : `. After ${limit} the Job fails, and what was proven stays for \`cutover\`.`) +
          ' The log names the sessions by role, address, program and pid. A session that is not of a pod of ' +
          `${title} is that of a person or another program:`,
        sh(commands.kubectl(`logs ${ofTemplate} --tail=12 --prefix`)),
        `**Stop ${title}** if the sessions are its own and it must not write any more` +
          (commands.stop().length === 0
            ? '. The waiting Job goes on by itself. Then start it.'
            : `. Use the first block of ${see('stopFirst')}. The waiting Job goes on by itself. Then start it with the ` +
              'last block there.'),
        '**Or disconnect them.** Their open transactions are rolled back. Their writes since the dump are in the ' +
          'former ' +
          `database only. ${sentence(title)} reconnects. A person, or another program that writes, gets an error and ` +
          'may have to begin again. If a terminal still follows the waiting Job, press Ctrl-C there first. These ' +
          'commands print the name of that Job, delete it, and exchange the live database with what it has proven:',
        sh(
          'job=$(' +
            commands.kubectl(
              `get jobs ${ofTemplate} --field-selector=status.successful=0 ` +
                `--sort-by=.metadata.creationTimestamp -o name`,
            ) +
            ' | grep -E \'/(restore|cutover|undo)-\' | tail -n 1); echo "$job"',
          commands.kubectl('delete "$job"'),
          commands.pgbackup('cutover --disconnect'),
          ...commands.restart(),
        ),
      ),
  };
}
