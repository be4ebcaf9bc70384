import type { RunbookFacts } from './facts';

/** The time in the examples, as dumps have it in their names. */
const EXAMPLE_TIME = '20261123-020000';

/** A moment in UTC after the dump of the examples. */
export const EXAMPLE_MOMENT = '2026-11-23T08:00:00Z';

/** The commands of a runbook, with the names that its constructs have. */
export class Commands {
  /** The name that dumps have in the examples. */
  public readonly exampleDump: string;
  /** The option for sessions that are left at the exchange; empty if the restore stops the service. */
  public readonly disconnect: string;

  constructor(private readonly runbook: RunbookFacts) {
    this.exampleDump = `${runbook.backup.folder}-${EXAMPLE_TIME}`;
    this.disconnect = this.isQuiesced ? '' : ' --disconnect';
  }

  public kubectl(rest: string): string {
    return `kubectl -n ${this.runbook.namespace} ${rest}`;
  }

  /** A command of the plugin. */
  public pgbackup(rest: string): string {
    const { namespace, hasOtherBackups, backup } = this.runbook;
    return `kubectl pgbackup -n ${namespace}${hasOtherBackups ? ` --backup ${backup.name}` : ''} ${rest}`;
  }

  /** A command of the plugin, to be typed from within a sentence. */
  public inline(rest: string): string {
    return `\`${this.pgbackup(rest)}\``;
  }

  /** Commands that stop the service, and keep tools from starting it; the variable `replicas` remembers its size. */
  public stop(): string[] {
    const { workload } = this.runbook.service;
    return [
      ...this.hold(),
      ...(workload === undefined
        ? []
        : [
            `replicas=$(${this.kubectl(`get ${workload} -o jsonpath='{.spec.replicas}'`)}); echo "$replicas"`,
            this.kubectl(`scale ${workload} --replicas=0`),
          ]),
    ];
  }

  /** Commands that start it in the order of a first start: setup, then the service. */
  public start(rescale = true): string[] {
    const { workload, delivery, options } = this.runbook.service;
    return [
      ...this.letGo(),
      ...(options.setupJobs === undefined ? [] : delivery._runHooks(this.runbook.namespace)),
      ...(rescale && workload !== undefined ? [this.kubectl(`scale ${workload} --replicas="\${replicas:?}"`)] : []),
    ];
  }

  /** Commands that restart the service, without the caches that it has of another database. */
  public restart(): string[] {
    const { workload } = this.runbook.service;
    return workload === undefined || this.isQuiesced
      ? []
      : [this.kubectl(`rollout restart ${workload}`), this.kubectl(`rollout status ${workload} --timeout=10m`)];
  }

  /** Commands that keep tools from undoing changes of the service. */
  public hold(): string[] {
    return this.runbook.service.delivery._suspend(this.runbook.namespace);
  }

  public letGo(): string[] {
    return this.runbook.service.delivery._resume(this.runbook.namespace);
  }

  /** Commands that show whether the service is up. */
  public isUp(): string[] {
    const { workload, options } = this.runbook.service;
    const { readiness, setupJobs = [] } = options;
    const services = `/api/v1/namespaces/${this.runbook.namespace}/services`;
    return [
      ...setupJobs.map((job) => this.kubectl(`wait --for=condition=complete --timeout=10m job/${job}`)),
      ...(workload === undefined ? [] : [this.kubectl(`rollout status ${workload} --timeout=10m`)]),
      ...(readiness === undefined
        ? []
        : [`kubectl get --raw ${services}/${readiness.service}:${readiness.port}/proxy${readiness.path}`]),
    ];
  }

  /** Commands that print whether each of them is suspended: nothing or `false` if it is not. */
  public suspensions(): string[] {
    const { service, delivery, namespace } = this.runbook;
    const applied = [...service.delivery._suspended(namespace), ...delivery._suspended(namespace)];
    return [...new Set(applied), this.isBackupSuspended()];
  }

  /** The label of all Jobs and pods of a workload. */
  public label(workload: string): string {
    return `app.kubernetes.io/instance=${workload}`;
  }

  /** The command that prints whether the backup is suspended. */
  public isBackupSuspended(): string {
    return this.kubectl(`get cronjob ${this.runbook.backup.name} -o jsonpath='{.spec.suspend}{"\\n"}'`);
  }

  /** True if the restore itself stops and starts the service. */
  public get isQuiesced(): boolean {
    const { restore, service } = this.runbook;
    return restore.quiesce !== undefined && service.workload === `deployment/${restore.quiesce.deployment}`;
  }
}
