import { createHash } from 'node:crypto';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VERBATIM } from '../delivery/gitops-annotations';
import { InvalidPropError } from '../errors';
import { described, labelsFor } from '../kubernetes/labels';
import { checkName } from '../kubernetes/names';
import { takeName } from '../kubernetes/resource';
import { RestoreCheck } from '../restore/restore-check';
import { env } from './environment';

const PATH = '/checks';

/** The additions to a container that evaluates checks. */
export interface MountedChecks {
  readonly env: k8s.EnvVar[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/**
 * The checks of a workload as files. Workloads of a chart with the same checks share a ConfigMap, which has the name of
 * the first workload.
 * @throws InvalidPropError when two checks have one name
 */
export function mountedChecks(scope: Construct, workload: string, checks: readonly RestoreCheck[]): MountedChecks {
  if (checks.length === 0) return { env: [], volumes: [], volumeMounts: [] };
  const twice = checks.find(({ name }, index) => checks.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) {
    throw new InvalidPropError('check.name', twice.name, 'is the name of two checks', 'Rename one of them');
  }
  const data = filesOf(checks);
  const id = `postgres-backup-checks-${createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16)}`;
  const chart = Chart.of(scope);
  const { name } =
    (chart.node.tryFindChild(id) as ChecksConfigMap | undefined) ??
    new ChecksConfigMap(chart, id, `${workload}-checks`, data);
  return {
    env: [env('CHECKS_DIR', PATH)],
    volumes: [{ name: 'checks', configMap: { name } }],
    volumeMounts: [{ name: 'checks', mountPath: PATH, readOnly: true }],
  };
}

/** The files of each check, by its number: the query, the name, and the expected value if it is known beforehand. */
function filesOf(checks: readonly RestoreCheck[]): { readonly [file: string]: string } {
  const digits = String(checks.length).length;
  return Object.fromEntries(
    checks.flatMap(({ name, query, expect }, index) => {
      const number = String(index + 1).padStart(digits, '0');
      return [
        [`${number}.sql`, query],
        [`${number}.name`, name],
        ...(expect === undefined ? [] : [[`${number}.expect`, expect]]),
      ];
    }),
  );
}

class ChecksConfigMap extends Construct {
  constructor(
    chart: Chart,
    id: string,
    public readonly name: string,
    data: { readonly [file: string]: string },
  ) {
    super(chart, id);
    checkName('checks', name);
    takeName(this, 'ConfigMap', 'checks', name);
    new k8s.KubeConfigMap(this, 'files', {
      metadata: {
        name,
        labels: labelsFor('checks'),
        annotations: {
          ...described('What must be true of the data, in every dump and after every restore.'),
          ...VERBATIM,
        },
      },
      data,
    });
  }
}
