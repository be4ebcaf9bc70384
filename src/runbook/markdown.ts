/** A block of commands to copy. Each one is run by a test. */
export function sh(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Paragraphs, with a blank line between. Those that are undefined are left out. */
export function paragraphs(...texts: (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined).join('\n\n');
}

/** A list to tick off, each line with the command that tells. */
export function checklist(...lines: readonly (readonly [text: string, ...commands: string[]])[]): string {
  return paragraphs(...lines.map(([text, ...commands]) => `- [ ] ${text}\n\n${sh(...commands)}`));
}
