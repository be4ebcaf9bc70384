import { chmodSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ApiObject, App, AppProps, Chart, Names, Yaml, YamlOutputType } from 'cdk8s';
import { Kustomization } from '../../imports/kustomize.config.k8s.io';
import { InvalidPropError } from '../errors';
import { Runbook } from '../runbook/runbook';

const EXTENSION = '.yaml';
const PLUGIN = join(__dirname, '../kubectl-plugin/kubectl-pgbackup');

/** The place that an app is written to. */
export interface KustomizedAppProps {
  /**
   * The folder to write to.
   * @default - the output folder of cdk8s.yaml, else dist
   */
  readonly outdir?: string;
}

/**
 * An app that writes a folder per chart and a file per resource, ready for Flux. In each folder, a `kustomization.yaml`
 * lists exactly these files. The `Runbook` of a chart is `RUNBOOK.md` in its folder, beside `kubectl-pgbackup`, the
 * plugin of kubectl that its commands use. Neither is applied.
 */
export class KustomizedApp extends App {
  constructor(props: KustomizedAppProps = {}) {
    super({
      outdir: props.outdir,
      outputFileExtension: EXTENSION,
      yamlOutputType: YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
      // With validations, the CLI asks for a file of metadata, and would write it among the committed manifests.
      recordConstructMetadata: false,
    } satisfies AppProps);
  }

  /** @throws InvalidPropError when two objects of a chart would share a file, or a chart has two runbooks. */
  public override synth(): void {
    const charts = this.charts.map((chart) => ({
      label: Names.toDnsLabel(chart),
      files: filesOf(chart),
      runbook: runbookOf(chart),
    }));
    super.synth();
    const folders = readdirSync(this.outdir);
    for (const { label, files, runbook } of charts) {
      // When charts depend on each other, cdk8s numbers their folders.
      const folder = folders.find((name) => name === label || name.replace(/^\d{4}-/, '') === label)!;
      Yaml.save(join(this.outdir, folder, 'kustomization.yaml'), [Kustomization.manifest({ resources: files })]);
      if (runbook !== undefined) {
        writeFileSync(join(this.outdir, folder, 'RUNBOOK.md'), runbook.toMarkdown());
        const plugin = join(this.outdir, folder, basename(PLUGIN));
        copyFileSync(PLUGIN, plugin);
        chmodSync(plugin, 0o755);
      }
    }
  }
}

function runbookOf(chart: Chart): Runbook | undefined {
  const [runbook, second] = chart.node
    .findAll()
    .filter((construct) => construct instanceof Runbook && Chart.of(construct) === chart) as Runbook[];
  if (second !== undefined) {
    throw new InvalidPropError(
      'chart',
      chart.node.path,
      'has two runbooks for the file RUNBOOK.md',
      'Put one of them into a chart of its own',
    );
  }
  return runbook;
}

/** The file names that cdk8s gives to the objects of a chart. */
function filesOf(chart: Chart): string[] {
  const files = chart.node
    .findAll()
    .filter((construct) => construct instanceof ApiObject)
    .filter((object) => Chart.of(object) === chart)
    .map((object) => `${object.kind}.${object.name}`.replace(/[^0-9a-zA-Z-_.]/g, '') + EXTENSION)
    .sort();
  const twice = files.find((file, index) => file === files[index + 1]);
  if (twice !== undefined) {
    throw new InvalidPropError('chart', chart.node.path, `has two objects for the file ${twice}`, 'Rename one of them');
  }
  return files;
}
