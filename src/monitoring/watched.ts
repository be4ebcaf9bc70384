import { Chart, Cron, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { checkDuration, InvalidPropError } from '../errors';
import { Schedule } from '../schedule/schedule';
import { CronJobMetrics } from './metrics';

/** What a `BackupCronJob` and a `RestoreDrill` have in common. */
export interface Scheduled extends Construct {
  readonly name: string;
  readonly schedule: Cron;
  readonly timeZone: string;
  readonly activeDeadline: Duration;
  readonly startingDeadline: Duration;
}

/** A CronJob that has to succeed again and again. */
export interface Watched {
  readonly namespace: string;
  readonly name: string;
  readonly metrics: CronJobMetrics;
  /** The longest time between two runs. */
  readonly interval: Duration;
  /** How much longer than that may lie between two successes. */
  readonly slack: Duration;
  readonly activeDeadline: Duration;
}

/**
 * Two successes are further apart than two runs when the first one was quick and the second one late or slow. The usual
 * slack is as much as is allowed: it may begin and end as late as its deadlines say.
 */
export function watched(property: string, cronJob: Scheduled, slack: Duration | undefined): Watched {
  const namespace = watchedNamespace(property, cronJob);
  return {
    namespace,
    name: cronJob.name,
    metrics: new CronJobMetrics(namespace, cronJob.name),
    interval: Duration.millis(Schedule.of(cronJob.schedule.expressionString, cronJob.timeZone)!.longestInterval),
    slack:
      slack === undefined
        ? Duration.seconds(cronJob.startingDeadline.toSeconds() + cronJob.activeDeadline.toSeconds())
        : checkDuration(`${property}.slack`, slack, 60),
    activeDeadline: cronJob.activeDeadline,
  };
}

/** Seconds after which a success is overdue. */
export function staleAfter({ interval, slack }: Watched): number {
  return interval.toSeconds() + slack.toSeconds();
}

/** Metrics are told apart by their namespace. */
export function watchedNamespace(property: string, construct: Construct): string {
  const { namespace } = Chart.of(construct);
  if (namespace === undefined) {
    throw new InvalidPropError(
      property,
      construct.node.path,
      "is in a chart without a namespace, and its metrics could be anybody's",
      'Give the chart a namespace: new Chart(app, "shop", { namespace: "shop" })',
    );
  }
  return namespace;
}
