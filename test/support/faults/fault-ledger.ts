import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../machine/run-folder';

/** What may never happen, whatever the fault, by what is run. */
export const NO_VIOLATIONS = {
  backup: {
    'bad dumps published': 0,
    'last verified dump pruned': 0,
    'passwords leaked': 0,
    'failures reported as success': 0,
  },
  restore: {
    'live databases changed by a failed restore': 0,
    'restores run twice': 0,
    'failures reported as success': 0,
    'secrets in logs or argv': 0,
  },
  drill: {
    'bad dumps called proven': 0,
    'good dumps refuted': 0,
    'failures reported as success': 0,
    'keys outside their file': 0,
  },
  offsite: {
    'copies called good that cannot be restored': 0,
    'objects overwritten': 0,
    'plaintext in the bucket': 0,
    'failures reported as success': 0,
    'secrets in logs, argv or the NAS': 0,
  },
};

export type Component = keyof typeof NO_VIOLATIONS;

export type Violations<C extends Component> = (typeof NO_VIOLATIONS)[C];

export type Entry = { readonly component: Component } & (
  | { readonly case: string; readonly violations: Record<string, number> }
  | { readonly case: string; readonly skipped: string }
  /** How many a group has, of which a run may leave some out. */
  | { readonly cases: number }
);

/** Where all test workers write what came of each case, for the totals at the end of the run. */
export const LEDGER = 'faults.jsonl';

export function record(entry: Entry): void {
  appendFileSync(join(runFolder(), LEDGER), `${JSON.stringify(entry)}\n`);
}
