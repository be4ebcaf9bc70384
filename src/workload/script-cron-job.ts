import { ApiObject, Cron, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { OVERDUE_AFTER, SERVER_VERSION } from '../kubernetes/annotations';
import { VERBATIM } from '../delivery/gitops-annotations';
import { InvalidPropError } from '../errors';
import { described, labelsOf } from '../kubernetes/labels';
import { checkName, CRON_JOB_NAME_LENGTH } from '../kubernetes/names';
import { Schedule } from '../schedule/schedule';
import { checkSchedule, checkTimeZone } from '../schedule/schedule-checks';
import { scriptJob, ScriptJobProps, specAtSynth } from './script-job';

export interface ScriptCronJobProps extends ScriptJobProps {
  readonly schedule: Cron;
  readonly timeZone: string;
  readonly suspend: boolean;
  readonly startingDeadline?: Duration;
  readonly successfulJobsRetained: number;
  readonly failedJobsRetained: number;
  /** Facts for the readers of the manifest, as annotations of the CronJob alone. */
  readonly declares?: { [name: string]: string };
}

/** A CronJob that runs one of the scripts. */
export class ScriptCronJob extends Construct {
  constructor(scope: Construct, id: string, props: ScriptCronJobProps) {
    super(scope, id);
    check(props);
    const labels = labelsOf(props);
    const job = scriptJob(this, props);
    const declared = {
      [SERVER_VERSION]: String(props.database.image.majorVersion),
      ...props.declares,
      // A restore's template never runs by itself.
      ...(props.component === 'restore' ? {} : { [OVERDUE_AFTER]: String(overdueAfter(props)) }),
    };
    this.node.defaultChild = new ApiObject(this, 'cron-job', {
      ...k8s.KubeCronJob.GVK,
      metadata: {
        name: props.name,
        labels,
        annotations: { ...described(props.description), ...props.annotations, ...VERBATIM, ...declared },
      },
      spec: specAtSynth(() =>
        k8s.KubeCronJob.manifest({
          spec: {
            schedule: props.schedule.expressionString,
            timeZone: props.timeZone,
            suspend: props.suspend,
            concurrencyPolicy: 'Forbid',
            startingDeadlineSeconds: props.startingDeadline?.toSeconds(),
            successfulJobsHistoryLimit: props.successfulJobsRetained,
            failedJobsHistoryLimit: props.failedJobsRetained,
            jobTemplate: { metadata: { labels }, spec: job() },
          },
        }),
      ),
    });
  }
}

/** In seconds. Two successes are further apart than two runs if the second begins and ends as late as it may. */
function overdueAfter({ schedule, timeZone, startingDeadline, activeDeadline }: ScriptCronJobProps): number {
  const interval = Duration.millis(Schedule.of(schedule.expressionString, timeZone)!.longestInterval);
  return interval.toSeconds() + (startingDeadline?.toSeconds() ?? 0) + activeDeadline.toSeconds();
}

function check(props: ScriptCronJobProps): void {
  const { noun } = props;
  checkName(`${noun}.name`, props.name, CRON_JOB_NAME_LENGTH);
  checkSchedule(`${noun}.schedule`, props.schedule);
  checkTimeZone(`${noun}.timeZone`, props.timeZone);
  for (const property of ['successfulJobsRetained', 'failedJobsRetained'] as const) {
    if (!Number.isInteger(props[property]) || props[property] < 0) {
      throw new InvalidPropError(
        `${noun}.${property}`,
        props[property],
        'must be a whole number from 0 on',
        'Say how many finished Jobs stay readable with kubectl logs, e.g. 7',
      );
    }
  }
}
