import { createHash } from 'node:crypto';

/** A condition on a label: its value, or a regular expression that it matches. */
export type Matcher = string | { readonly pattern: string };

/** Matchers by label, e.g. `{ namespace: 'shop' }`. */
export interface Matchers {
  readonly [label: string]: Matcher;
}

/** Matches any of some names. Of their characters, only the dots need escaping. */
export function anyOf(names: Iterable<string>): Matcher {
  const sorted = [...new Set(names)].sort();
  return sorted.length === 1 ? sorted[0]! : { pattern: sorted.join('|').replaceAll('.', '\\\\.') };
}

/**
 * The time for which a value counts after its last sample. It spans restarts of kube-state-metrics and of Prometheus,
 * which would otherwise end every alert and raise it again.
 */
const BRIDGE = '15m';

/**
 * The recorded metric that names each CronJob that is watched, whether it exists or not. Its value is the number of
 * seconds after its last success at which a CronJob is overdue. Its labels, beside `namespace` and `cronjob`: `alerts`,
 * the object that watches; `kind`, backup, copy or drill; `deadline`, the time after which a run is ended.
 */
export const STALE_AFTER = 'cronjob:postgres_backup_stale_after_seconds';

/** The recorded metric with the seconds that a restore may take, of each drill that has such an objective. */
export const OBJECTIVE = 'cronjob:postgres_drill_rto_seconds';

/** The recorded metrics of the watched claims: their size, and the part that is free. */
export const CLAIM = { capacity: 'claim:postgres_backup_capacity_bytes', free: 'claim:postgres_backup_free:ratio' };

/** The most CronJobs in a single row. If there are more, they are in this many rows. */
const ROWS = 32;

/**
 * Some CronJobs with a value in seconds, which the recorded metric gets with its labels. Prometheus copies the left
 * side of each `or`. Many CronJobs are therefore in rows: without them, a thousand would take four times as long. The
 * row of a CronJob depends on its name alone, so that a further CronJob adds one line.
 */
export function secondsOf(cronJobs: readonly string[], seconds: number): string {
  const rows = new Map<number, string[]>();
  for (const name of cronJobs) {
    const row = cronJobs.length > ROWS ? createHash('sha256').update(name).digest()[0]! % ROWS : 0;
    rows.set(row, [...(rows.get(row) ?? []), `label_replace(vector(1), "cronjob", "${name}", "", "")`]);
  }
  const ordered = [...rows].sort(([a], [b]) => a - b).map(([, each]) => each.join('\n  or '));
  const rowsOf = ordered.join('\n) or (\n  ');
  return ordered.length === 1 ? `${seconds} * (\n  ${rowsOf}\n)` : `${seconds} * ((\n  ${rowsOf}\n))`;
}

/**
 * PromQL about all watched CronJobs, whose length does not grow with their number. Successive or parallel instances of
 * kube-state-metrics have series of their own, so everything is aggregated before it is compared.
 * Source: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload
 */
export class CronJobMetrics {
  /** The CronJobs: a series each, with the seconds after which a success is overdue. */
  public readonly staleAfter: string;

  /** The labels of `OBJECTIVE`, which only drills have. */
  private readonly labels: Matchers;

  /**
   * @param watched labels of `STALE_AFTER`
   * @param namespace namespace of the CronJobs
   */
  constructor(
    watched: Matchers,
    private readonly namespace: Matcher,
  ) {
    this.labels = Object.fromEntries(Object.entries(watched).filter(([label]) => label !== 'kind'));
    this.staleAfter = `max by (namespace, cronjob) (${series(STALE_AFTER, watched)})`;
  }

  /** Seconds since the last success, or since the creation if there was none. */
  public get age(): string {
    return `${this.ageOfAll}\nand on (namespace, cronjob) ${this.staleAfter}`;
  }

  /** The age of the CronJobs that are overdue. */
  public get overdue(): string {
    return `${this.ageOfAll} > on (namespace, cronjob) ${this.staleAfter}`;
  }

  /** The age as a part of the allowed age: from 1 on, the CronJob is overdue. */
  public get ageOfAllowed(): string {
    return `(${this.ageOfAll}) / on (namespace, cronjob) ${this.staleAfter}`;
  }

  /** The CronJobs that do not exist, although kube-state-metrics knows their namespace. */
  public get missing(): string {
    return [
      `(${this.staleAfter}`,
      `unless on (namespace, cronjob) ${this.fact('kube_cronjob_created')})`,
      `and on (namespace) ${this.fact('kube_namespace_created')}`,
    ].join('\n');
  }

  /** The CronJobs that are suspended. */
  public get suspended(): string {
    const metric = series('kube_cronjob_spec_suspend', { namespace: this.namespace });
    return (
      `min by (namespace, cronjob) (min_over_time(${metric}[${BRIDGE}])) == 1\n` +
      `and on (namespace, cronjob) ${this.staleAfter}`
    );
  }

  /** Seconds until the next run is due; none for a suspended CronJob. */
  public get untilNext(): string {
    const next = `max by (namespace, cronjob) (${this.fact('kube_cronjob_next_schedule_time')})`;
    return `${next} - time()\nand on (namespace, cronjob) ${this.staleAfter}`;
  }

