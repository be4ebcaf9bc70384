import { createColors } from 'picocolors';
import { printable, wrapped } from '../reports/text';
import { fieldGroups, type FieldGroup } from './field-groups';
import { fieldLines } from './field-lines';
import { headline } from './headline';
import type { Plan } from './plan';
import { changedName, isMoved, resourceName, type ResourceChange } from './resources';
import { plural } from './words';

/** The terminal on which the plan is shown. */
export interface TextOptions {
  readonly color: boolean;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

/** The most resources that are listed. JSON has all of them. */
const MOST_RESOURCES = 10;

/** The plan for people: the risk in a line, the meaning of the change, and every field that differs. */
export function textReport(plan: Plan, { color, columns }: TextOptions): string {
  const colors = createColors(color);
  const paint = { error: colors.red, warning: colors.yellow, note: colors.cyan };
  const risk = { high: colors.red, medium: colors.yellow, low: colors.cyan, none: colors.green }[plan.risk];
  const changes = plan.changes.map(({ id, level, resources: about, title, details, items = [] }) =>
    [
      `${paint[level](level)}  ${colors.dim(id)}  ${printable(firstOf(about).join(', '))}`,
      ...[title, ...details].flatMap((text) => wrapped(sentence(printable(text)), columns)),
      ...items.map((item) => `    ${printable(item)}`),
    ].join('\n'),
  );
  const groups = fieldGroups(plan.resources).map((group) =>
    [
      printable(groupName(group)),
      ...group.fields
        .flatMap((field) => fieldLines(field))
        .map(
          (line) => `    ${line.startsWith('+') ? colors.green(line) : line.startsWith('-') ? colors.red(line) : line}`,
        ),
    ].join('\n'),
  );
  const listed = [...groups, ...comeAndGone(plan).map(printable)];
  return [risk(headline(plan)), ...changes, ...(listed.length === 0 ? [] : [colors.bold('Fields'), ...listed])].join(
    '\n\n',
  );
}

/** The heading of a group of fields: its resources. */
export function groupName({ resources, fields }: FieldGroup): string {
  const names = firstOf(resources.map(fullName)).join(', ');
  return `${names}: ${plural(fields.length, resources.length > 1 ? 'equal field' : 'field')}`;
}

/** The resources that are new or gone, a line each. */
export function comeAndGone({ resources }: Plan): string[] {
  const listed = (word: string, some: readonly ResourceChange[]): string[] =>
    some.length === 0 ? [] : [`${word}: ${some.map(fullName).join(', ')}`];
  return [
    ...listed(
      'New',
      resources.filter(({ before }) => before === undefined),
    ),
    ...listed(
      'Gone',
      resources.filter(({ after }) => after === undefined),
    ),
  ];
}

function fullName(resource: ResourceChange): string {
  const { cluster, before } = resource;
  const was = isMoved(resource) ? ` (was ${resourceName(before!).slice(before!.kind.length + 1)})` : '';
  return `${cluster === '' ? '' : `${cluster}: `}${changedName(resource)}${was}`;
}

/** The names of the first resources, and the number of the others. */
export function firstOf(resources: readonly string[]): string[] {
  const rest = resources.length - MOST_RESOURCES;
  return rest > 0 ? [...resources.slice(0, MOST_RESOURCES), `${rest} more`] : [...resources];
}

export function sentence(text: string): string {
  return /[.:?]$/.test(text) ? text : `${text}.`;
}
