import { forecastOf, type Comparison } from './comparison';
import type { RestorePoint } from './restore-points';

/** The restore points of one backup on the axis of time. */
export interface Timeline {
  /** E.g. `shop/shop-db-backup`. */
  readonly backup: string;
  readonly next: number | undefined;
  readonly before: readonly RestorePoint[];
  readonly after: readonly RestorePoint[];
  /** What the change takes away, by name. */
  readonly lost: ReadonlySet<string>;
}

/** Those of the backups that the change is about, or, where it is about none, of all. */
export function timelines({ backups, after, options }: Comparison): Timeline[] {
  const changed = backups.flatMap(({ after: one, forecast }) =>
    one === undefined || forecast === undefined ? [] : [{ one, forecast }],
  );
  const all =
    changed.length > 0 ? changed : after.backups.map((one) => ({ one, forecast: forecastOf(one, one, options) }));
  return all.map(({ one: { manifest }, forecast: { next, before, after: points, lost } }) => ({
    backup: [manifest.namespace, manifest.name].filter((part) => part !== '').join('/'),
    next,
    before,
    after: points,
    lost: new Set(lost.map(({ point }) => point.name)),
  }));
}
