import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const FOLDERS = ['.', 'docs', 'examples/other-cluster'];

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
    [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map((match) => ({
      at: `${path}:${text.slice(0, match.index).split('\n').length}`,
      language: match[1]!,
      text: match[2]!,
    })),
  );
}
