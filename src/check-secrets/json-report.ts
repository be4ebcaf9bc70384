import type { Report } from './check-report';
import type { Level } from '../reports/level';
import { count, type Finding } from '../reports/findings';

/** The output of `--json`. Fields may be added. If a field is removed or changes its meaning, `version` counts up. */
export interface JsonReport {
  readonly version: 1;
  /** The files with the lists of expected secrets. */
  readonly lists: readonly string[];
  /** The expectations, in the order of the lists. */
  readonly secrets: readonly {
    /** `namespace/name`. */
    readonly secret: string;
    /** Missing if the whole Secret is expected. */
    readonly key?: string;
    readonly because: string;
    readonly result: Level | 'ok';
    /** From the root of the repo; missing if the repo has no such Secret. */
    readonly file?: string;
    readonly line?: number;
    /** Bounds of the value's length, as far as its ciphertext shows it. */
    readonly bytes?: { readonly least: number; readonly most: number };
  }[];
  readonly findings: readonly Finding[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number };
}

export function jsonReport({ lists, rows, findings }: Report): JsonReport {
  return {
    version: 1,
    lists,
    secrets: rows.map(({ secret, key, because, level, place, length }) => ({
      secret,
      key,
      because,
      result: level,
      file: place?.file,
      line: place?.line,
      bytes: length,
    })),
    findings,
    summary: { errors: count(findings, 'error'), warnings: count(findings, 'warning'), notes: count(findings, 'note') },
  };
}
