import type { Change } from '../change';
import type { Comparison } from '../comparison';
import { fieldGroups, isDescribedOnly, isDescription } from '../field-groups';
import { fieldLines } from '../field-lines';
import { changedName, isMoved, type ResourceChange } from '../resources';
import { plural } from '../words';

/** The most differences that are listed here; all of them are among the fields. */
const MOST = 5;
const LONGEST = 160;

/** Fields that have other answers: the checksum of the scripts, and the list of expected secrets. */
const TOLD = /annotations\["cdk8s-postgres-backup\/scripts-sha256"\]$|^data\["secrets\.(yaml|tsv)"\]$/;

/** Answers about the resources that no other answer mentions. */
export function others({ resources, namespaces }: Comparison, answers: readonly Change[]): Change[] {
  const told = new Set(answers.flatMap(({ resources: about }) => about));
  const moved = new Map(
    resources.flatMap((resource) =>
      isMoved(resource) ? [[resource.before!.name, resource.after!.name] as const] : [],
    ),
  );
  const isFollowing = ({ fields }: ResourceChange): boolean =>
    answers.length > 0 &&
    fields.length > 0 &&
    fields.every(
      ({ path, before, after }) =>
        TOLD.test(path) ||
        isDescription(path) ||
        (typeof before === 'string' && (moved.get(before) === after || namespaces.get(before) === after)),
    );
  const rest = resources.filter((resource) => !told.has(changedName(resource)));
  const other = answers.length > 0 ? 'other ' : '';
  const [added, gone, described, changed] = [
    rest.filter(({ before }) => before === undefined),
    rest.filter(({ after }) => after === undefined),
    rest.filter(isDescribedOnly),
    rest.filter((resource) => resource.fields.length > 0 && !isDescribedOnly(resource) && !isFollowing(resource)),
  ];
  return [
    ...note(changed, `${other}object differs`, `${other}objects differ`, differences(changed)),
    ...note(added, `${other}object is new`, `${other}objects are new`),
    ...note(gone, `${other}object is gone`, `${other}objects are gone`),
    ...note(described, 'object has another description only', 'objects have other descriptions only'),
  ];
}

function note(resources: readonly ResourceChange[], noun: string, nouns: string, items?: readonly string[]): Change[] {
  return resources.length === 0
    ? []
    : [
        {
          id: 'other',
          level: 'note',
          resources: resources.map(changedName),
          title: plural(resources.length, noun, nouns),
          details: [],
          ...(items && { items }),
        },
      ];
}

function differences(resources: readonly ResourceChange[]): string[] {
  const groups = fieldGroups(resources);
  const lines = groups.flatMap(({ resources: having, fields }) =>
    fields.map((field) => {
      const [first, ...more] = fieldLines(field);
      const line = `${first!.slice(0, LONGEST)}${first!.length > LONGEST || more.length > 0 ? ' …' : ''}`;
      return having.length > 1 ? `${line} (${having.length} objects)` : line;
    }),
  );
  return lines.length > MOST ? [...lines.slice(0, MOST), `${lines.length - MOST} more, see the fields`] : lines;
}
