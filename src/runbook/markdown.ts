/** A block of commands to copy; undefined if there are none. */
export function sh(...lines: string[]): string | undefined {
  return lines.length === 0 ? undefined : ['```sh', ...lines, '```'].join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Paragraphs, with a blank line between, but none before a block or list that the sentence above leads to. */
export function paragraphs(...texts: (string | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined)
    .reduce((page, text) => `${page}${page.endsWith(':') && /^(```|- |1\. )/.test(text) ? '\n' : '\n\n'}${text}`);
}

/** A text as the beginning of a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The words of a list, with "and" before the last. */
export function words(list: readonly string[]): string {
  return list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`;
}
