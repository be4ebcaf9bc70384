import type { Change } from '../change';
import type { Comparison } from '../comparison';
import { fieldGroups, isDescribedOnly } from '../field-groups';
import { fieldLines } from '../field-lines';
import { changedName, type ResourceChange } from '../resources';
import { plural } from '../words';

/** So many differences are told here; each is among the fields. */
const MOST = 5;
const LONGEST = 160;

/** Two annotations that say what other answers tell: where only they differ, there is nothing to add. */
const SCRIPTS = /annotations\["cdk8s-postgres-backup\/scripts-sha256"\]$/;

/** What no answer speaks of. */
export function others({ resources }: Comparison, answers: readonly Change[]): Change[] {
  const told = new Set(answers.flatMap(({ resources: about }) => about));
  const tellsScripts = answers.some(({ id }) => id === 'scripts');
  const rest = resources.filter(
    (resource) =>
      !told.has(changedName(resource)) &&
      !(tellsScripts && resource.fields.length > 0 && resource.fields.every(({ path }) => SCRIPTS.test(path))),
  );
  const other = answers.length > 0 ? 'other ' : '';
  const [added, gone, described, changed] = [
    rest.filter(({ before }) => before === undefined),
    rest.filter(({ after }) => after === undefined),
    rest.filter(isDescribedOnly),
    rest.filter(({ fields }) => fields.length > 0).filter((resource) => !isDescribedOnly(resource)),
  ];
  return [
    ...note(changed, `${other}object differs`, `${other}objects differ`, differences(changed)),
    ...note(added, `${other}object is new`, `${other}objects are new`),
    ...note(gone, `${other}object is gone`, `${other}objects are gone`),
    ...(described.length === 0
      ? []
      : note(described, 'object has another description only', 'objects have other descriptions only')),
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
