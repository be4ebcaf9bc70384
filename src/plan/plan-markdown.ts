import type { ListItem, Paragraph, PhrasingContent, Root, RootContent } from 'mdast';
import { printable } from '../reports/text';
import type { Change } from './change';
import { headline } from './headline';
import { extent, type Plan } from './plan';
import { resourceName, type ResourceChange } from './resources';
import { fieldLines, firstOf, sentence } from './plan-text';

/** GitHub takes comments of up to 65,536 characters. */
const MOST_CHARACTERS = 60_000;

const SIGNS = { error: '🔴 error', warning: '🟡 warning', note: '🔵 note' };

/**
 * The plan as a comment of a pull request.
 * @param picture the address of the picture, if there is one
 */
export async function markdownReport(plan: Plan, picture?: string): Promise<string> {
  const { toMarkdown } = await import('mdast-util-to-markdown');
  const written = (children: RootContent[]): string =>
    toMarkdown({ type: 'root', children } satisfies Root, { bullet: '-', listItemIndent: 'one' });
  const parts = [
    written([{ type: 'heading', depth: 3, children: [text(headline(plan))] }]),
    ...(picture === undefined || plan.changes.length === 0
      ? []
      : [
          written([
            { type: 'paragraph', children: [{ type: 'image', url: picture, alt: 'Restore points before and after' }] },
          ]),
        ]),
    ...plan.changes.map((change) => written([{ type: 'list', spread: false, children: [item(change)] }])),
  ];
  const details = plan.resources.map((resource) => written(folded(resource)));
  return `${cut(parts, 'changes').join('\n')}${cut(details, 'resources', MOST_CHARACTERS - parts.join('\n').length)
    .map((block) => `\n${block}`)
    .join('')}`;
}

function item({ level, resources, title, details, items = [] }: Change): ListItem {
  return {
    type: 'listItem',
    spread: false,
    children: [
      {
        type: 'paragraph',
        children: [
          { type: 'strong', children: [text(SIGNS[level])] },
          text(`: ${sentence(title)} `),
          ...firstOf(resources).flatMap((name, index): PhrasingContent[] => [
            ...(index > 0 ? [text(', ')] : []),
            { type: 'inlineCode', value: printable(name) },
          ]),
        ],
      },
      ...details.map((detail): Paragraph => ({ type: 'paragraph', children: [text(detail)] })),
      ...(items.length === 0
        ? []
        : [
            {
              type: 'list' as const,
              spread: false,
              children: items.map((one): ListItem => ({
                type: 'listItem',
                children: [{ type: 'paragraph', children: [text(one)] }],
              })),
            },
          ]),
    ],
  };
}

/** Every field of a resource, as a diff behind its name. */
function folded(resource: ResourceChange): RootContent[] {
  const lines = resource.fields.flatMap((field) =>
    field.diff === undefined && field.before !== undefined && field.after !== undefined
      ? [
          ...fieldLines({ path: field.path, before: field.before }),
          ...fieldLines({ path: field.path, after: field.after }),
        ]
      : fieldLines(field),
  );
  const name = `${resourceName((resource.after ?? resource.before)!)}: ${extent(resource)}`;
  if (lines.length === 0) return [{ type: 'paragraph', children: [{ type: 'inlineCode', value: printable(name) }] }];
  return [
    {
      type: 'html',
      value: `<details><summary>${printable(name).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('@', '&#64;')}</summary>`,
    },
    { type: 'code', lang: 'diff', value: lines.join('\n') },
    { type: 'html', value: '</details>' },
  ];
}

/** Nobody is notified because of a name in a manifest: a word joiner after the @ makes it none. */
function text(value: string): PhrasingContent {
  return { type: 'text', value: printable(value).replaceAll('@', '@\u2060') };
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
