import { printable } from '../reports/text';
import { LEVELS } from '../reports/level';
import type { Change } from './change';
import { fieldGroups, type FieldGroup } from './field-groups';
import { fieldLines } from './field-lines';
import { headline } from './headline';
import type { Plan } from './plan';
import { comeAndGone, firstOf, groupName, sentence } from './plan-text';
import { plural, words } from './words';

/** GitHub takes comments of up to 65,536 characters. */
const MOST_CHARACTERS = 60_000;

/** The visible lines of a comment while all folds are closed: 60 with the headline and the folds. */
const MOST_LINES = 48;

/** The visible items of an answer. If there are more, all of them are in the fold. */
const MOST_ITEMS = 8;

const SIGNS = { error: '🔴 error', warning: '🟡 warning', note: '🔵 note' };

/** The plan as a comment of a pull request: at most 60 lines, the worst first, and the rest behind folds. */
export function markdownReport(plan: Plan): string {
  const shown: string[] = [];
  const folded: Change[] = [];
  let left = MOST_LINES;
  for (const group of alike(plan.changes)) {
    const block = item(group, MOST_ITEMS);
    const lines = block.split('\n').length;
    // Later answers are not worse, and must not be shown before an answer that is folded.
    const isShown = left > 0 && lines <= left;
    left = isShown ? left - lines : 0;
    if (isShown) shown.push(block);
    if (!isShown || isCut(group)) folded.push(...group);
  }
  const blocks = [...fieldGroups(plan.resources).map(diff), ...comeAndGone(plan).map((line) => `${text(line)}\n`)];
  const answers = folded.map((change) => item([change]));
  const parts = [`### ${text(headline(plan))}\n`, ...shown, ...fold(summary(folded), answers, MOST_CHARACTERS / 2)];
  const room = MOST_CHARACTERS - parts.join('\n').length;
  return [...parts, ...fold(`Fields of ${plural(plan.resources.length, 'object')}`, blocks, room)].join('\n').trimEnd();
}

/** Groups answers that are equal but for their resources and details: each group is shown once. */
function alike(changes: readonly Change[]): Change[][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = JSON.stringify([change.level, change.id, change.title]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()];
}

function isCut(group: readonly Change[]): boolean {
  return group.length > 1 || group.some(({ items = [] }) => items.length > MOST_ITEMS);
}

/** The answers behind a fold, by their levels: `2 warnings and 3 notes`. */
function summary(folded: readonly Change[]): string {
  const counts = LEVELS.map((level) => [folded.filter((change) => change.level === level).length, level] as const);
  return `${words(counts.filter(([number]) => number > 0).map(([number, level]) => plural(number, level)))} in full`;
}

function fold(title: string, blocks: readonly string[], room: number): string[] {
  if (blocks.length === 0) return [];
  const escaped = printable(title).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('@', '&#64;');
  return [`<details><summary>${escaped}</summary>\n`, ...cut(blocks, room), '</details>\n'];
}

/** An answer; the first stands for a group of similar answers. */
function item(group: readonly Change[], most = Infinity): string {
  const [{ level, title, details, items = [] }, ...others] = group as [Change, ...Change[]];
  const about = firstOf(group.flatMap(({ resources }) => resources))
    .map(code)
    .join(', ');
  const rest = items.length - most;
  const told = [
    ...(others.length > 0 ? [`This is of the first; the ${plural(others.length, 'other')} are below.`] : []),
    ...details.map(sentence),
  ];
  return [
    `- **${SIGNS[level]}**: ${text(sentence(title))} ${about}`,
    ...(told.length > 0 ? [`\n  ${told.map(text).join(' ')}`] : []),
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
 * Text in which no character is markup. A word joiner after each @ keeps a name in a manifest from notifying a person.
 */
function text(value: string): string {
  return printable(value)
    .replace(/[\\`*_[\]<>#|~&!]/g, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/^[-+=]/, '\\$&')
    .replaceAll('@', '@\u2060');
}

/** Text as code, between more backticks than it has. */
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
