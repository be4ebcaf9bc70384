import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Delivery } from '../delivery/delivery';
import { InvalidPropError } from '../errors';
import type { ExternalObject } from '../kubernetes/external-object';
import { checkName } from '../kubernetes/names';
import { checkLine, checkProbe, RunbookProbe } from './runbook-probe';

/** The address at which a service says whether it is ready to serve. */
export interface ReadinessOptions {
  /** Name of the Service of Kubernetes. */
  readonly service: string;
  /** Port of that Service. */
  readonly port: number;
  /** Path that answers 200 when the service is ready, e.g. `/ready`. */
  readonly path: string;
}

/** A service, as it is operated. The names in it were given elsewhere. */
export interface RunbookServiceOptions {
  /** The name that people use. */
  readonly title: string;
  /**
   * The address at which it says whether it is ready.
   * @default - nowhere: its workload says it
   */
  readonly readiness?: ReadinessOptions;
  /**
   * The proof that it works.
   * @default - none: a person uses it, and looks
   */
  readonly probe?: RunbookProbe;
  /**
   * The tool that applies the service, and would undo the changes of a person.
   * @default Delivery.kubectl()
   */
  readonly delivery?: Delivery;
  /**
   * Jobs that bring the database to the service's version, as hooks of a Helm chart, which the delivery runs again.
   * @default - none
   */
  readonly setupJobs?: string[];
  /**
   * Checks after a restore into a fresh cluster, one line of Markdown each: things that no longer fit the database of
   * the dump's day.
   * @default - nothing
   */
  readonly afterRestore?: string[];
  /**
   * Data that is lost for good with a key that a dump depends on (`sameAsDump`), in one line of Markdown.
   * @default - all that was encrypted with it
   */
  readonly lostWithKey?: string;
}

/** The service that uses the database: what starts, stops and proves it. */
export class RunbookService {
  /**
   * A service that is one Deployment in the namespace of the runbook.
   * @throws InvalidPropError
   */
  public static deployment(name: string, options: RunbookServiceOptions): RunbookService {
    checkName('runbookService.deployment', name);
    return new RunbookService(options, `deployment/${name}`);
  }

  /**
   * A service that is one StatefulSet in the namespace of the runbook.
   * @throws InvalidPropError
   */
  public static statefulSet(name: string, options: RunbookServiceOptions): RunbookService {
    checkName('runbookService.statefulSet', name);
    return new RunbookService(options, `statefulset/${name}`);
  }

  /**
   * A service that runs elsewhere: a person knows how to stop and to start it.
   * @throws InvalidPropError
   */
  public static elsewhere(options: RunbookServiceOptions): RunbookService {
    return new RunbookService(options);
  }

  /** The tool that applies it. */
  public readonly delivery: Delivery;

  private constructor(
    /** The service, as it is operated. */
    public readonly options: RunbookServiceOptions,
    /** Its workload, as kubectl names it, e.g. `deployment/web`; undefined if it runs elsewhere. */
    public readonly workload?: string,
  ) {
    const { title, readiness, probe, delivery, setupJobs = [], afterRestore = [], lostWithKey } = options;
    this.delivery = delivery ?? Delivery.kubectl();
    checkLine('runbookService.title', title, 'Write what people call the service');
    setupJobs.forEach((name) => checkName('runbookService.setupJobs', name));
    afterRestore.forEach((text) => checkLine('runbookService.afterRestore', text));
    if (lostWithKey !== undefined) {
      checkLine('runbookService.lostWithKey', lostWithKey);
    }
    if (probe !== undefined) {
      checkProbe(probe);
    }
    if (readiness !== undefined) {
      checkName('runbookService.readiness.service', readiness.service);
      if (!/^\/[\w./-]*$/.test(readiness.path)) {
        throw new InvalidPropError(
          'runbookService.readiness.path',
          readiness.path,
          'is not a plain path',
          'Write it like /ready',
        );
      }
    }
    if (setupJobs.length > 0 && !this.delivery._hasHooks) {
      throw new InvalidPropError(
        'runbookService.setupJobs',
        setupJobs,
        'are hooks of a Helm chart, and its delivery runs none again',
        'Use Delivery.flux() with its helmRelease, or Delivery.argoCd(), or leave them out',
      );
    }
  }

  /**
   * The command that stops the service, e.g. for `stopCommand` of a `RestoreJob`, in the namespace of the scope's
   * chart.
   * @throws InvalidPropError when the service runs elsewhere
   */
  public stopCommand(scope: Construct): string {
    if (this.workload === undefined) {
      throw new InvalidPropError(
        'runbookService',
        this.options.title,
        'runs elsewhere, and has no command that stops it',
        'Write stopCommand yourself',
      );
    }
    return `kubectl -n ${Chart.of(scope).namespace ?? 'default'} scale ${this.workload} --replicas=0`;
  }
}

/** The objects that the commands of a service name, in its namespace and elsewhere. */
export function externalObjects({ workload, delivery, options }: RunbookService, namespace: string): ExternalObject[] {
  const { readiness, setupJobs = [] } = options;
  const [kind, name] = workload?.split('/') ?? [];
  return [
    ...(name === undefined ? [] : [{ kind: kind === 'deployment' ? 'Deployment' : 'StatefulSet', name, namespace }]),
    ...(readiness === undefined ? [] : [{ kind: 'Service', name: readiness.service, namespace }]),
    ...delivery._objects(namespace),
    ...setupJobs.map((job) => ({ kind: 'Job', name: job, namespace })),
  ];
}
