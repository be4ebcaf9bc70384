import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VERBATIM } from '../delivery/flux-annotations';
import { described, labelsFor } from '../kubernetes/labels';
import { checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';

const ID = 'postgres-backup-scripts';

/** Read once, and not by a mere import of the library. */
let scripts: { readonly [file: string]: string } | undefined;

/**
 * The scripts as one ConfigMap of a chart. Its name is fixed and has no hash: a pod that is retried must find
 * the scripts that it was made for, or newer ones, never none.
 */
export class ScriptConfigMap extends Construct {
  /**
   * The one of this scope's chart. It is named after the chart, so that no two charts own the same object: of charts in
   * one namespace, ids must differ.
   */
  public static of(scope: Construct): ScriptConfigMap {
    const chart = Chart.of(scope);
    return (chart.node.tryFindChild(ID) as ScriptConfigMap | undefined) ?? new ScriptConfigMap(chart, ID);
  }

  /** Whether anything in a chart runs scripts. */
  public static isIn(chart: Chart): boolean {
    return chart.node.tryFindChild(ID) !== undefined;
  }

  public readonly configMapName: string;
  /**
   * Shows in every pod template when a script has changed. The manifest of a dump has it too: `cat *.s* | sha256sum`.
   */
  public readonly digest: string;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.configMapName = `${scope.node.id}-backup-scripts`;
    checkName('chart.id', this.configMapName);
    takeName(this, 'ConfigMap', 'chart.id', scope.node.id, this.configMapName);
    scripts ??= readScripts();
    this.digest = createHash('sha256').update(Object.values(scripts).join('')).digest('hex');
    new k8s.KubeConfigMap(this, 'files', {
      metadata: {
        name: this.configMapName,
        labels: labelsFor('scripts'),
        annotations: {
          ...described('The scripts that the backups, restores and drills of this namespace run.'),
          ...VERBATIM,
        },
      },
      data: scripts,
    });
  }
}

function readScripts(): { [file: string]: string } {
  const folder = join(__dirname, '../scripts');
  const files = readdirSync(folder)
    .filter((file) => /\.(sh|sql)$/.test(file))
    .sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}
