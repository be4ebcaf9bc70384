import { DrillPick } from '../drill/restore-drill';
import type { RunbookFacts } from './facts';
import { Commands } from './commands';
import { keysOfDumps } from './key-section';
import { paragraphs, sh, table, words } from './markdown';
import type { Section } from './page';

/** A backup or drill that failed, and a full storage. */
export function failureSections(runbook: RunbookFacts): Section[] {
  const commands = new Commands(runbook);
  return [backupFailed(runbook, commands), ...drill(runbook, commands), storageFull(runbook, commands)];
}

/** The tasks without an incident: a large change, checklists, suspending. */
export function routineSections(runbook: RunbookFacts): Section[] {
  const commands = new Commands(runbook);
  return [largeChange(runbook, commands), verify(runbook, commands), suspend(runbook, commands)];
}

function backupFailed(runbook: RunbookFacts, commands: Commands): Section {
  const { copies } = runbook;
  return {
    id: 'backup',
    title: 'A backup has failed',
    body: (see) =>
      paragraphs(
        'Earlier dumps are as they were. With status 3 the dump is stored and verified, but a restore of it would ' +
          'fail: secrets are wrong' +
          (keysOfDumps(runbook).length === 0 ? '' : ` (${see('key')})`) +
          ', or the restoring role lacks a right. The last lines of the log say why, and what to do. Then back up. ' +
          'This works while the schedule is suspended, too, and waits for a running backup:',
        sh(
          commands.kubectl(`logs -l ${commands.label(runbook.backup.name)} --tail=5 --prefix`),
          commands.pgbackup('backup'),
        ),
        ...(copies === undefined
          ? []
          : [
              'A copy to the bucket that failed leaves what the bucket has as it is, and the next run goes on. With ' +
                'status 3 all is copied, but secrets are not right. The log says why; then copy:',
              sh(
                commands.kubectl(`logs -l ${commands.label(copies.copy.name)} -c offsite --tail=5 --prefix`),
                commands.pgbackup('copy'),
              ),
            ]),
      ),
  };
}

function drill({ drill: of, copies }: RunbookFacts, commands: Commands): Section[] {
  if (of === undefined) return [];
  const { schedule, timeZone, pick, proof, keepEvidence } = of;
  return [
    {
      id: 'drill',
      title: 'A drill, and one that failed',
      body: (see) =>
        paragraphs(
          `On \`${schedule.expressionString}\` (${timeZone}) ` +
            (pick === DrillPick.NEWEST
              ? 'the newest verified dump'
              : 'the dump that was not drilled for the longest time') +
            ' is restored into a server in the pod of the drill. Production is not involved, and may be down. ' +
            `${commands.inline('evidence')} shows the last drill. Its \`lastProven\` has the time and the seconds of the ` +
            'last proven restore, even if later drills have failed. ' +
            `${commands.inline('drill')} starts another drill` +
            `${copies?.drill === undefined ? '' : `, and ${commands.inline('drill --from offsite')} a drill of the newest copy in the bucket`}. ` +
            `The evidence of ${keepEvidence} drills is kept.`,
          table(
            ['Verdict', 'What it means'],
            [
              ['`proven`', `this dump can be restored${proof === undefined ? '' : `, and ${proof.key} opens it`}`],
              ['`failed`', 'it could not be restored, or a restore would refuse; the reason says what to do'],
              ...(proof === undefined
                ? []
                : [
                    [
                      '`refuted`',
                      `${proof.key} does not open the dump: ` +
                        `${proof.key._options.sameAsDump ? see('key') : 'find the former value'}`,
                    ],
                  ]),
              ['`inconclusive`', 'restored, but something could not be proven; the reason says what'],
            ],
          ),
        ),
    },
  ];
}

