import { DrillPick } from '../drill/restore-drill';
import type { RunbookFacts } from './facts';
import { Commands, FOLLOWING, TIMED_OUT } from './commands';
import { checklist, paragraphs, sh, table } from './markdown';
import { kustomizationObject } from './runbook-service';

/** Drill, checklists, suspending, a full storage, and Flux. */
export function operationSections(runbook: RunbookFacts): string[] {
  const commands = new Commands(runbook);
  return [
    drill(runbook, commands),
    verify(runbook, commands),
    suspend(runbook, commands),
    storageFull(runbook, commands),
    flux(runbook, commands),
  ];
}

function drill({ drill: { schedule, timeZone, pick, proof, keepEvidence } }: RunbookFacts, commands: Commands): string {
  const which =
    pick === DrillPick.NEWEST ? 'the newest verified dump' : 'the dump that was not drilled for the longest time';
  return paragraphs(
    '## 7. Drill',
    `On \`${schedule.expressionString}\` (${timeZone}) ${which} is restored into a server that lives in the pod ` +
      'of the drill. Production is not involved, and may be down.',
    '### One now',
    sh(...commands.drill()),
    '### One of a certain dump',
    sh(commands.nameDump(), ...commands.drill('RESTORE_DUMP="$dump"')),
    `The block ends with \`condition met\` for \`proven\` only. ${TIMED_OUT} ${FOLLOWING}`,
    'The log has the verdict and the reason:',
    table(
      ['Verdict', 'What it means'],
      [
        ['`proven`', `this dump can be restored${proof === undefined ? '' : `, and ${proof.key} opens it`}`],
        ['`failed`', 'it could not be restored, or a restore would be refused; the reason says what to do'],
        ...(proof === undefined
          ? []
          : [['`refuted`', `${proof.key} does not open what is in the dump: find the former value`]]),
        ['`inconclusive`', 'restored, but something could not be proven; the reason says what'],
      ],
    ),
    '### The evidence of the last drill',
    sh(...commands.restore('evidence')),
    '`lastProven.ended` is when a recovery was last proven, also while drills fail; `seconds.restore` is how ' +
      'long it took; `keys` is what opens what. ' +
      'Nothing in the dump can tell whether an `unproven` key is right, and nothing there needs an `unneeded` one. ' +
      `With \`RESTORE_DUMP\` it is the newest evidence of that dump. That of the last ${keepEvidence} drills is kept.`,
  );
}

function verify(
  { backup, restore, drill: { name: drillName }, service, kustomization }: RunbookFacts,
  commands: Commands,
): string {
  const { title, helmRelease } = service.options;
  const kustomizations = [service.options.kustomization, kustomization].map(kustomizationObject);
  const [setup, ...well] = commands.isWell();
  return paragraphs(
    '## 8. Verify',
    '### 8.1 After a backup',
    checklist(
      [
        'Its Job is `Complete`:',
        commands.kubectl(`get jobs -l ${commands.label(backup.name)} --sort-by=.metadata.creationTimestamp`),
      ],
      [
        'The newest log ends with `complete and verified`:',
        commands.kubectl(`logs -l ${commands.label(backup.name)} --tail=1 --prefix`),
      ],
      ['The list has it, verified and with the same secrets:', ...commands.restore('list')],
    ),
    '### 8.2 After a restore',
    checklist(
      ['What was restored, when and from which dump:', ...commands.restore('restores')],
      ...(setup!.length === 0 ? [] : [[`The setup of ${title} has completed:`, ...setup!] as [string, ...string[]]]),
      [`All pods of ${title} are ready:`, ...well[0]!],
      [`${title} says that it is ready:`, ...well[1]!],
      [
        'Nothing is suspended any more; each line is empty or `false`:',
        ...kustomizations.map(({ name, namespace }) =>
          commands.isSuspended('kustomization.kustomize.toolkit.fluxcd.io', name, namespace),
        ),
        ...(helmRelease === undefined ? [] : [commands.isSuspended('helmrelease.helm.toolkit.fluxcd.io', helmRelease)]),
        commands.isSuspended('cronjob', backup.name),
      ],
    ),
    `Then let a person use ${title}: sign in, and look for what should be there.`,
    '### 8.3 Every week',
    checklist(
      ['The last drill has proven a dump of this week:', ...commands.restore('evidence')],
      [
        'No Job has failed:',
        commands.kubectl(`get jobs -l 'app.kubernetes.io/instance in (${backup.name}, ${restore.name}, ${drillName})'`),
      ],
      ['The NAS has room for many more dumps, and what is held is needed:', ...commands.restore('usage')],
    ),
  );
}