  /**
   * The newest failed Job of each CronJob, by its start, if no Job has succeeded since. Jobs count and not pods: a run
   * whose first pod fails and whose second pod succeeds is a success.
   */
  public get failed(): string {
    return [
      'topk by (namespace, cronjob) (1,',
      `  ${this.jobs('kube_job_status_start_time')}`,
      `  and on (namespace, job_name) (${ofJobs(this.fact('kube_job_failed', { condition: 'true' }))} == 1)`,
      `) > on (namespace, cronjob) group_left () (${this.lastSuccess} or on (namespace, cronjob) 0 * ${this.staleAfter})`,
    ].join('\n');
  }

  /** The number of failed Jobs among those that are kept; no series if there are none. */
  public get failures(): string {
    return `count by (namespace, cronjob) (${this.jobs('kube_job_failed', { condition: 'true' })} == 1)`;
  }

  /** Seconds for which Jobs have been running, if they are more than these. */
  public runningLongerThan(seconds: number): string {
    return [
      `time() - ${this.jobs('kube_job_status_start_time')} > ${seconds}`,
      `and on (namespace, job_name) (${ofJobs(this.fact('kube_job_status_active'))} > 0)`,
    ].join('\n');
  }

  /** Seconds that the newest successful Job took; a failed Job has no time of completion. */
  public get lastDuration(): string {
    return [
      'max by (namespace, cronjob) (',
      `  topk by (namespace, cronjob) (1, ${this.jobs('kube_job_status_completion_time')})`,
      `  - on (namespace, job_name) group_left () ${ofJobs(this.fact('kube_job_status_start_time'))}`,
      ')',
    ].join('\n');
  }

  /** The duration of the drills that took longer than their objective. */
  public get beyondObjective(): string {
    return `${this.lastDuration} > on (namespace, cronjob) ${this.objective}`;
  }

  /** The duration as a part of the objective, for the drills that have an objective. */
  public get durationOfObjective(): string {
    return `${this.lastDuration} / on (namespace, cronjob) ${this.objective}`;
  }

  /** The end of the newest successful run; no series before the first. */
  private get lastSuccess(): string {
    const metric = series('kube_cronjob_status_last_successful_time', { namespace: this.namespace });
    return `max by (namespace, cronjob) (max_over_time(${metric}[${BRIDGE}]))`;
  }

  private get objective(): string {
    return `max by (namespace, cronjob) (${series(OBJECTIVE, this.labels)})`;
  }

  private get ageOfAll(): string {
    const created = `max by (namespace, cronjob) (${this.fact('kube_cronjob_created')})`;
    return `time() - (\n  ${this.lastSuccess}\n  or\n  ${created}\n)`;
  }

  /**
   * A metric of the Jobs that come from the CronJobs, with the CronJob as a label. Jobs that people have created from
   * them count, too.
   */
  private jobs(metric: string, labels: Matchers = {}): string {
    const owner = this.fact('kube_job_owner', { owner_kind: 'CronJob' });
    return (
      `(${ofJobs(this.fact(metric, labels))} * on (namespace, job_name) group_right () (max by (namespace, job_name, ` +
      `cronjob) (label_replace(${owner}, "cronjob", "$1", "owner_name", "(.+)")) and on (namespace, cronjob) ` +
      `${this.staleAfter}))`
    );
  }

  private fact(metric: string, labels: Matchers = {}): string {
    return last(metric, { namespace: this.namespace, ...labels });
  }
}

/** The templates of restores that are not suspended. */
export function resumed(namespace: string, templates: readonly string[]): string {
  const metric = series('kube_cronjob_spec_suspend', { namespace, cronjob: anyOf(templates) });
  return `min by (namespace, cronjob) (min_over_time(${metric}[${BRIDGE}])) == 0`;
}

/** The failed Jobs among some that no CronJob has made. */
export function jobsFailed(namespace: string, names: readonly string[]): string {
  return `${ofJobs(last('kube_job_failed', { namespace, job_name: anyOf(names), condition: 'true' }))} == 1`;
}

/** True if no metric of a namespace is known. */
export function unmonitored(namespace: string): string {
  return `absent_over_time(${series('kube_namespace_created', { namespace })}[${BRIDGE}])`;
}

/**
 * PromQL about some claims of a namespace. The kubelet measures a claim once a minute, and only while a pod has it
 * mounted. Of the last values that the nodes have measured within the window, the fullest counts. Freed space therefore
 * shows when the window has passed.
 * Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export class ClaimMetrics {
  private readonly labels: Matchers;

  constructor(
    namespace: string,
    claimNames: readonly string[],
    private readonly window: string,
  ) {
    this.labels = { namespace, persistentvolumeclaim: anyOf(claimNames) };
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
    return `last_over_time(${series(`kubelet_volume_stats_${what}_bytes`, this.labels)}[${this.window}])`;
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

/** A metric with matchers of its labels. */
export function series(metric: string, labels: Matchers): string {
  const matchers = Object.entries(labels).map(([label, matcher]) =>
    typeof matcher === 'string' ? `${label}="${matcher}"` : `${label}=~"${matcher.pattern}"`,
  );
  return `${metric}{${matchers.join(', ')}}`;
}

function ofJobs(metric: string): string {
  return `max by (namespace, job_name) (${metric})`;
}

function last(metric: string, labels: Matchers): string {
  return `last_over_time(${series(metric, labels)}[${BRIDGE}])`;
}
