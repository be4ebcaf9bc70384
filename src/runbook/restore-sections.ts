import { RestoreSessions } from '../restore/restore-job';
import type { RunbookFacts } from './facts';
import { Commands, EXAMPLE_MOMENT } from './commands';
import { paragraphs, sentence, sh, words } from './markdown';
import type { Section } from './page';

/** Restoring where the database is, and going back. */
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
        `A dump is loaded into a database beside \`${database}\` and proven; then the two exchange their names ` +
          `in one ` +
          `transaction. Whatever fails before leaves \`${database}\` as it was. What ${title} has written since the ` +
          `dump stays in the former database, which ${see('undo')} brings back. Look first: the list, and a ` +
          `rehearsal, ` +
          'which loads and proves a dump and drops it again:',
        sh(commands.pgbackup('list'), commands.pgbackup(`restore --rehearse --before ${EXAMPLE_MOMENT}`)),
        '`VERIFIED` is `yes` for dumps that were read back to their end. `SECRETS` is `other` where a restore would ' +
          "refuse, since today's secrets are not those of the dump. `restore` takes the newest verified dump: last " +
          "night's, unless there was a backup since. To take another one:",
        `- \`--yesterday\`: the newest verified one of yesterday or before, in UTC; never that of last night where it was taken after midnight
- \`--before ${EXAMPLE_MOMENT}\`: the newest verified one at or before a moment, in UTC
- \`--dump ${commands.exampleDump}\`: any one of the list, also one that was never verified`,
        (commands.isQuiesced
          ? `The Job scales ${title} to 0 for the exchange, and back.`
          : `\`--disconnect\` ends the sessions of ${title} at the exchange; it reconnects to what was restored.`) +
          (setupJobs.length === 0
            ? ''
            : ` Where ${title} was upgraded since the dump, its setup must run again: take ${see('stopFirst')}.`) +
          ' A restore that refuses says why; `--ignore` and the word of its message go on all the same: `secrets`, ' +
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
        `Stop ${title}, so that nothing else is damaged${stop.length === 0 ? '.' : ', and remember what is printed'}` +
          (hasReplicas
            ? '. Where the last number is 0, another person has stopped it before: look into Git for the number:'
            : stop.length === 0
              ? ''
              : ':'),
        sh(...stop),
        'Back up what is there now, for what is right in it. It is the newest dump then, so say `--before`, in ' +
          'UTC, or `--dump`. ' +
          'Restore what was there before the damage began:',
        sh(
          commands.pgbackup('backup --hold P30D --label corrupted'),
          commands.pgbackup(`restore --before ${EXAMPLE_MOMENT}`),
        ),
        `Where an upgrade did the damage, take it back in Git first: starting fetches what Git says. Start ${title}` +
          (setupJobs.length === 0
            ? ''
            : `. ${words(setupJobs.map((job) => `\`job/${job}\``))} run again; where one fails, its log says why`) +
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
        'To the newest database from before, which is closed to connections. What was written since the restore ' +
          'stays ' +
          'in the one that it replaces; `undo` once more goes forward again. ' +
          `Each restore keeps ${keepPrevious} of the databases from before; \`drop-previous\` drops them, which ` +
          `frees ` +
          'their space on the server and leaves no way back but another restore. ' +
          (setupJobs.length === 0
            ? 'To go back:'
            : `Where ${title} was upgraded in between, stop and start it as in ${see('stopFirst')}. Otherwise:`),
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
          ' Who they are, by role, address, program and pid; what is not a pod of ' +
          `${title} is a person or another program:`,
        sh(commands.kubectl(`logs ${ofTemplate} --tail=12 --prefix`)),
        `**Stop ${title}**, if the sessions are its own and it must not write any more` +
          (commands.stop().length === 0
            ? '. The Job that waits goes on by itself; then start it.'
            : `: the first block of ${see('stopFirst')}. The Job that waits goes on by itself. Then start it: ` +
              `the last ` +
              'block there.'),
        '**Or disconnect them.** A transaction that they have open is rolled back. What they have written since the ' +
          `dump is in the former database only. ${sentence(title)} reconnects; a person, or another program ` +
          `that writes, ` +
          `gets an ` +
          'error and may have to begin again. This deletes the Job that waits, whose name it prints, and puts ' +
          'what it has proven ' +
          'into place. Where a terminal still follows that Job, press Ctrl-C there first:',
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
