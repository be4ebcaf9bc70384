import { k8s } from 'cdk8s-plus-28';
import { env } from '../workload/environment';
import { Retention } from './retention';

/** The rules as variables, for `lib/retention.sh`. */
export function retentionEnv(retention: Retention): k8s.EnvVar[] {
  return [
    env('KEEP_LAST', retention.last),
    env('KEEP_DAILY', retention.daily),
    env('KEEP_WEEKLY', retention.weekly),
    env('KEEP_MONTHLY', retention.monthly),
    env('KEEP_YEARLY', retention.yearly),
    env('KEEP_WITHIN_DAYS', retention.within?.toDays() ?? 0),
  ];
}
