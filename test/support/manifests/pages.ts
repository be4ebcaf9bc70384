import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const FOLDERS = ['.', 'docs', 'examples/other-cluster', 'src/identity-internal'];

export interface Page {
  /** Path in the repo. */
  readonly path: string;
  readonly text: string;
}

export interface Snippet {
  /** Where it is, as an editor opens it. */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

/** Every Markdown page that people read. */
export function pages(): Page[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => join(folder, file)),
  ).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The fenced blocks of the pages. */
export function snippets(): Snippet[] {
  return pages().flatMap(({ path, text }) =>
    [...text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map((match) => ({
      at: `${path}:${text.slice(0, match.index).split('\n').length}`,
      language: match[2]!,
      text: match[3]!.replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''), // a block in a list is indented
    })),
  );
}

/** The text of the first fenced block of a page that has these words. */
export function blockOf(path: string, language: string, words: string): string {
  const found = snippets().find(
    (snippet) => snippet.at.startsWith(`${path}:`) && snippet.language === language && snippet.text.includes(words),
  );
  if (found === undefined) throw new Error(`${path} has no block of ${language} with ${words}.`);
  return found.text;
}

/** The commands of a page's `sh` blocks, a line each: what is continued in the next line, or by a pipe, is one line. */
export function commands(): Snippet[] {
  return snippets()
    .filter(({ language }) => language === 'sh')
    .flatMap(({ at, language, text }) =>
      text
        .replaceAll(/(?<=\||\\)\n\s*/g, ' ')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => ({ at, language, text: line.trim() })),
    );
}

/** What a heading is called in a link, as GitHub and npm do it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
