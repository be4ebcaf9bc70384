import { LEVELS, type Level } from '../reports/level';

/** The answers of a plan about a change. The ids are stable: scripts refer to them. */
export const CHANGES = {
  unreadable: 'A file cannot be read, and is not compared',
  duplicate: 'The same resource exists twice',
  'not-rendered': 'Kustomize changes the applied manifests, which the plan does not see',
  clusters: 'Folders are read as those of several clusters',
  'backup-added': 'A database gets a backup',
  'backup-removed': 'A database loses its backup',
  'backup-renamed': 'A backup gets another name',
  moved: 'Other objects get another name, or another namespace',
  'backup-suspended': 'A backup does not run any more',
  'backup-resumed': 'A backup runs again',
  'drill-added': 'A drill proves the dumps',
  'drill-removed': 'No drill proves the dumps any more',
  'drill-suspended': 'A drill does not run any more',
  'drill-resumed': 'A drill runs again',
  'drill-source': 'A drill restores from another place',
  'copy-added': 'Dumps are copied off site',
  'copy-removed': 'Dumps are not copied off site any more',
  'copy-suspended': 'Copies do not run any more',
  'copy-resumed': 'Copies run again',
  'copy-place': 'Copies go to another place',
  'copy-retention': 'The retention of copies changes',
  'copy-encryption': 'Copies are encrypted in another way',
  'restore-added': 'A template for restores is new',
  'restore-removed': 'A template for restores is gone',
  'restore-resumed': 'A template for restores runs by itself',
  'restore-at-merge': 'The merge starts a restore',
  'restore-repeats': 'A restore may be carried out again',
  'restore-job-changed': 'A Job that restores is changed',
  'restore-job-removed': 'A Job that restores is gone from Git',
  'recovery-point': 'The recovery point objective changes',
  schedule: 'Runs begin at other times',
  'restore-points-deleted': 'The next run deletes restore points that it would keep without the change',
  'restore-points': 'Other restore points are kept from now on',
  'recovery-window': 'The declared recovery window changes',
  hold: 'Dumps are held in spite of the retention, or no longer',
  storage: 'The dumps need more or less space',
  deadline: 'A run has more or less time',
  overlap: 'Two runs may be under way at the same time',
  'dumps-orphaned': 'Existing dumps no longer belong to the backup',
  'claim-removed': 'A claim is gone from Git',
  'claim-refused': 'A claim cannot be changed in this way',
  'claim-not-applied': 'A change of a claim has no effect',
  'claim-resized': 'A claim grows',
  'namespace-removed': 'A namespace with dumps is gone from Git',
  'deletion-refused': 'A guard refuses a deletion that the merge asks for',
  'protection-removed': 'A guard is gone, or protects less',
  'protection-added': 'A guard is new, or protects more',
  'guard-removed': 'An annotation no longer limits Flux',
  'guard-added': 'An annotation limits Flux',
  'alerts-removed': 'Rules for alerts are gone',
  'isolation-removed': 'Pods are not kept from the network any more',
  'isolation-opened': 'Pods may connect to more peers, or more peers to them',
  'isolation-closed': 'Pods may connect to fewer peers, or fewer peers to them',
  'restore-sessions': 'A restore treats sessions in another way',
  'restore-previous': 'Other former databases are kept after a restore',
  'restore-ignore': 'A restore goes on despite a failed check',
  'restore-quiesce': 'A restore stops and starts a service, or does so no longer',
  'restore-choice': 'The defaults of a restore change',
  target: 'Another database is dumped or replaced',
  tls: 'A connection is encrypted or checked in another way',
  source: 'A restore or a drill looks for dumps in another place',
  image: 'Other tools run',
  user: 'The pod runs as another user',
  scripts: 'The scripts change',
  checks: 'The checks of a dump change',
  contents: 'The contents of a dump change',
  heartbeat: 'Success and failure are reported elsewhere',
  'secret-needed': 'A secret is needed that was not needed',
  'secret-unchecked': 'A secret is not checked any more',
  'secret-renamed': 'A value is read from another key or secret',
  'secret-rule': 'The expectations of a secret change',
  policy: 'A policy is newly violated',
  other: 'Resources differ that no other answer mentions',
  files: 'Files differ outside of the fields of resources',
} as const;

export type ChangeId = keyof typeof CHANGES;

/** One answer to a reviewer about the meaning of the change. */
export interface Change {
  readonly id: ChangeId;
  readonly level: Level;
  /** The subjects, e.g. `CronJob shop/shop-db-backup`. */
  readonly resources: readonly string[];
  /** One sentence, without a full stop. */
  readonly title: string;
  /** Further sentences, a paragraph each. */
  readonly details: readonly string[];
  /** A list, such as the dumps that are deleted. */
  readonly items?: readonly string[];
}

/** Merges answers that are equal but for their resources. */
export function merged(changes: readonly Change[]): Change[] {
  const found = new Map<string, Change>();
  for (const change of changes) {
    const key = JSON.stringify({ ...change, resources: [] });
    const same = found.get(key);
    found.set(key, same === undefined ? change : { ...same, resources: [...same.resources, ...change.resources] });
  }
  return [...found.values()];
}

/** The risk of a change, by its worst level. */
export type Risk = 'high' | 'medium' | 'low' | 'none';

const RISKS: { readonly [level in Level]: Risk } = { error: 'high', warning: 'medium', note: 'low' };

export function riskOf(changes: readonly Change[]): Risk {
  const worst = LEVELS.find((level) => changes.some((change) => change.level === level));
  return worst === undefined ? 'none' : RISKS[worst];
}

/** True if a level is at least as bad as another level. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(least);
}
