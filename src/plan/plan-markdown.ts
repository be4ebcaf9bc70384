import { printable } from '../reports/text';
import type { Change } from './change';
import { headline } from './headline';
import { extent, type Plan } from './plan';
import { resourceName, type ResourceChange } from './resources';
import { fieldLines, firstOf, sentence } from './plan-text';

/** GitHub takes comments of up to 65,536 characters. */
const MOST_CHARACTERS = 60_000;

const SIGNS = { error: '🔴 error', warning: '🟡 warning', note: '🔵 note' };

/** The plan as a comment of a pull request. */
export function markdownReport(plan: Plan): string {
  const parts = [`### ${text(headline(plan))}\n`, ...plan.changes.map((change) => `${item(change).join('\n')}\n`)];
  const details = plan.resources.map((resource) => `${folded(resource)}\n`);
  return `${cut(parts, 'changes').join('\n')}${cut(details, 'resources', MOST_CHARACTERS - parts.join('\n').length)
    .map((block) => `\n${block}`)
    .join('')}`;
}

function item({ level, resources, title, details, items = [] }: Change): string[] {
  const about = firstOf(resources).map(code).join(', ');
  return [
    `- **${SIGNS[level]}**: ${text(sentence(title))} ${about}`,
    ...details.map((detail) => `\n  ${text(detail)}`),
    ...items.map((one) => `  - ${text(one)}`),
  ];
}

/** Every field of a resource, as a diff behind its name. */
function folded(resource: ResourceChange): string {
  const lines = resource.fields.flatMap((field) =>
    field.diff === undefined && field.before !== undefined && field.after !== undefined
      ? [
          ...fieldLines({ path: field.path, before: field.before }),
          ...fieldLines({ path: field.path, after: field.after }),
        ]
      : fieldLines(field),
  );
  const name = `${resourceName((resource.after ?? resource.before)!)}: ${extent(resource)}`;
  if (lines.length === 0) return code(name);
  const summary = printable(name).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('@', '&#64;');
  const fence = '`'.repeat(longestRun(lines.join('\n'), 2) + 1);
  return [`<details><summary>${summary}</summary>`, '', `${fence}diff`, ...lines, fence, '', '</details>'].join('\n');
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

function cut(blocks: readonly string[], noun: string, room = MOST_CHARACTERS): string[] {
  let left = room;
  const fitting = blocks.findIndex((block) => (left -= block.length + 1) < 0);
  return fitting < 0
    ? [...blocks]
    : [
        ...blocks.slice(0, fitting),
        `… and ${blocks.length - fitting} more ${noun}, which a comment has no room for. Run the plan where you are.\n`,
      ];
}
