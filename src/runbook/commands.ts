import type { RunbookFacts } from './facts';
import { kustomizationObject } from './runbook-service';

/** The time in the examples, as dumps have it in their names. */
const EXAMPLE_TIME = '20261123-020000';

/** Why only the log of a container that has begun can be read, and what the loop is for. */
export const FOLLOWING =
  'The loop asks again until the container has begun. Leave it with Ctrl-C if it goes on for minutes, and look ' +
  'at the pod.';

/** Why a block may end in an error although all goes well: its pod was replaced, and the log was that of the first. */
export const TIMED_OUT =
  'If that times out, `kubectl describe` the Job: where it is neither complete nor failed, it still runs, or is ' +
  'tried again: follow it ' +
  'again, and start no second one. Where it has failed, the last lines of its log say why and what to do.';

/** The commands of a runbook, with the names that its constructs have. */
export class Commands {
  /** The name that dumps have in the examples. */
  public readonly exampleDump: string;

  constructor(private readonly runbook: RunbookFacts) {
    this.exampleDump = `${runbook.backup.folder}-${EXAMPLE_TIME}`;
  }

  public kubectl(rest: string): string {
    return `kubectl -n ${this.runbook.namespace} ${rest}`;
  }

  /** A backup, with its variables, if it has any. */
  public backup(...variables: string[]): string[] {
    return this.job('backup', this.runbook.backup.name, variables);
  }

  /** A drill, with its variables, if it has any. */
  public drill(...variables: string[]): string[] {
    return this.job('drill', this.runbook.drill.name, variables, ['restore', 'drill']);
  }

  /** One of the actions of the template for restores, with its variables. */
  public restore(action: string, ...variables: string[]): string[] {
    return this.job(action, this.runbook.restore.name, [`RESTORE_ACTION=${action}`, ...variables]);
  }

  /** The dump that the variable `dump` names from here on. */
  public nameDump(): string {
    return `dump=${this.exampleDump}`;
  }

  /** Stops whatever would fight, and then the service; the variable `replicas` remembers its size. */
  public stop(scale = !this.isQuiesced): string[] {
    const { deployment } = this.runbook.service;
    return [
      ...this.flux('suspend'),
      ...(!scale
        ? []
        : [
            `replicas=$(${this.kubectl(`get deployment/${deployment} -o jsonpath='{.spec.replicas}'`)}); echo ` +
              '"$replicas"',
            this.kubectl(`scale deployment/${deployment} --replicas=0`),
          ]),
    ];
  }

  /** Starts it again in the order in which it would start for the first time: setup, then the service. */
  public start(rescale = !this.isQuiesced): string[] {
    const { helmRelease } = this.runbook.service.options;
    return [
      ...this.flux('resume'),
      ...(helmRelease === undefined
        ? []
        : [`flux reconcile helmrelease ${helmRelease} -n ${this.runbook.namespace} --force`]),
      ...(rescale
        ? [this.kubectl(`scale deployment/${this.runbook.service.deployment} --replicas="\${replicas:?}"`)]
        : []),
      ...this.isWell().flat(),
    ];
  }

  /** What shows that the service is well, a line or two for each promise. */
  public isWell(): string[][] {
    const {
      deployment,
      options: { readiness, setupJobs = [] },
    } = this.runbook.service;
    const ready = `/api/v1/namespaces/${this.runbook.namespace}/services/${readiness.service}:${readiness.port}/proxy${readiness.path}`;
    return [
      setupJobs.map((job) => this.kubectl(`wait --for=condition=complete --timeout=10m job/${job}`)),
      [this.kubectl(`rollout status deployment/${deployment} --timeout=10m`)],
      [`kubectl get --raw ${ready}`],
    ];
  }

  /** Of the service: the Kustomization first, which would take back what is done to the HelmRelease. */
  public flux(verb: 'suspend' | 'resume'): string[] {
    const { kustomization, helmRelease } = this.runbook.service.options;
    const { name, namespace } = kustomizationObject(kustomization);
    return [
      `flux ${verb} kustomization ${name} -n ${namespace}`,
      ...(helmRelease === undefined ? [] : [`flux ${verb} helmrelease ${helmRelease} -n ${this.runbook.namespace}`]),
    ];
  }

  /** What the object says of its suspension. */
  public isSuspended(kind: string, name: string, namespace = this.runbook.namespace): string {
    return `kubectl -n ${namespace} get ${kind} ${name} -o jsonpath='{.spec.suspend}{"\\n"}'`;
  }

  /** The label of all Jobs and pods of a workload. */
  public label(workload: string): string {
    return `app.kubernetes.io/instance=${workload}`;
  }

  /** Whether the restore stops and starts the service by itself. */
  public get isQuiesced(): boolean {
    return this.runbook.restore.quiesce?.deployment === this.runbook.service.deployment;
  }

  /** A Job of a CronJob, with variables of its own if there are any, followed to its end, its containers one by one. */
  private job(
    prefix: string,
    cronJob: string,
    variables: readonly string[],
    containers: readonly string[] = [],
  ): string[] {
    const create = this.kubectl(`create job "$job" --from=cronjob/${cronJob}`);
    return [
      // Every Job has a name of its own: the name of a restore's Job is that of its request.
      `job=${prefix}-$(date -u +%Y%m%d-%H%M%S)`,
      ...(variables.length === 0
        ? [create]
        : [
            `${create} --dry-run=client -o yaml |`,
            `  kubectl set env --local -f - ${variables.join(' ')} -o yaml |`,
            '  kubectl create -f -',
          ]),
      ...(containers.length === 0 ? [''] : containers.map((container) => ` -c ${container}`)).map(
        (option) => `until ${this.kubectl(`logs -f "job/$job"${option}`)}; do sleep 2; done`,
      ),
      this.kubectl('wait --for=condition=complete --timeout=1m "job/$job"'),
    ];
  }
}