function suspend({ backup, declaredIn, drill: { name } }: RunbookFacts, commands: Commands): string {
  return paragraphs(
    '## 9. Suspend backups',
    `Through Git, or not at all: the manifest always says \`suspend\`, and Flux reverts what \`kubectl patch\` ` +
      `has set. In \`${declaredIn}\`, with the reason beside it:`,
    ['```ts', '  // The NAS moves; until 2026-11-30.', '  suspend: true,', '```'].join('\n'),
    `on the \`BackupCronJob\` of \`${backup.name}\`, or the \`RestoreDrill\` of \`${name}\`. Synthesize, ` +
      'commit, let it be reviewed, and see that it has arrived:',
    sh(commands.isSuspended('cronjob', backup.name)),
    'A backup that is running goes on, and section 3 still works. Meanwhile no night is backed up, and only a ' +
      'backup on demand prunes: write down who takes the suspension back, and when' +
      `${backup.recoveryWindow === undefined ? '' : `, long before the ${backup.recoveryWindow.toDays()} days that one must be able to go back`}.`,
    'Afterwards:',
    sh(...commands.backup()),
  );
}

function storageFull({ backup, declaredIn, restore }: RunbookFacts, commands: Commands): string {
  return paragraphs(
    '## 10. The storage is full',
    'A backup that may not fit removes before it what the retention would remove after it, and nothing else. If ' +
      'that is not enough it fails: its unfinished dump is thrown away, ' +
      'and earlier dumps stay as they are. Nothing needs to be cleaned up. Look at the room, and at what takes it:',
    sh(...commands.restore('usage')),
    'Then, the first that helps:',
    `1. Somebody else's files on the same share: the file system is shared, and the claim's size is mostly not enforced.
2. Dumps that are held and need not be: end the hold, section 1. The next backup prunes them.
3. More room on the NAS. A larger \`size\` of the claim \`${backup.storage.claimName}\` alone does not make any.
4. Fewer dumps: a **smaller** \`retention\` in \`${declaredIn}\`, by a merge. Keeping more needs more room.`,
    'Do not remove dumps by hand, nor the files beside them. Then back up:',
    sh(...commands.backup()),
    'Where the volume of the database server is full, free the databases from before, section 5.5; ' +
      `\`${restore.name}\` says beforehand what it needs.`,
  );
}

function flux({ backup, restore, service, kustomization, namespace }: RunbookFacts, commands: Commands): string {
  const { title, helmRelease } = service.options;
  const served = kustomizationObject(service.options.kustomization);
  const ours = kustomizationObject(kustomization);
  return paragraphs(
    '## 11. Flux',
    table(
      ['Suspend', 'And this holds still'],
      [
        [
          `Kustomization \`${served.name}\``,
          'what Git says of ' +
            `${title}${helmRelease === undefined ? '' : ', and of its HelmRelease; the HelmRelease itself goes on'}`,
        ],
        ...(helmRelease === undefined
          ? []
          : [
              [
                `HelmRelease \`${helmRelease}\``,
                `upgrades of ${title}; where drift detection is on, also that its replicas are set back`,
              ],
            ]),
        [
          `Kustomization \`${ours.name}\``,
          `the manifests beside this page; backups go on, for \`${backup.name}\` is in the cluster`,
        ],
      ],
    ),
    'A restore needs the first of them suspended' +
      `${helmRelease === undefined ? '' : ', and the HelmRelease too'}: otherwise ${title} may be started again ` +
      'in the middle. It does not need the last one: Flux knows nothing of Jobs that were made from ' +
      `\`${restore.name}\`.`,
    '### Suspend',
    sh(...commands.flux('suspend')),
    '### Resume',
    sh(...commands.flux('resume')),
    '### What is suspended',
    sh(
      `flux get kustomizations -n ${served.namespace}`,
      ...(helmRelease === undefined ? [] : [`flux get helmreleases -n ${namespace}`]),
    ),
    '### Apply what is in Git, now',
    sh(`flux reconcile kustomization ${ours.name} -n ${ours.namespace} --with-source`),
    'Suspending is for hours and leaves no trace in Git: tell the others, and resume.',
  );
}
