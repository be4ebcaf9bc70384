import { at, number, text, type Manifest } from '../manifests/manifest';
import {
  claimOf,
  componentOf,
  containersOf,
  environmentOf,
  folderOf,
  secretVariablesOf,
  type Component,
} from '../manifests/workload';

/** The facts of the runs of a CronJob or Job of this library. */
export interface Workload {
  readonly manifest: Manifest;
  readonly component: Component;
  /** Undefined for a Job, which runs once. */
  readonly schedule: string | undefined;
  readonly timeZone: string;
  readonly isSuspended: boolean;
  /** Seconds. */
  readonly deadline: number | undefined;
  /** Seconds. */
  readonly startingDeadline: number;
  readonly database: string;
  /** Empty if it never connects to the server. */
  readonly server: string;
  readonly claim: string;
  /** The folder on the claim. */
  readonly folder: string;
  readonly images: ReadonlyMap<string, string>;
  readonly env: ReadonlyMap<string, string>;
  /** The variables that come from secrets, with the secret and the key. */
  readonly secretVariables: ReadonlyMap<string, string>;
}

/** The facts of a workload from its manifest; undefined for every other object. */
export function workloadOf(manifest: Manifest): Workload | undefined {
  const component = componentOf(manifest);
  if (component === undefined || (manifest.kind !== 'CronJob' && manifest.kind !== 'Job')) return undefined;
  const { object, kind } = manifest;
  const job = kind === 'CronJob' ? at(object, 'spec', 'jobTemplate', 'spec') : at(object, 'spec');
  const env = environmentOf(manifest);
  return {
    manifest,
    component,
    schedule: text(object, 'spec', 'schedule'),
    timeZone: text(object, 'spec', 'timeZone') ?? 'Etc/UTC',
    isSuspended: at(object, 'spec', 'suspend') === true,
    deadline: number(job, 'activeDeadlineSeconds'),
    startingDeadline: number(object, 'spec', 'startingDeadlineSeconds') ?? 0,
    database: env.get('PGDATABASE') ?? '',
    server: env.has('PGHOST') ? `${env.get('PGHOST')}:${env.get('PGPORT') ?? ''}` : '',
    claim: claimOf(manifest),
    folder: folderOf(env),
    images: new Map(containersOf(manifest).map(({ value }) => [text(value, 'name') ?? '', text(value, 'image') ?? ''])),
    env,
    secretVariables: secretVariablesOf(manifest),
  };
}
