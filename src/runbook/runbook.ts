import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { BackupCronJob } from '../backup/backup-cron-job';
import { Delivery } from '../delivery/delivery';
import { InvalidPropError } from '../errors';
import type { ExternalObject } from '../kubernetes/external-object';
import { checkName } from '../kubernetes/names';
import { checkExemption } from './exemption';
import type { RunbookFacts, RunbookProps } from './facts';
import { freshClusterSection } from './fresh-cluster-section';
import { incidents } from './incidents';
import { keySection } from './key-section';
import { paragraphs, sh, table } from './markdown';
import { checkCopies, offsiteSection } from './offsite-section';
import { failureSections, routineSections } from './operation-sections';
import { page, type See, type Section } from './page';
import { plainKubectlSection } from './plain-kubectl-section';
import { restoreSections } from './restore-sections';
import { externalObjects, RunbookService } from './runbook-service';
import { scopeSection } from './scope-section';

/**
 * The runbook of a backup: what to type in each situation. It takes its names from the other constructs, so that it
 * cannot go stale. `KustomizedApp` writes it beside the manifests, as `RUNBOOK.md`, together with the plugin that it
 * uses; neither is applied. A chart has one runbook. A section without a subject, e.g. a drill, is left out.
 */
export class Runbook extends Construct {
  private readonly facts: Omit<RunbookFacts, 'hasOtherBackups'>;
  private readonly title: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: RunbookProps) {
    super(scope, id);
    const { namespace } = Chart.of(this);
    const { backup, restore, secrets, drill, copies, service, server, delivery, guard, declaredIn } = props;
    const { notBackedUp = [] } = props;
    if (namespace === undefined) {
      throw new InvalidPropError(
        'runbook',
        this.node.path,
        'is in a chart without a namespace, and its commands need one',
        'Give the chart a namespace',
      );
    }
    if (restore.trigger.requestId !== undefined) {
      throw new InvalidPropError(
        'runbook.restore',
        restore.name,
        'is started by a merge, and the commands need a template',
        'Use a RestoreJob with RestoreTrigger.onDemand()',
      );
    }
    if (server !== undefined) {
      checkName('runbook.server', server);
    }
    if (copies !== undefined) {
      checkCopies(copies);
    }
    notBackedUp.forEach(checkExemption);
    this.title = props.title ?? `Runbook: ${service?.options.title ?? backup.database.name} in ${namespace}`;
    this.facts = {
      namespace,
      backup,
      restore,
      secrets,
      drill,
      copies,
      service: service ?? RunbookService.elsewhere({ title: 'the service' }),
      server,
      delivery: delivery ?? Delivery.kubectl(),
      guard,
      declaredIn,
      notBackedUp,
    };
  }

  /**
   * Every object that the commands name and that is not synthesized here.
   * @internal
   */
  public get _externalObjects(): ExternalObject[] {
    const { namespace, server, service, delivery } = this.facts;
    return [
      ...externalObjects(service, namespace),
      ...(server === undefined ? [] : [{ kind: 'StatefulSet', name: server, namespace }]),
      ...delivery._objects(namespace),
    ];
  }

  /** Returns the page as Markdown. Call it at synth, when all secrets are expected and all backups are made. */
  public toMarkdown(): string {
    const { namespace, backup } = this.facts;
    const isOther = (construct: unknown): boolean =>
      construct instanceof BackupCronJob && construct !== backup && Chart.of(construct).namespace === namespace;
    const facts: RunbookFacts = { ...this.facts, hasOtherBackups: this.node.root.node.findAll().some(isOther) };
    const sections = [
      ...restoreSections(facts),
      ...keySection(facts),
      ...failureSections(facts),
      freshClusterSection(facts),
      ...offsiteSection(facts),
      ...routineSections(facts),
      scopeSection(facts),
      plainKubectlSection(facts),
    ];
    return page((see) => this.head(facts, sections, see), sections);
  }

  private head(facts: RunbookFacts, sections: readonly Section[], see: See): string {
    const has = (id: Section['id']): boolean => sections.some((section) => section.id === id);
    return paragraphs(
      `# ${this.title}`,
      incidents(facts, has, see),
      '**First, in the folder of this page,** which has the plugin `kubectl-pgbackup`; it needs `bash` and `kubectl` ' +
        '1.24 or later:',
      sh('export PATH="$PWD:$PATH"'),
      'Type the commands as they stand. Type those of a section in one shell and in their order. Names of dumps and ' +
        'times are examples: `list` shows yours. A command that changes the live database shows what is at stake, ' +
        `and asks. Without the plugin, use ${see('plainKubectl')}. This page is generated at synth: do not edit it. ` +
        '`echo $?` prints the exit status of a command. 0 is success:',
      exitStatuses(facts),
    );
  }
}

/** The exit statuses of the plugin, but for 0. */
function exitStatuses({ drill }: RunbookFacts): string {
  return table(
    ['Status', 'Meaning'],
    [
      ['1', 'the command failed, or `status` is red'],
      ['2', 'the usage is wrong, or rights or objects are missing'],
      ['3', 'a restore would fail'],
      ...(drill?.proof === undefined ? [] : [['4', 'a drill has refuted the key']]),
      ...(drill === undefined ? [] : [['5', 'a drill is inconclusive']]),
      ['130', 'Ctrl-C was pressed: the Job runs on, and `logs` follows it again'],
    ],
  );
}
