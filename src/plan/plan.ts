import type { Manifest } from '../manifests/manifest';
import { LEVELS } from '../reports/level';
import { merged, riskOf, type Change, type Risk } from './change';
import { claims } from './changes/claims';
import { contents } from './changes/contents';
import { copies } from './changes/copies';
import { guards } from './changes/guards';
import { lifecycle } from './changes/lifecycle';
import { recovery } from './changes/recovery';
import { restores } from './changes/restores';
import { secrets } from './changes/secrets';
import { software } from './changes/software';
import { violations } from './changes/violations';
import { storage } from './changes/storage';
import { windows } from './changes/windows';
import { comparison, type Comparison, type PlanOptions } from './comparison';
import { duplicates, resourceChanges, resourceName, type ResourceChange } from './resources';
import type { Problem } from './files';
import type { Tree } from './tree';
import { plural } from './words';

/** What a change of a synthesized tree means. */
export interface Plan {
  readonly base: string;
  readonly head: string;
  readonly now: number;
  readonly risk: Risk;
  /** The worst first. Empty where the trees are the same. */
  readonly changes: readonly Change[];
  /** Every field that differs. */
  readonly resources: readonly ResourceChange[];
  readonly comparison: Comparison;
}

/** Of what is of one level, what comes first destroys the most. */
const ANSWERS = [claims, lifecycle, recovery, copies, guards, restores, storage, software, contents, secrets, windows];

export function plan(base: Tree, head: Tree, options: PlanOptions): Plan {
  const resources = resourceChanges(base.manifests, head.manifests);
  const compared = comparison(base.manifests, head.manifests, resources, options);
  const answers = [...ANSWERS.flatMap((answer) => answer(compared)), ...violations(compared)];
  const changes = [
    ...unread(base, head),
    ...twice(base, head),
    ...answers,
    ...others(resources, answers),
    ...files(base, head, resources),
  ];
  const worstFirst = LEVELS.flatMap((level) => merged(changes).filter((change) => change.level === level));
  return {
    base: base.name,
    head: head.name,
    now: options.now,
    risk: riskOf(changes),
    changes: worstFirst,
    resources,
    comparison: compared,
  };
}

/** What could not be read and is not the same on both sides. */
function unread(base: Tree, head: Tree): Change[] {
  const isSame = ({ file }: Problem): boolean => base.files.get(file) === head.files.get(file);
  const isNew = (problem: Problem): boolean =>
    !base.problems.some(({ file, message }) => file === problem.file && message === problem.message) ||
    !isSame(problem);
  const isGone = (problem: Problem): boolean =>
    !head.problems.some(({ file, message }) => file === problem.file && message === problem.message) ||
    !isSame(problem);
  const told = ({ file, line }: Problem): string => (line === undefined ? file : `${file}:${line}`);
  return [
    ...head.problems.filter(isNew).map((problem): Change => ({
      id: 'unreadable',
      level: 'error',
      resources: [told(problem)],
      title: `${problem.file} ${problem.message}`,
      details: ['Flux may not be able to read it either. Synthesize anew, or correct it.'],
    })),
    ...base.problems.filter(isGone).map((problem): Change => ({
      id: 'unreadable',
      level: 'warning',
      resources: [told(problem)],
      title: `Before the change, ${problem.file} ${problem.message}`,
      details: ['What it holds now may look new.'],
    })),
  ];
}

function twice(base: Tree, head: Tree): Change[] {
  const known = new Set(duplicates(base.manifests).map(identity));
  return duplicates(head.manifests)
    .filter((manifest) => !known.has(identity(manifest)))
    .map((manifest) => ({
      id: 'duplicate',
      level: 'error',
      resources: [resourceName(manifest)],
      title: `${resourceName(manifest)} is there twice, the second time in ${manifest.file}`,
      details: ['Kustomize refuses the tree, and Flux applies nothing of it.'],
    }));
}

function identity(manifest: Manifest): string {
  return `${manifest.file}\n${resourceName(manifest)}`;
}

/** What no answer speaks of is counted, and its fields are listed with all others. */
function others(resources: readonly ResourceChange[], answers: readonly Change[]): Change[] {
  const told = new Set(answers.flatMap(({ resources: about }) => about));
  const rest = resources.filter(({ before, after }) => !told.has(resourceName((after ?? before)!)));
  if (rest.length === 0) return [];
  return [
    {
      id: 'other',
      level: 'note',
      resources: rest.map((resource) => resourceName((resource.after ?? resource.before)!)),
      title: plural(
        rest.length,
        'resource differs of which nothing else is said',
        'resources differ of which nothing else is said',
      ),
      details: [],
    },
  ];
}

export function extent({ before, after, fields }: ResourceChange): string {
  return before === undefined ? 'new' : after === undefined ? 'gone' : plural(fields.length, 'field');
}

/** What is no manifest, and what is spelled in another way only: comments, quotes, the order of keys. */
function files(base: Tree, head: Tree, resources: readonly ResourceChange[]): Change[] {
  const told = new Set([
    ...resources.flatMap(({ before, after }) => [before?.file, after?.file]),
    ...[...base.problems, ...head.problems].map(({ file }) => file),
  ]);
  const paths = [...new Set([...head.files.keys(), ...base.files.keys()])].filter(
    (path) => base.files.get(path) !== head.files.get(path) && !told.has(path),
  );
  if (paths.length === 0) return [];
  const held = new Set([...base.manifests, ...head.manifests].map(({ file }) => file));
  const items = paths.map((path) => {
    if (!base.files.has(path)) return `${path}: new`;
    if (!head.files.has(path)) return `${path}: gone`;
    return `${path}: ${held.has(path) ? 'only its spelling, such as comments and quotes' : 'changed'}`;
  });
  return [
    {
      id: 'files',
      level: 'note',
      resources: paths,
      title: `${plural(paths.length, 'file differs', 'files differ')} in what is no field of a resource`,
      details: [],
      items,
    },
  ];
}
