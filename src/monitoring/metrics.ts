/** What a label has to be, e.g. `{ namespace: 'shop' }`. */
interface Labels {
  readonly [label: string]: string;
}

/**
 * How long a value counts after its last sample. It spans restarts of kube-state-metrics and of Prometheus, which would
 * otherwise end every alert and raise it again.
 */
const BRIDGE = '15m';

/**
 * PromQL about one CronJob. Instances of kube-state-metrics that follow each other, or run side by side, each have
 * series of their own: everything is aggregated before it is compared.
 * Source: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload
 */
export class CronJobMetrics {
  /** When the newest run that succeeded ended; nothing before the first. */
  public readonly lastSuccess: string;
  /** When the CronJob was created. */
  public readonly created: string;
  /** Seconds since the last success, or since the creation where there was none. */
  public readonly age: string;
  /** The CronJob does not exist, although kube-state-metrics knows its namespace. */
  public readonly missing: string;

  private readonly labels: Labels;
  private readonly successes: string;

  constructor(
    private readonly namespace: string,
    private readonly name: string,
  ) {
    this.labels = { namespace, cronjob: name };
    this.successes = `max_over_time(${series('kube_cronjob_status_last_successful_time', this.labels)}[${BRIDGE}])`;
    this.lastSuccess = `max by (namespace, cronjob) (${this.successes})`;
    this.created = `max by (namespace, cronjob) (${last('kube_cronjob_created', this.labels)})`;
    this.age = `time() - (\n  ${this.lastSuccess}\n  or\n  ${this.created}\n)`;
    this.missing = [
      `absent_over_time(${series('kube_cronjob_created', this.labels)}[${BRIDGE}])`,
      `and on (namespace) ${last('kube_namespace_created', { namespace })}`,
    ].join('\n');
  }

  /** 1 while the CronJob is suspended, and has been for all of the window that is known. */
  public suspendedFor(window: string): string {
    return (
      'min by (namespace, cronjob) ' + `(min_over_time(${series('kube_cronjob_spec_suspend', this.labels)}[${window}]))`
    );
  }

  /** Whether the CronJob is suspended now. */
  public get suspended(): string {
    return this.suspendedFor(BRIDGE);
  }

  /**
   * The newest Job that failed, by its start, if nothing has succeeded since. Jobs count and not pods: a run whose
   * first pod fails and whose second one succeeds is a success.
   */
  public get failed(): string {
    return [
      'topk(1,',
      `  ${this.jobs('kube_job_status_start_time')}`,
      '  and on (namespace, job_name) ' +
        `(${ofJobs('kube_job_failed', { namespace: this.namespace, condition: 'true' })} == 1)`,
      `) > scalar(max(${this.successes}) or vector(0))`,
    ].join('\n');
  }

  /** How many of the Jobs that are kept have failed; nothing where none has. */
  public get failures(): string {
    return `count(${this.jobs('kube_job_failed', { condition: 'true' })} == 1)`;
  }

  /** Seconds for which Jobs have been running, where that is longer. */
  public runningLongerThan(seconds: number): string {
    return [
      `time() - ${ofJobs('kube_job_status_start_time', { namespace: this.namespace })} > ${seconds}`,
      `and on (namespace, job_name) (${this.jobs('kube_job_status_active')} > 0)`,
    ].join('\n');
  }

  /** How many seconds each Job took that has succeeded and is kept; a Job that failed has no time of completion. */
  public get durations(): string {
    return (
      `${this.jobs('kube_job_status_completion_time')} - on (namespace, job_name) ` +
      `${this.jobs('kube_job_status_start_time')}`
    );
  }

  /** How many seconds the newest Job took that has succeeded. */
  public get lastDuration(): string {
    return `(${this.durations}) and on (namespace, job_name) topk(1, ${this.jobs('kube_job_status_completion_time')})`;
  }

  /** A metric of the Jobs that come from the CronJob, also of those that people created from it. */
  private jobs(metric: string, labels: Labels = {}): string {
    const owner = { namespace: this.namespace, owner_kind: 'CronJob', owner_name: this.name };
    return (
      `(${ofJobs(metric, { namespace: this.namespace, ...labels })} and on (namespace, job_name) ` +
      `${last('kube_job_owner', owner)})`
    );
  }
}

/** Whether one Job, which no CronJob has made, has failed. */
export function jobFailed(namespace: string, name: string): string {
  return `${ofJobs('kube_job_failed', { namespace, job_name: name, condition: 'true' })} == 1`;
}

/** Nothing at all is known of a namespace. */
export function unmonitored(namespace: string): string {
  return `absent_over_time(${series('kube_namespace_created', { namespace })}[${BRIDGE}])`;
}

/**
 * PromQL about one claim. The kubelet measures a claim, once a minute, only while a pod has it mounted: of the last
 * values that the nodes have measured within the window the fullest counts, so what was freed shows when the window has
 * passed.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export class ClaimMetrics {
  constructor(
    private readonly namespace: string,
    private readonly claimName: string,
    private readonly window: string,
  ) {}

  /** Bytes that are in use. */
  public get used(): string {
    return this.smallest(this.stat('used'));
  }

  /** Bytes in total. */
  public get capacity(): string {
    return this.smallest(this.stat('capacity'));
  }

  /** The part that is free, from 0 to 1. */
  public get free(): string {
    return this.smallest(`${this.stat('available')}\n  /\n  ${this.stat('capacity')}`);
  }

  private smallest(expression: string): string {
    return `min by (namespace, persistentvolumeclaim) (\n  ${expression}\n)`;
  }

  private stat(what: string): string {
    const labels = { namespace: this.namespace, persistentvolumeclaim: this.claimName };
    return `last_over_time(${series(`kubelet_volume_stats_${what}_bytes`, labels)}[${this.window}])`;
  }
}

/** Seconds as PromQL writes them. */
export function promDuration(seconds: number): string {
  const [size, unit] = (
    [
      [86_400, 'd'],
      [3600, 'h'],
      [60, 'm'],
      [1, 's'],
    ] as const
  ).find(([unitSize]) => seconds % unitSize === 0)!;
  return `${seconds / size}${unit}`;
}

function ofJobs(metric: string, labels: Labels): string {
  return `max by (namespace, job_name) (${last(metric, labels)})`;
}

function last(metric: string, labels: Labels): string {
  return `last_over_time(${series(metric, labels)}[${BRIDGE}])`;
}

function series(metric: string, labels: Labels): string {
  return `${metric}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`;
}
