import { LEVELS } from '../reports/level';
import { merged, riskOf, type Change, type Risk } from './change';
import { claims } from './changes/claims';
import { contents } from './changes/contents';
import { copies } from './changes/copies';
import { guards } from './changes/guards';
import { networkAccess } from './changes/network-access';
import { lifecycle } from './changes/lifecycle';
import { others } from './changes/others';
import { protection } from './changes/protection';
import { recovery } from './changes/recovery';
import { restores } from './changes/restores';
import { secrets } from './changes/secrets';
import { software } from './changes/software';
import { storage } from './changes/storage';
import { files, twice, unread, unrendered } from './changes/trees';
import { violations } from './changes/violations';
import { windows } from './changes/windows';
import { clusters } from './clusters';
import { ambiguousFolders, comparison, type Comparison, type PlanOptions } from './comparison';
import { resourceChanges, type ResourceChange } from './resources';
import type { Tree } from './tree';

/** The meaning of a change of a synthesized tree. */
export interface Plan {
  readonly base: string;
  readonly head: string;
  readonly now: number;
  readonly risk: Risk;
  /** The answers, the worst first. Empty if the trees are the same. */
  readonly changes: readonly Change[];
  /** Every field that differs. */
  readonly resources: readonly ResourceChange[];
  /** The comparison of each cluster. */
  readonly comparisons: readonly Comparison[];
}

/** Within a level, the first answers are about the greatest losses. */
const ANSWERS = [
  protection,
  claims,
  lifecycle,
  recovery,
  copies,
  guards,
  networkAccess,
  restores,
  storage,
  software,
  contents,
  secrets,
  windows,
  violations,
];

export function plan(base: Tree, head: Tree, options: PlanOptions): Plan {
  const parts = clusters(base, head);
  const ambiguous = ambiguousFolders(options.dumps, [
    parts.map(({ before }) => before),
    parts.map(({ after }) => after),
  ]);
  const comparisons = parts.map(({ folder, before, after }) =>
    comparison(folder, before, after, resourceChanges(before, after, folder), options, ambiguous),
  );
  const resources = comparisons.flatMap((compared) => compared.resources);
  const changes = merged([
    ...unread(base, head),
    ...unrendered(head, resources),
    ...comparisons.flatMap((compared) => {
      const answers = [...twice(compared), ...ANSWERS.flatMap((answer) => answer(compared))];
      return [...answers, ...others(compared, answers)].map((change) => inCluster(compared.cluster, change));
    }),
    ...files(base, head, resources),
  ]);
  return {
    base: base.name,
    head: head.name,
    now: options.now,
    risk: riskOf(changes),
    changes: LEVELS.flatMap((level) => changes.filter((change) => change.level === level)),
    resources,
    comparisons,
  };
}

function inCluster(cluster: string, change: Change): Change {
  return cluster === ''
    ? change
    : { ...change, resources: change.resources.map((resource) => `${cluster}: ${resource}`) };
}
