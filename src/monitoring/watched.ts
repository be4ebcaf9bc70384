import { Chart, Cron, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { checkDuration, InvalidPropError } from '../errors';
import { Schedule } from '../schedule/schedule';

/** What a `BackupCronJob`, an `OffsiteCopy` and a `RestoreDrill` have in common. */
export interface Scheduled extends Construct {
  readonly name: string;
  readonly schedule: Cron;
  readonly timeZone: string;
  readonly activeDeadline: Duration;
  readonly startingDeadline: Duration;
  readonly rto?: Duration;
}

/** What a CronJob that has to succeed again and again is for. */
export type Kind = 'backup' | 'copy' | 'drill';

/** A CronJob that has to succeed again and again. */
export interface Watched {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** The longest time between two runs. */
  readonly interval: Duration;
  /** How much longer than that may lie between two successes. */
  readonly slack: Duration;
  readonly activeDeadline: Duration;
  /** How long a restore may take, where it is a drill that says so. */
  readonly rto?: Duration;
}

/** A template of restores, or the Job of a restore by a merge. */
export interface WatchedRestore {
  readonly namespace: string;
  readonly name: string;
}

/** A claim that dumps are written to. */
export interface WatchedClaim {
  readonly namespace: string;
  readonly name: string;
  /** For how many seconds its last measurement counts. */
  readonly window: number;
}

/**
 * Two successes are further apart than two runs when the first one was quick and the second one late or slow. The usual
 * slack is as much as is allowed: it may begin and end as late as its deadlines say.
 */
export function watched(property: string, kind: Kind, cronJob: Scheduled, slack: Duration | undefined): Watched {
  return {
    kind,
    namespace: watchedNamespace(property, cronJob),
    name: cronJob.name,
    interval: Duration.millis(Schedule.of(cronJob.schedule.expressionString, cronJob.timeZone)!.longestInterval),
    slack:
      slack === undefined
        ? Duration.seconds(cronJob.startingDeadline.toSeconds() + cronJob.activeDeadline.toSeconds())
        : checkDuration(`${property}.slack`, slack, 60),
    activeDeadline: cronJob.activeDeadline,
    rto: cronJob.rto,
  };
}

/** Seconds after which a success is overdue. */
export function staleAfter({ interval, slack }: Pick<Watched, 'interval' | 'slack'>): number {
  return interval.toSeconds() + slack.toSeconds();
}

/** Metrics are told apart by their namespace. */
export function watchedNamespace(property: string, construct: Construct): string {
  const { namespace } = Chart.of(construct);
  if (namespace === undefined) {
    throw new InvalidPropError(
      property,
      construct.node.path,
      'is in a chart without a namespace, so its metrics could be those of another object',
      'Give the chart a namespace: new Chart(app, "shop", { namespace: "shop" })',
    );
  }
  return namespace;
}