function storageFull({ backup, declaredIn }: RunbookFacts, commands: Commands): Section {
  return {
    id: 'storageFull',
    title: 'The storage is full',
    body: (see) =>
      paragraphs(
        'A backup that may not fit first prunes the dumps that it would prune afterwards. If that is not enough, it ' +
          `fails and leaves earlier dumps as they are: you need not clean up. ${commands.inline('usage')} shows the ` +
          'space, and what takes it. Remove neither dumps by hand nor the files beside them. Take the first step ' +
          `that helps, and then back up again (${see('backup')}):`,
        `1. Remove other files from the same share: its file system is shared, and the claim's size is mostly not enforced.
2. \`release\` dumps that need not be held (${see('largeChange')}). The next backup prunes them.
3. Enlarge the share on the NAS. A larger \`size\` of the claim \`${backup.storage.claimName}\` alone does nothing.
4. Keep fewer dumps: a **smaller** \`retention\`${declaredIn === undefined ? '' : ` in \`${declaredIn}\``}, by a ` +
          `merge. Keeping more needs more room.`,
      ),
  };
}

function largeChange(
  { namespace, backup, restore, drill: of, service, guard }: RunbookFacts,
  commands: Commands,
): Section {
  const images = [backup.name, ...(of === undefined ? [] : [of.name]), restore.name].map((name) => `\`${name}\``);
  return {
    id: 'largeChange',
    title: 'Before a large change',
    body: (see) =>
      paragraphs(
        `A restore may have to undo a large change: a new version of ${service.options.title} or of ` +
          'PostgreSQL, a move, another storage class. Take a dump and hold it: no retention removes it for ' +
          `30 days${of === undefined ? '' : '. Drill it'}. Change by a merge in Git, and verify (${see('verify')}). ` +
          `A new major version of the server needs its image in ${words(images)} at the same time: tools of another ` +
          'major version refuse to work, and say so.',
        `The namespace \`${namespace}\` is long-lived, and nothing here creates it. Do not delete it: the claim ` +
          `\`${backup.storage.claimName}\` would go with it and, if its storage class deletes volumes, every dump. ` +
          (guard === undefined
            ? ''
            : `\`${guard}\` refuses to delete the namespace, the claim and the database, and says how to delete them ` +
              `on purpose. \`kubectl delete namespace ${namespace} --dry-run=server\` proves that. `) +
          'A hold ends by itself. These commands also hold and release a dump by name:',
        sh(
          commands.pgbackup('backup --hold P30D --label before-change'),
          ...(of === undefined ? [] : [commands.pgbackup('drill')]),
          commands.pgbackup(`hold --dump ${commands.exampleDump} --for P30D`),
          commands.pgbackup(`release --dump ${commands.exampleDump}`),
        ),
      ),
  };
}

function verify({ service }: RunbookFacts, commands: Commands): Section {
  const { title, probe, setupJobs = [], readiness } = service.options;
  const suspensions = commands.suspensions();
  const up = [
    ...(setupJobs.length === 0 ? [] : ['its setup has completed']),
    ...(service.workload === undefined ? [] : ['its pods are ready']),
    ...(readiness === undefined ? [] : ['it says that it is ready']),
  ];
  return {
    id: 'verify',
    title: 'Verify',
    body: () =>
      paragraphs(
        `After a backup, and every week, ${commands.inline('status')} must be green, with status 0. After a restore, ` +
          `check what was restored${up.length === 0 ? '' : `. Check that ${title} is up: ${words(up)}`}. Check that ` +
          'nothing is suspended any more: ' +
          `${suspensions.length === 1 ? 'the last line is' : `the last ${suspensions.length} lines are`} empty ` +
          'or `false`:',
        sh(commands.pgbackup('restores'), ...commands.isUp(), ...suspensions),
        ...(probe === undefined
          ? []
          : [
              `Prove that ${title} works, and is not only up. Let a person use it, too:`,
              sh(probe.command.trimEnd()),
              probe.answers &&
                table(
                  ['Answer', 'What it means'],
                  probe.answers.map(({ answer, means }) => [`\`${answer}\``, means]),
                ),
            ]),
      ),
  };
}

function suspend(runbook: RunbookFacts, commands: Commands): Section {
  const { backup, declaredIn, drill: of, delivery, service, restore } = runbook;
  const { title } = service.options;
  const construct =
    `on the \`BackupCronJob\` of \`${backup.name}\`` +
    (of === undefined ? '' : `, or the \`RestoreDrill\` of \`${of.name}\``);
  const byHand =
    delivery._appliers.length === 0
      ? '`kubectl patch` holds until the next `kubectl apply`'
      : 'the next reconcile reverts `kubectl patch`';
  return {
    id: 'suspend',
    title: 'Suspend backups',
    body: (see) =>
      paragraphs(
        `Suspend through Git: the manifest always has \`suspend\`, and ${byHand}:`,
        `1. ${declaredIn === undefined ? 'Write' : `In \`${declaredIn}\`, write`} \`suspend: true\` ${construct}. Add ` +
          'the reason and the last day as a comment.\n' +
          '2. Synthesize, commit, have the change reviewed, and apply it. The last line says whether the backup is ' +
          'suspended now, `true` or `false`:',
        sh(...delivery._apply(), commands.isBackupSuspended()),
        'Until the suspension ends, only a backup on demand runs and prunes' +
          (backup.recoveryWindow === undefined
            ? ''
            : `. End it long before the ${backup.recoveryWindow.toDays()} days of the recovery window`) +
          `. It stops no restore: nothing in Git applies the Jobs of \`${restore.name}\`.`,
        service.delivery._appliers.length === 0
          ? undefined
          : `It does not keep ${title} stopped, either. For that, ${see('stopFirst')} suspends ` +
              `${words(service.delivery._appliers)}. Git does not show that suspension.`,
      ),
  };
}
