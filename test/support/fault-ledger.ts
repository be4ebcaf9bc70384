import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from './run-folder';

/** What may never happen, whatever the fault. */
export const NO_VIOLATIONS = {
  'bad dumps published': 0,
  'last verified dump pruned': 0,
  'passwords leaked': 0,
  'failures reported as success': 0,
};

export type Violations = typeof NO_VIOLATIONS;

export type Entry = { readonly case: string } & ({ readonly violations: Violations } | { readonly skipped: string });

/** Where all test workers write what came of each case, for the totals at the end of the run. */
export const LEDGER = 'faults.jsonl';

export function record(entry: Entry): void {
  appendFileSync(join(runFolder(), LEDGER), `${JSON.stringify(entry)}\n`);
}
