import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { IFluxKustomization } from '../delivery/flux-kustomization';
import { InvalidPropError } from '../errors';
import { checkName } from '../kubernetes/names';

/** An object of the cluster that the runbook names and somebody else declares. */
export interface ExternalObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

/** Where a service says whether it is ready to serve. */
export interface ReadinessOptions {
  /** Name of the Service of Kubernetes. */
  readonly service: string;
  /** Port of that Service. */
  readonly port: number;
  /** Path that answers 200 when the service is ready, e.g. `/ready`. */
  readonly path: string;
}

/** How a service is run, by names that others have given. */
export interface RunbookServiceOptions {
  /** What people call it. */
  readonly title: string;
  /** Where it says whether it is ready. */
  readonly readiness: ReadinessOptions;
  /** The Kustomization that applies the service; it would undo what a person changes. */
  readonly kustomization: IFluxKustomization;
  /**
   * The HelmRelease of the same namespace that makes the Deployment.
   * @default - none: the Kustomization makes it
   */
  readonly helmRelease?: string;
  /**
   * Jobs that bring the database to the service's version, as hooks of the HelmRelease. A forced upgrade runs them
   * again.
   * @default - none
   */
  readonly setupJobs?: string[];
}

/** The service that uses the database: a Deployment, and what starts, stops and proves it. */
export class RunbookService {
  /**
   * A service that is one Deployment in the namespace of the runbook.
   * @throws InvalidPropError
   */
  public static deployment(name: string, options: RunbookServiceOptions): RunbookService {
    return new RunbookService(name, options);
  }

  private constructor(
    /** Name of the Deployment. */
    public readonly deployment: string,
    /** How it is run. */
    public readonly options: RunbookServiceOptions,
  ) {
    const { title, readiness, kustomization, helmRelease, setupJobs = [] } = options;
    const names = { deployment, 'readiness.service': readiness.service, 'kustomization.name': kustomization.name };
    for (const [property, name] of Object.entries(names)) {
      checkName(`runbookService.${property}`, name);
    }
    for (const name of [...setupJobs, ...(helmRelease === undefined ? [] : [helmRelease])]) {
      checkName('runbookService.setupJobs and helmRelease', name);
    }
    if (!/^[^\r\n]*\S[^\r\n]*$/.test(title)) {
      throw new InvalidPropError(
        'runbookService.title',
        title,
        'is empty or has a line break',
        'Write what people call the service',
      );
    }
    if (!/^\/[\w./-]*$/.test(readiness.path)) {
      throw new InvalidPropError(
        'runbookService.readiness.path',
        readiness.path,
        'is not a plain path',
        'Write it like /ready',
      );
    }
    if (helmRelease === undefined && setupJobs.length > 0) {
      throw new InvalidPropError(
        'runbookService.setupJobs',
        setupJobs,
        'are hooks of a HelmRelease, and there is none',
        'Name the helmRelease, or leave them out',
      );
    }
  }

  /**
   * The command that stops the service, e.g. for `stopCommand` of a `RestoreJob`, in the namespace of the scope's
   * chart.
   */
  public stopCommand(scope: Construct): string {
    return `kubectl -n ${Chart.of(scope).namespace ?? 'default'} scale deployment/${this.deployment} --replicas=0`;
  }
}

/** What a service in a namespace names there, and elsewhere. */
export function externalObjects({ deployment, options }: RunbookService, namespace: string): ExternalObject[] {
  const { readiness, kustomization, helmRelease, setupJobs = [] } = options;
  return [
    { kind: 'Deployment', name: deployment, namespace },
    { kind: 'Service', name: readiness.service, namespace },
    kustomizationObject(kustomization),
    ...(helmRelease === undefined ? [] : [{ kind: 'HelmRelease', name: helmRelease, namespace }]),
    ...setupJobs.map((name) => ({ kind: 'Job', name, namespace })),
  ];
}

/** A Kustomization with its namespace. */
export function kustomizationObject({ name, namespace = 'flux-system' }: IFluxKustomization): ExternalObject {
  return { kind: 'Kustomization', name, namespace };
}
