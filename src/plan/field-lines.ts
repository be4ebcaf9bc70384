import type { Value } from '../manifests/manifest';
import { printable } from '../reports/text';
import { ORDER, type FieldChange } from './fields';

/** A new text of more lines is shown by its beginning. A changed text is shown by its full difference. */
const MOST_LINES = 40;

/** A field and its difference, in lines. */
export function fieldLines({ path, before, after, diff }: FieldChange): string[] {
  const told = printable(path);
  if (diff !== undefined) return [`${told}:`, ...diff.split('\n').map(printableLine)];
  if (before === undefined) return added(told, '+', after);
  if (after === undefined) return added(told, '-', before);
  const [was, is] = path.endsWith(ORDER) ? whereTheyDiffer(String(before), String(after)) : [before, after];
  return [`${told}: ${shown(was)} → ${shown(is)}`];
}

/** The parts of two lists of names between the first and the last difference. */
function whereTheyDiffer(before: string, after: string): [string, string] {
  const [was, is] = [before.split(', '), after.split(', ')];
  const first = was.findIndex((name, index) => name !== is[index]);
  const end = was.length - [...was].reverse().findIndex((name, index) => name !== is.at(-1 - index));
  return [was.slice(first, end).join(', '), is.slice(first, end).join(', ')];
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
