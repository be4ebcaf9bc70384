import { createColors } from 'picocolors';
import type { Value } from '../manifests/manifest';
import { printable, wrapped } from '../reports/text';
import { ORDER, type FieldChange } from './fields';
import { headline } from './headline';
import { extent, type Plan } from './plan';
import { resourceName } from './resources';

/** How a person sees the plan. */
export interface TextOptions {
  readonly color: boolean;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

/** A new text of more lines is told by its beginning; a changed one by its difference, in full. */
const MOST_LINES = 40;

/** JSON has them all. */
const MOST_RESOURCES = 10;

/** The plan for people: the risk in a line, what the change means, and every field that differs. */
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
  const resources = plan.resources.map((resource) =>
    [
      `${printable(resourceName((resource.after ?? resource.before)!))}: ${extent(resource)}`,
      ...resource.fields
        .flatMap((field) => fieldLines(field))
        .map(
          (line) => `    ${line.startsWith('+') ? colors.green(line) : line.startsWith('-') ? colors.red(line) : line}`,
        ),
    ].join('\n'),
  );
  const listed = resources.length === 0 ? [] : [colors.bold('Fields'), ...resources];
  return [risk(headline(plan)), ...changes, ...listed].join('\n\n');
}

/** A field and how it differs, in lines. */
export function fieldLines({ path, before, after, diff }: FieldChange): string[] {
  const told = printable(path);
  if (diff !== undefined) return [`${told}:`, ...diff.split('\n').map(printableLine)];
  if (before === undefined) return added(told, '+', after);
  if (after === undefined) return added(told, '-', before);
  const [was, is] = path.endsWith(ORDER) ? whereTheyDiffer(String(before), String(after)) : [before, after];
  return [`${told}: ${shown(was)} → ${shown(is)}`];
}

/** Of two lists of names, what is between the first and the last difference. */
function whereTheyDiffer(before: string, after: string): [string, string] {
  const [was, is] = [before.split(', '), after.split(', ')];
  const first = was.findIndex((name, index) => name !== is[index]);
  const end = was.length - [...was].reverse().findIndex((name, index) => name !== is.at(-1 - index));
  return [was.slice(first, end).join(', '), is.slice(first, end).join(', ')];
}

/** The names of the first resources, and how many more there are. */
export function firstOf(resources: readonly string[]): string[] {
  const rest = resources.length - MOST_RESOURCES;
  return rest > 0 ? [...resources.slice(0, MOST_RESOURCES), `${rest} more`] : [...resources];
}

function added(path: string, sign: string, value: Value): string[] {
  if (typeof value !== 'string' || !value.trimEnd().includes('\n')) return [`${sign} ${path}: ${shown(value)}`];
  const lines = value.trimEnd().split('\n');
  const rest = lines.length - MOST_LINES;
  return [
    `${sign} ${path}:`,
    ...lines.slice(0, MOST_LINES).map((line) => `${sign}  ${printableLine(line)}`),
    ...(rest > 0 ? [`${sign}  … ${rest} more lines`] : []),
  ];
}

function shown(value: Value): string {
  return printable(JSON.stringify(value));
}

function printableLine(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

export function sentence(text: string): string {
  return /[.:?]$/.test(text) ? text : `${text}.`;
}
