import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { InvalidPropError } from '../errors';
import { checkName } from '../kubernetes/names';
import { backupSections } from './backup-sections';
import { checkExemption } from './exemption';
import type { RunbookFacts, RunbookProps } from './facts';
import { freshClusterSection } from './fresh-cluster-section';
import { paragraphs } from './markdown';
import { operationSections } from './operation-sections';
import { restoreSection } from './restore-section';
import { ExternalObject, externalObjects, kustomizationObject } from './runbook-service';

/**
 * The runbook of a backup: what to type, with the names that the other constructs have, so that it cannot go stale.
 * `KustomizedApp` writes it beside the manifests, as `RUNBOOK.md`; Flux does not see it. One for a chart.
 */
export class Runbook extends Construct {
  private readonly facts: RunbookFacts;
  private readonly title: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: RunbookProps) {
    super(scope, id);
    const { namespace } = Chart.of(this);
    if (namespace === undefined) {
      throw new InvalidPropError(
        'runbook',
        this.node.path,
        'is in a chart without a namespace, and its commands need one',
        'Give the chart a namespace',
      );
    }
    if (props.restore.trigger.requestId !== undefined) {
      throw new InvalidPropError(
        'runbook.restore',
        props.restore.name,
        'is started by a merge, and the commands need a template',
        'Use a RestoreJob with RestoreTrigger.onDemand()',
      );
    }
    checkName('runbook.server', props.server);
    checkName('runbook.kustomization', props.kustomization.name);
    props.notBackedUp.forEach(checkExemption);
    const { backup, restore, drill, secrets, service, server, kustomization, declaredIn, notBackedUp } = props;
    this.title = props.title ?? `Runbook: ${service.options.title} in ${namespace}`;
    this.facts = {
      namespace,
      backup,
      restore,
      drill,
      secrets,
      service,
      server,
      kustomization,
      declaredIn,
      notBackedUp,
    };
  }

  /**
   * Every object that the commands name and that is not synthesized here.
   * @internal
   */
  public get _externalObjects(): ExternalObject[] {
    const { namespace, server, service, kustomization } = this.facts;
    return [
      ...externalObjects(service, namespace),
      { kind: 'StatefulSet', name: server, namespace },
      kustomizationObject(kustomization),
    ];
  }

  /** The page, as Markdown. Call it at synth, when all secrets are expected. */
  public toMarkdown(): string {
    return `${paragraphs(
      `# ${this.title}`,
      'Generated at synth from the constructs that make the manifests beside it: do not edit. Commands are for ' +
        '`sh`, `kubectl` ' +
        '1.24 or later and `flux` 2.2 or later. Type the blocks of a section in one shell, in their order. ' +
        'Where one begins with `dump=` ' +
        'or `before=`, put the name of a dump, which section 4 lists, or a time in the place of the example.',
      '**Data is wrong or gone:** section 5. **The cluster is gone:** section 6. **A backup has failed:** ' +
        'section 3. **No room:** section 10.',
      ...backupSections(this.facts),
      restoreSection(this.facts),
      freshClusterSection(this.facts),
      ...operationSections(this.facts),
    )}\n`;
  }
}
