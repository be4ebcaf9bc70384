export interface Section {
  /** The heading, without its signs, or the bold beginning of a step. */
  readonly heading: string;
  /** What a person types, in the order of the page: the fenced blocks, and the commands of the plugin in sentences. */
  readonly blocks: readonly string[];
}

/** The sections of a runbook that have commands, in their order. */
export function sectionsOf(page: string): Section[] {
  return page
    .split(/^(?:#+ |\*\*(?=Step ))/m)
    .slice(1)
    .map((text) => ({
      heading: /^.*?(?=\.\*\*|$)/m.exec(text)![0],
      blocks: [...text.matchAll(/^```sh\n([^]*?)^```$|`(kubectl pgbackup [^`]+)`/gm)].map(
        ([, block, inline]) => block ?? `${inline}\n`,
      ),
    }))
    .filter(({ blocks }) => blocks.length > 0);
}

/** Every command of a program, with its arguments, where the line begins with it. */
export function commandsOf(program: string, sections: readonly Section[]): string[] {
  return sections
    .flatMap(({ blocks }) => blocks)
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith(`${program} `)));
}

/** The rows of the table that begins the page: what has happened, and what to type. */
export function incidentsOf(
  page: string,
): { readonly happened: string; readonly type: string; readonly line: number }[] {
  const lines = page.split('\n');
  return lines.slice(0, lines.indexOf('', 2)).flatMap((text, index) => {
    const [, happened, type] = /^\| (?!What has happened|---)(.*?) \| (.*) \|$/.exec(text) ?? [];
    return happened === undefined ? [] : [{ happened, type: type!, line: index + 1 }];
  });
}

/** The links within the page that lead nowhere. */
export function danglingLinks(page: string): string[] {
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  return [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link!).filter((link) => !anchors.includes(link));
}
