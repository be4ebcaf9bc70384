import { at, text, type Manifest } from '../manifests/manifest';
import { claimsOf, componentOf, environmentOf } from '../manifests/workload';
import { Schedule } from '../schedule/schedule';
import { oncePerTree } from './policy';

/**
 * The most runs that may begin in one minute. A backup has four sessions on its server: the lock, the snapshot, the
 * dump, and the record of contents. Ten backups have 40 of the 100 sessions that PostgreSQL allows by default.
 */
export const MOST_AT_ONCE = 10;

/** A month that begins with a Monday and with a year: schedules of days, weeks, months and years have runs in it. */
export const [BEGIN, END] = [Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 1)];

/** The most runs that are examined, of a schedule of every few minutes. */
export const MOST_RUNS = 5000;

/** Runs that begin in one minute, in one place. */
export interface Crowd {
  /** The server or the claim, in words. */
  readonly place: string;
  readonly runs: number;
  /** A time of day in UTC, e.g. `02:00`. */
  readonly minute: string;
}

/** The worst crowd of each place, with the first of its CronJobs by name. */
export const crowds = oncePerTree((manifests): ReadonlyMap<Manifest, readonly Crowd[]> => {
  const places = new Map<string, Map<number, Manifest[]>>();
  for (const manifest of manifests) {
    for (const place of placesOf(manifest)) {
      const minutes = places.get(place) ?? new Map<number, Manifest[]>();
      places.set(place, minutes);
      for (const run of runsOf(manifest)) {
        const beginning = minutes.get(run);
        if (beginning === undefined) minutes.set(run, [manifest]);
        else beginning.push(manifest);
      }
    }
  }
  const crowdsBy = new Map<Manifest, Crowd[]>();
  for (const [place, minutes] of places) {
    const worst = [...minutes].reduce((most, each) => (each[1].length > most[1].length ? each : most), [0, []]);
    const [run, beginning] = worst;
    if (beginning.length <= MOST_AT_ONCE) continue;
    const first = beginning.reduce((least, each) => (each.name < least.name ? each : least));
    const crowd = { place, runs: beginning.length, minute: new Date(run).toISOString().slice(11, 16) };
    crowdsBy.set(first, [...(crowdsBy.get(first) ?? []), crowd]);
  }
  return crowdsBy;
});

/** The targets of the runs of a CronJob of this library; none if it is suspended, as templates of restores are. */
function placesOf(manifest: Manifest): string[] {
  const { kind, namespace, object } = manifest;
  if (kind !== 'CronJob' || componentOf(manifest) === undefined || at(object, 'spec', 'suspend') === true) return [];
  const env = environmentOf(manifest);
  const host = env.get('PGHOST');
  // A name without a dot is that of a Service in the same namespace.
  const server = host === undefined || host.includes('.') ? host : `${namespace}/${host}`;
  return [
    ...(server === undefined ? [] : [`the server ${server}:${env.get('PGPORT') ?? ''}`]),
    ...claimsOf(manifest).map((claim) => `the claim ${namespace}/${claim}`),
  ];
}

function runsOf({ object }: Manifest): readonly number[] {
  const schedule = Schedule.of(text(object, 'spec', 'schedule') ?? '', text(object, 'spec', 'timeZone') ?? 'Etc/UTC');
  return schedule?.runs(BEGIN, END, MOST_RUNS) ?? [];
}
