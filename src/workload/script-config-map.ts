import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VERBATIM } from '../delivery/gitops-annotations';
import { described, labelsFor } from '../kubernetes/labels';
import { checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';

const ID = 'postgres-backup-scripts';

/** The folder of the scripts in a pod. */
export const SCRIPTS_PATH = '/scripts';

/** The folders of the scripts below `scripts/`, and the files of each. */
const FOLDERS = {
  '': { files: /\.sh$/, text: 'The scripts that the backups, restores and drills of this namespace run.' },
  lib: {
    files: /\.sh$/,
    text: 'The common parts of the scripts of the backups, restores and drills of this namespace.',
  },
  sql: {
    files: /\.sql$/,
    text: 'The SQL that the backups, restores and drills of this namespace send to the database.',
  },
} as const;

type Folder = keyof typeof FOLDERS;
type Scripts = { readonly [folder in Folder]: { readonly [file: string]: string } };

/** They are read once, and not by a mere import of the library. */
let scripts: Scripts | undefined;

/**
 * The scripts as ConfigMaps of a chart, one for each of their folders. A pod sees the same folders as the source has.
 * The names are fixed and have no hash: a pod that is retried must find the scripts that it was made for, or newer
 * scripts.
 */
export class ScriptConfigMap extends Construct {
  /**
   * The ConfigMaps of this scope's chart. They are named after the chart, so that no two charts own the same object:
   * charts in one namespace must have different ids.
   */
  public static of(scope: Construct): ScriptConfigMap {
    const chart = Chart.of(scope);
    return (chart.node.tryFindChild(ID) as ScriptConfigMap | undefined) ?? new ScriptConfigMap(chart, ID);
  }

  /** True if a construct in a chart runs scripts. */
  public static isIn(chart: Chart): boolean {
    return chart.node.tryFindChild(ID) !== undefined;
  }

  public readonly volumes: k8s.Volume[];
  /** The mounts are nested: the kubelet makes the mount points. */
  public readonly volumeMounts: k8s.VolumeMount[];
  /**
   * Checksum of the scripts. It shows in every pod template when a script has changed, and in the manifest of each
   * dump. In `src/scripts` it is `cat *.sh lib/*.sh sql/*.sql | sha256sum`, with `LC_ALL=C`.
   */
  public readonly digest: string;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    const found = (scripts ??= readScripts());
    const folders = Object.keys(FOLDERS) as Folder[];
    this.digest = createHash('sha256')
      .update(folders.flatMap((folder) => Object.values(found[folder])).join(''))
      .digest('hex');
    this.volumes = folders.map((folder) => ({
      name: volumeName(folder),
      configMap: { name: this.add(folder, found[folder]) },
    }));
    this.volumeMounts = folders.map((folder) => ({
      name: volumeName(folder),
      mountPath: join(SCRIPTS_PATH, folder),
      readOnly: true,
    }));
  }

  private add(folder: Folder, data: { readonly [file: string]: string }): string {
    const chart = this.node.scope!.node.id;
    const name = `${chart}-backup-${volumeName(folder)}`;
    checkName('chart.id', name);
    takeName(this, 'ConfigMap', 'chart.id', chart, name);
    new k8s.KubeConfigMap(this, folder || 'files', {
      metadata: {
        name,
        labels: labelsFor('scripts'),
        annotations: { ...described(FOLDERS[folder].text), ...VERBATIM },
      },
      data,
    });
    return name;
  }
}

function volumeName(folder: Folder): string {
  return folder === '' ? 'scripts' : `scripts-${folder}`;
}

function readScripts(): Scripts {
  return { '': read(''), lib: read('lib'), sql: read('sql') };
}

function read(folder: Folder): { [file: string]: string } {
  const path = join(__dirname, '../scripts', folder);
  const files = readdirSync(path)
    .filter((file) => FOLDERS[folder].files.test(file))
    .sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(path, file), 'utf8')]));
}
