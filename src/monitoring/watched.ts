import { Chart, Cron, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { checkDuration, InvalidPropError } from '../errors';
import { Schedule } from '../schedule/schedule';

/** The common facts of a `BackupCronJob`, an `OffsiteCopy` and a `RestoreDrill`. */
export interface Scheduled extends Construct {
  readonly name: string;
  readonly schedule: Cron;
  readonly timeZone: string;
  readonly activeDeadline: Duration;
  readonly startingDeadline: Duration;
  readonly rto?: Duration;
}

/** The purpose of a CronJob that has to succeed regularly. */
export type Kind = 'backup' | 'copy' | 'drill';

/** A CronJob that has to succeed regularly. */
export interface Watched {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** The longest time between two runs. */
  readonly interval: Duration;
  /** Time that may lie between two successes beyond the interval. */
  readonly slack: Duration;
  readonly activeDeadline: Duration;
  /** Recovery time objective of a drill; undefined for none. */
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
  /** Seconds for which its last measurement counts. */
  readonly window: number;
}

/**
 * A CronJob with its slack. Two successes are further apart than two runs if the first run was quick and the second was
 * late or slow. By default, the slack is all that the deadlines allow a run to begin and end late.
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

/** Returns the namespace of a construct, which distinguishes its metrics. */
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
