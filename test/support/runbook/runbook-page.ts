export interface Section {
  /** The heading, without its signs. */
  readonly heading: string;
  /** The fenced blocks of commands. */
  readonly blocks: readonly string[];
}

/** The sections of a runbook that have commands, in their order. */
export function sectionsOf(page: string): Section[] {
  return page
    .split(/^#+ /m)
    .slice(1)
    .map((text) => ({
      heading: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!),
    }))
    .filter(({ blocks }) => blocks.length > 0);
}

/** Every command of a program, with its arguments, where the line begins with it. */
export function commandsOf(program: string, sections: readonly Section[]): string[] {
  return sections
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith(`${program} `)));
}
