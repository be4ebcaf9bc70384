import { printable } from '../reports/text';
import { LEVELS } from '../reports/level';
import type { Change } from './change';
import { fieldGroups, type FieldGroup } from './field-groups';
import { fieldLines } from './field-lines';
import { headline } from './headline';
import type { Plan } from './plan';
import { comeAndGone, firstOf, groupName, sentence } from './plan-text';
import { plural } from './words';

/** GitHub takes comments of up to 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** What a reader sees of a comment without unfolding anything: 60 lines with the headline and the folds. */
const MOST_LINES = 50;

/** So many items of an answer are seen; where there are more, all of them are in the fold. */
const MOST_ITEMS = 8;

const SIGNS = { error: '🔴 error', warning: '🟡 warning', note: '🔵 note' };

/** The plan as a comment of a pull request: at most 60 lines, the worst first, and the rest behind folds. */
export function markdownReport(plan: Plan): string {
  const shown: string[] = [];
  const folded: Change[] = [];
  let left = MOST_LINES;
  for (const change of plan.changes) {
    const block = item(change, MOST_ITEMS);
    const lines = block.split('\n').length;
    // What comes later is no worse, and is not seen before what was folded.
    if (folded.every((one) => isCut(one)) && lines <= left) {
      shown.push(block);
      left -= lines;
      if (isCut(change)) folded.push(change);
    } else folded.push(change);
  }
  const blocks = [...fieldGroups(plan.resources).map(diff), ...comeAndGone(plan).map((line) => `${text(line)}\n`)];
  const answers = folded.map((change) => item(change));
  const parts = [`### ${text(headline(plan))}\n`, ...shown, ...fold(summary(folded), answers, MOST_CHARACTERS / 2)];
  const room = MOST_CHARACTERS - parts.join('\n').length;
  return [...parts, ...fold(`Fields of ${plural(plan.resources.length, 'object')}`, blocks, room)].join('\n').trimEnd();
}

function isCut({ items = [] }: Change): boolean {
  return items.length > MOST_ITEMS;
}

/** What is behind a fold, by its levels: `2 warnings and 3 notes`. */
function summary(folded: readonly Change[]): string {
  const [cut, more] = [folded.filter(isCut), folded.filter((change) => !isCut(change))];
  const counts = LEVELS.map((level) => [more.filter((change) => change.level === level).length, level] as const)
    .filter(([number]) => number > 0)
    .map(([number, level]) => plural(number, `more ${level}`));
  return [...counts, ...(cut.length > 0 ? [`${plural(cut.length, 'list')} in full`] : [])].join(', ');
}

function fold(title: string, blocks: readonly string[], room: number): string[] {
  if (blocks.length === 0) return [];
  const escaped = printable(title).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('@', '&#64;');
  return [`<details><summary>${escaped}</summary>\n`, ...cut(blocks, room), '</details>\n'];
}

function item({ level, resources, title, details, items = [] }: Change, most = Infinity): string {
  const about = firstOf(resources).map(code).join(', ');
  const rest = items.length - most;
  return [
    `- **${SIGNS[level]}**: ${text(sentence(title))} ${about}`,
    ...(details.length > 0 ? [`\n  ${details.map((detail) => text(sentence(detail))).join(' ')}`] : []),
    ...items.slice(0, most).map((one) => `  - ${text(one)}`),
    ...(rest > 0 ? [`  - … and ${rest} more`] : []),
    '',
  ].join('\n');
}

/** Fields as a diff. */
function diff(group: FieldGroup): string {
  const lines = group.fields.flatMap((field) =>
    field.diff === undefined && field.before !== undefined && field.after !== undefined
      ? [
          ...fieldLines({ path: field.path, before: field.before }),
          ...fieldLines({ path: field.path, after: field.after }),
        ]
      : fieldLines(field),
  );
  const fence = '`'.repeat(longestRun(lines.join('\n'), 2) + 1);
  return [`${text(groupName(group))}\n`, `${fence}diff`, ...lines, `${fence}\n`].join('\n');
}

/**
 * Text in which no character is markup. Nobody is notified because of a name in a manifest: a word joiner after the @
 * makes it none.
 */
function text(value: string): string {
  return printable(value)
    .replace(/[\\`*_[\]<>#|~&!]/g, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/^[-+=]/, '\\$&')
    .replaceAll('@', '@\u2060');
}

/** Text as it is written, between more backticks than it has. */
function code(value: string): string {
  const told = printable(value);
  const fence = '`'.repeat(longestRun(told, 0) + 1);
  const space = /^`|`$/.test(told) ? ' ' : '';
  return `${fence}${space}${told}${space}${fence}`;
}

/** The length of the longest run of backticks, or `least`, if that is more. */
function longestRun(value: string, least: number): number {
  return Math.max(least, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
}

function cut(blocks: readonly string[], room: number): string[] {
  let left = room;
  const fitting = blocks.findIndex((block) => (left -= block.length + 1) < 0);
  return fitting < 0
    ? [...blocks]
    : [
        ...blocks.slice(0, fitting),
        `… and ${blocks.length - fitting} more, which a comment has no room for. Run the plan where you are.\n`,
      ];
}
