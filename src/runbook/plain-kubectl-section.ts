import type { RunbookFacts } from './facts';
import { Commands, EXAMPLE_MOMENT } from './commands';
import { paragraphs, sh, table } from './markdown';
import type { Section } from './page';

/** The commands of the plugin with kubectl alone. */
export function plainKubectlSection(runbook: RunbookFacts): Section {
  const { backup, restore, drill, copies } = runbook;
  const commands = new Commands(runbook);
  return {
    id: 'plainKubectl',
    title: 'Without the plugin',
    body: () =>
      paragraphs(
        'The plugin makes a Job of a CronJob, with variables, and follows it. These commands do the same for `list`. ' +
          'For another command, change the name, the CronJob and the variables by the table. Without the plugin, a ' +
          'Job that changes the live database asks nothing first. If `wait` times out, look with `kubectl describe`. ' +
          'Start no second Job while the first Job runs:',
        sh(
          'job=list-$(date -u +%Y%m%d-%H%M%S)',
          commands.kubectl(`create job "$job" --from=cronjob/${restore.name} --dry-run=client -o yaml |`),
          '  kubectl set env --local -f - RESTORE_ACTION=list -o yaml |',
          '  kubectl create -f -',
          `until ${commands.kubectl('logs -f "job/$job"')}; do sleep 2; done`,
          commands.kubectl('wait --for=condition=complete --timeout=1m "job/$job"'),
        ),
        table(
          ['Command', 'CronJob', 'Variables'],
          [
            ['`backup`', `\`${backup.name}\``, '`BACKUP_HOLD=P30D` `BACKUP_LABEL=before-change`'],
            ...(drill === undefined
              ? []
              : [
                  [
                    '`drill`',
                    `\`${drill.name}\``,
                    '`RESTORE_DUMP`, `RESTORE_BEFORE`; `logs` with `-c restore`, then `-c drill`',
                  ],
                ]),
            ...(copies === undefined
              ? []
              : [
                  ['`copy`', `\`${copies.copy.name}\``, '`logs` with `-c copy`, then `-c offsite`'],
                  ...(copies.drill === undefined
                    ? []
                    : [['`drill --from offsite`', `\`${copies.drill.name}\``, 'as for `drill`, and `OFFSITE_AT`']]),
                  [
                    'any other `--from offsite`',
                    `\`${copies.restore.name}\``,
                    `as below, and \`OFFSITE_AT=${EXAMPLE_MOMENT}\`; \`logs\` with \`-c fetch\`, then \`-c restore\``,
                  ],
                ]),
            [
              'any other, `rehearse`',
              `\`${restore.name}\``,
              '`RESTORE_ACTION=` and the command; `RESTORE_DUMP`, `RESTORE_BEFORE`, `RESTORE_SHA256`, ' +
                '`RESTORE_SESSIONS=disconnect`, `RESTORE_IGNORE="secrets space"`, `RESTORE_HOLD=P30D`',
            ],
          ],
        ),
      ),
  };
}
