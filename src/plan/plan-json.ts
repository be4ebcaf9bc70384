import type { Value } from '../manifests/manifest';
import { LEVELS, type Level } from '../reports/level';
import type { ChangeId, Risk } from './change';
import type { Plan } from './plan';
import { isMoved, resourceName } from './resources';

/** The output of `--json`. Fields may be added. If a field is removed or changes its meaning, `version` counts up. */
export interface JsonReport {
  readonly version: 1;
  /** The trees as they were asked for. */
  readonly base: string;
  readonly head: string;
  /** The moment that the answers are for, in ISO 8601. */
  readonly now: string;
  readonly risk: Risk;
  /** The worst first. */
  readonly changes: readonly {
    readonly id: ChangeId;
    readonly level: Level;
    readonly resources: readonly string[];
    readonly title: string;
    readonly details: readonly string[];
    readonly items?: readonly string[];
  }[];
  /** The forecast of the restore points of each backup that differs. */
  readonly restorePoints: readonly {
    readonly backup: string;
    /**
     * The beginning of the next run; missing if none is scheduled. The lists are then for a run on demand, without its
     * own dump.
     */
    readonly nextRun?: string;
    /** Whether the names come from a listing, and not from the calendar. */
    readonly isListed: boolean;
    /** At the end of the next run, without the change and with it, the newest first. */
    readonly before: readonly string[];
    readonly after: readonly string[];
    readonly lost: readonly string[];
  }[];
  /** Every resource that differs, and each of its fields. */
  readonly resources: readonly {
    readonly file: string;
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly change: 'added' | 'removed' | 'changed';
    /** Its former name, if its name or namespace has changed. */
    readonly was?: string;
    readonly fields: readonly { readonly path: string; readonly before?: Value; readonly after?: Value }[];
  }[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number };
}

export function jsonReport({ base, head, now, risk, changes, resources, comparisons }: Plan): JsonReport {
  const [errors, warnings, notes] = LEVELS.map(
    (level) => changes.filter((change) => change.level === level).length,
  ) as [number, number, number];
  return {
    version: 1,
    base,
    head,
    now: new Date(now).toISOString(),
    risk,
    changes,
    restorePoints: comparisons.flatMap(({ cluster, backups }) =>
      backups.flatMap(({ after, forecast }) =>
        after === undefined || forecast === undefined
          ? []
          : [
              {
                backup: `${cluster === '' ? '' : `${cluster}: `}${resourceName(after.manifest)}`,
                ...(forecast.next !== undefined && { nextRun: new Date(forecast.next).toISOString() }),
                isListed: forecast.isListed,
                before: forecast.before.map(({ name }) => name),
                after: forecast.after.map(({ name }) => name),
                lost: forecast.lost.map(({ point }) => point.name),
              },
            ],
      ),
    ),
    resources: resources.map(({ before, after, fields }) => {
      const { file, apiVersion, kind, namespace, name } = (after ?? before)!;
      return {
        file,
        apiVersion,
        kind,
        ...(namespace !== '' && { namespace }),
        name,
        ...(isMoved({ before, after }) && { was: resourceName(before!) }),
        change: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
        fields: fields.map((field) => ({ path: field.path, before: field.before, after: field.after })),
      };
    }),
    summary: { errors, warnings, notes },
  };
}
