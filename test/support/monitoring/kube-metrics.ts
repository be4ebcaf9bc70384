/**
 * Minutes between two scrapes. No window of the rules in minutes is a multiple of it: versions differ in whether its
 * start counts.
 */
export const STEP = 10;

/** When something is true, in minutes that are multiples of STEP: from the first to before the second. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Run extends Span {
  /** The CronJob that it comes from, or '' for none. */
  readonly cronJob: string;
  readonly job: string;
  /** Whether it ends well; a run that goes on until the end of the time has no result yet. */
  readonly succeeds: boolean;
  /** As `kubectl create job --from` did it up to 1.27: the CronJob is the owner, but not the controller. */
  readonly byHand?: boolean;
}

type Labels = Record<string, string>;

/** A series: `undefined` is no sample. */
interface Series {
  readonly metric: string;
  readonly labels: Labels;
  readonly samples: (number | undefined)[];
}

/** What Prometheus knows of a namespace, from the epoch on, as kube-state-metrics and the kubelet tell it. */
export class KubeMetrics {
  private readonly facts: Series[] = [];
  private readonly measured: Series[] = [];
  private scrapes: (Span & { readonly instance: string })[];
  /** Samples end without a mark that they are stale: Prometheus itself was away. */
  private unmarked = false;

  constructor(
    private readonly namespace: string,
    readonly minutes: number,
  ) {
    this.scrapes = [{ from: 0, to: minutes, instance: '10.0.0.1:8080' }];
    this.fact('kube_namespace_created', {}, [{ from: 0, to: minutes, value: 0 }]);
  }

  /** A CronJob that exists for a while, and when it is suspended. */
  public cronJob(name: string, exists: Partial<Span> = {}, suspended: readonly Span[] = []): this {
    const from = exists.from ?? 0;
    const to = exists.to ?? this.minutes;
    const cronjob = { cronjob: name };
    this.fact('kube_cronjob_created', cronjob, [{ from, to, value: from * 60 }]);
    this.fact('kube_cronjob_spec_suspend', cronjob, [
      { from, to, value: 0 },
      ...suspended.map((span) => ({ ...span, value: 1 })),
    ]);
    return this;
  }

  /** A Job of a CronJob, which is kept until the end. */
  public run({ cronJob, job, from, to, succeeds, byHand = false }: Run): this {
    const end = this.minutes;
    const labels = { job_name: job };
    const owner = {
      owner_kind: cronJob === '' ? '' : 'CronJob',
      owner_name: cronJob,
      owner_is_controller: String(!byHand),
    };
    this.fact('kube_job_owner', { ...labels, ...owner }, [{ from, to: end, value: 1 }]);
    this.fact('kube_job_status_start_time', labels, [{ from, to: end, value: from * 60 }]);
    this.fact('kube_job_status_active', labels, [
      { from, to, value: 1 },
      { from: to, to: end, value: 0 },
    ]);
    if (to >= end) return this;
    const condition = succeeds ? 'kube_job_complete' : 'kube_job_failed';
    for (const status of ['true', 'false', 'unknown']) {
      this.fact(condition, { ...labels, condition: status }, [{ from: to, to: end, value: status === 'true' ? 1 : 0 }]);
    }
    if (succeeds) {
      this.fact('kube_job_status_completion_time', labels, [{ from: to, to: end, value: to * 60 }]);
      // A Job whose controller is not the CronJob does not count for its status.
      if (!byHand) this.success(cronJob, to);
    }
    return this;
  }

  /** A success of a CronJob, whose Job is gone. */
  public success(cronJob: string, at: number): this {
    this.fact('kube_cronjob_status_last_successful_time', { cronjob: cronJob }, [
      { from: Math.max(at, 0), to: this.minutes, value: at * 60 },
    ]);
    return this;
  }

