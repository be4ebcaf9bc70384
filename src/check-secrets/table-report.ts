import { createColors } from 'picocolors';
import type { Report, Row } from './check-report';
import { shown } from './check-values';
import { LEVELS } from '../reports/level';
import { count, sentences } from '../reports/findings';
import { printable, wrapped } from '../reports/text';

/** The terminal on which the report is shown. */
export interface TableOptions {
  readonly color: boolean;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

const HEAD = ['Secret', 'Key', 'Where', 'Result'];

/** The report for people: each expectation and its result, then each finding with its remedy. */
export function tableReport(report: Report, { color, columns }: TableOptions): string {
  const colors = createColors(color);
  const paint = { error: colors.red, warning: colors.yellow, note: colors.cyan, ok: colors.green };
  const rows = report.rows.map((row) => ({
    cells: [row.secret, row.key ?? '(any)', where(row)].map(printable),
    result: paint[row.level](result(row)),
  }));
  const table = aligned([HEAD, ...rows.map(({ cells, result: last }) => [...cells, last])]);
  const worstFirst = LEVELS.flatMap((level) => report.findings.filter((one) => one.level === level));
  const blocks = worstFirst.map((one) =>
    [
      `${paint[one.level](one.level)}  ${printable(`${one.file}:${one.line}:${one.column}`)}  ${colors.dim(one.rule)}`,
      ...wrapped(sentences(one), columns),
    ].join('\n'),
  );
  return [table, ...blocks, summary(report)].join('\n\n');
}

/** The summary of the report, in one line. */
export function summary({ rows, findings }: Report): string {
  const levels = LEVELS.map((level) => plural(count(findings, level), level));
  return `${plural(rows.length, 'expectation')}: ${levels.join(', ')}`;
}

function where({ place }: Row): string {
  return place === undefined ? 'not in this repo' : `${place.file}:${place.line}`;
}

function result({ level, length }: Row): string {
  return length === undefined ? level : `${level}, ${shown(length)}`;
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Lines with columns of equal width, two spaces between them. The last column ends where its text ends. */
function aligned(rows: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...rows.map((row) => [...row[column]!].length));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(width(column)))).join('  '))
    .join('\n');
}
