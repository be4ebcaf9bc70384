import { ApiObject, Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { Kustomization } from '../../imports/kustomize.toolkit.fluxcd.io';
import { checkDuration, InvalidPropError } from '../errors';
import { checkName } from '../kubernetes/names';
import { ScriptConfigMap } from '../workload/script-config-map';

/** The place of a source. */
export interface FluxSourceOptions {
  /**
   * Namespace of the source. Clusters of several tenants may forbid any but the Kustomization's.
   * @default - that of the Kustomization
   */
  readonly namespace?: string;
}

/** The source that Flux fetches the manifests from. */
export class FluxSource {
  /** A GitRepository, e.g. `flux-system`, which `flux bootstrap` makes. */
  public static gitRepository(name: string, options: FluxSourceOptions = {}): FluxSource {
    return new FluxSource('GitRepository', name, options.namespace);
  }

  /** An OCIRepository. */
  public static ociRepository(name: string, options: FluxSourceOptions = {}): FluxSource {
    return new FluxSource('OCIRepository', name, options.namespace);
  }

  /** A Bucket. */
  public static bucket(name: string, options: FluxSourceOptions = {}): FluxSource {
    return new FluxSource('Bucket', name, options.namespace);
  }

  private constructor(
    /** Kind of the source, e.g. `GitRepository`. */
    public readonly kind: string,
    /** Its name. */
    public readonly name: string,
    /** Its namespace; undefined for that of the Kustomization. */
    public readonly namespace?: string,
  ) {
    checkName('fluxSource.name', name);
    if (namespace !== undefined) {
      checkName('fluxSource.namespace', namespace);
    }
  }
}

/** A Kustomization of Flux: one that is made here, or the name of one. */
export interface IFluxKustomization {
  /** Its name. */
  readonly name: string;
  /**
   * Namespace of the Kustomization.
   * @default 'flux-system'
   */
  readonly namespace?: string;
}

/** The folder that Flux applies, its source, and the checks. */
export interface FluxKustomizationProps {
  /** Name of the Kustomization. */
  readonly name: string;
  /** The folder with the manifests, from the root of the source, e.g. `./apps/shop/backup`. */
  readonly path: string;
  /** The source of the folder. */
  readonly source: FluxSource;
  /**
   * Interval at which the folder is applied, also when nothing has changed in Git. At least 1 minute.
   * @default Duration.minutes(10)
   */
  readonly interval?: Duration;
  /**
   * Most time that applying and the health checks may take, in whole seconds. Flux waits for a restore by a merge.
   * Meanwhile the folder is not ready, which stops only Kustomizations that depend on it.
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;
  /**
   * The objects that must become healthy, e.g. `[ApiObject.of(storage)]`. Only the claim, until it is bound, and the
   * Job of a restore by a merge can be unhealthy; CronJobs are always healthy. With a storage class that binds a claim
   * at its first use, leave the claim out, with `[]` if need be: nothing uses it before the first backup.
   * @default - all objects of the folder (`wait: true`)
   */
  readonly healthChecks?: ApiObject[];
  /**
   * Names of Kustomizations of the same namespace that must be ready before, e.g. that which makes the Namespace.
   * @default - none
   */
  readonly dependsOn?: string[];
}

/**
 * The object that makes Flux apply a folder of manifests. Flux prunes what disappears from the folder, but for claims.
 *
 * Put it into another chart, whose folder Flux applies already. In the folder that it applies, nothing would apply it
 * for the first time. It would also prune itself, and the rest with it.
 *
 * There is no `force`: with it, Flux deletes and re-creates an object that it may not change. With a claim, the dumps
 * would be lost.
 */
export class FluxKustomization extends Construct implements IFluxKustomization {
  public readonly name: string;
  public readonly namespace?: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: FluxKustomizationProps) {
    super(scope, id);
    const { source, healthChecks, dependsOn } = props;
    const chart = Chart.of(this);
    checkName('fluxKustomization.name', props.name);
    checkPath(props.path);
    if (chart.namespace === undefined) {
      throw new InvalidPropError(
        'fluxKustomization.namespace',
        undefined,
        'is missing: the chart has none, and Flux needs one',
        'Make the chart with the namespace of its sources, e.g. { namespace: "flux-system" }',
      );
    }
    this.name = props.name;
    this.namespace = chart.namespace;
    dependsOn?.forEach((name) => checkName('fluxKustomization.dependsOn', name));
    this.node.defaultChild = new Kustomization(this, 'kustomization', {
      metadata: { name: props.name },
      spec: {
        interval: goDuration(checkDuration('fluxKustomization.interval', props.interval ?? Duration.minutes(10), 60)),
        path: props.path,
        prune: true,
        wait: healthChecks === undefined,
        timeout: goDuration(checkDuration('fluxKustomization.timeout', props.timeout ?? Duration.minutes(5), 1)),
        sourceRef: { kind: source.kind, name: source.name, namespace: source.namespace },
        healthChecks: healthChecks?.map(({ apiVersion, kind, name, metadata }) => ({
          apiVersion,
          kind,
          name,
          namespace: metadata.namespace,
        })),
        dependsOn: dependsOn?.map((name) => ({ name })),
      },
    });
    this.node.addValidation({ validate: () => (ScriptConfigMap.isIn(chart) ? [INSIDE(this.node.path)] : []) });
  }
}

const INSIDE = (path: string) =>
  `fluxKustomization ("${path}") is in the chart that it shall apply: nothing would apply it for the first ` +
  'time. Put it into a chart of its own';

/** A path that stays in the source. */
function checkPath(path: string): void {
  if (!/^\.?\/?[^\s/][^\r\n]*$/.test(path) || path.split('/').includes('..')) {
    throw new InvalidPropError(
      'fluxKustomization.path',
      path,
      'is not a folder of the source',
      'Write it from the root of the source, e.g. "./apps/shop/backup"',
    );
  }
}

/** A duration in the largest unit of Go that fits. Go has no unit for days. */
function goDuration(duration: Duration): string {
  const seconds = duration.toSeconds();
  const [unit, length] = (
    [
      ['h', 3600],
      ['m', 60],
      ['s', 1],
    ] as const
  ).find(([, size]) => seconds % size === 0)!;
  return `${seconds / length}${unit}`;
}