  /** A measurement of a claim, while a pod has it mounted. */
  public claim(name: string, available: number, capacity: number, span: Span): this {
    for (const [what, value] of [
      ['available', available],
      ['capacity', capacity],
      ['used', capacity - available],
    ] as const) {
      const samples = this.blank();
      samples.fill(value, span.from / STEP, span.to / STEP);
      const labels = {
        namespace: this.namespace,
        persistentvolumeclaim: name,
        instance: `10.0.1.${span.from % 250}:10250`,
        job: 'kubelet',
      };
      this.measured.push({ metric: `kubelet_volume_stats_${what}_bytes`, labels, samples });
    }
    return this;
  }

  /** kube-state-metrics is away; afterwards it is another pod. */
  public withoutKubeStateMetrics(...spans: Span[]): this {
    const ends = [0, ...spans.map(({ to }) => to)];
    this.scrapes = ends.map((from, index) => ({
      from,
      to: spans[index]?.from ?? this.minutes,
      instance: `10.0.0.${index + 1}:8080`,
    }));
    return this;
  }

  /** Two instances of kube-state-metrics, side by side. */
  public twice(): this {
    this.scrapes = [...this.scrapes, ...this.scrapes.map((scrape) => ({ ...scrape, instance: `${scrape.instance}1` }))];
    return this;
  }

  /** Prometheus is away; kube-state-metrics stays the same pod. */
  public withoutPrometheus({ from, to }: Span): this {
    this.unmarked = true;
    this.scrapes = [
      { from: 0, to: from, instance: '10.0.0.1:8080' },
      { from: to, to: this.minutes, instance: '10.0.0.1:8080' },
    ];
    return this;
  }

  /** The series in the notation of promtool. */
  public get inputSeries(): { series: string; values: string }[] {
    const instances = [...new Set(this.scrapes.map(({ instance }) => instance))];
    const scraped = instances.flatMap((instance) =>
      this.facts.map(({ metric, labels, samples }) => ({
        metric,
        labels: { ...labels, instance, job: 'kube-state-metrics' },
        samples: samples.map((value, index) =>
          this.scrapes.some(
            (scrape) => scrape.instance === instance && scrape.from <= index * STEP && index * STEP < scrape.to,
          )
            ? value
            : undefined,
        ),
      })),
    );
    return [...scraped, ...this.measured]
      .filter(({ samples }) => samples.some((value) => value !== undefined))
      .map((series) => ({
        series: `${series.metric}{${Object.entries(series.labels)
          .map(([label, value]) => `${label}="${value}"`)
          .join(',')}}`,
        values: notation(series.samples, !this.unmarked),
      }));
  }

  private fact(metric: string, labels: Labels, values: readonly (Span & { value: number })[]): void {
    const all = { namespace: this.namespace, ...labels };
    let series = this.facts.find(
      (other) => other.metric === metric && JSON.stringify(other.labels) === JSON.stringify(all),
    );
    if (series === undefined) {
      series = { metric, labels: all, samples: this.blank() };
      this.facts.push(series);
    }
    for (const { from, to, value } of values) series.samples.fill(value, from / STEP, to / STEP);
  }

  private blank(): (number | undefined)[] {
    return new Array(this.minutes / STEP).fill(undefined);
  }
}

/**
 * `5+0x3` is 5 four times, `_x3` no sample three times. Prometheus marks a series that is gone from its target as
 * stale.
 */
function notation(samples: readonly (number | undefined)[], markStale: boolean): string {
  const parts: string[] = [];
  for (let start = 0; start < samples.length;) {
    let end = start + 1;
    while (end < samples.length && samples[end] === samples[start]) end += 1;
    const value = samples[start];
    const count = end - start;
    if (value !== undefined) parts.push(`${value}+0x${count - 1}`);
    else if (markStale && start > 0) parts.push('stale', ...(count > 1 ? [`_x${count - 1}`] : []));
    else parts.push(`_x${count}`);
    start = end;
  }
  return parts.join(' ');
}
