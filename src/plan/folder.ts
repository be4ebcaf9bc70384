import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Files, Problem, RawFile } from './files';

const SKIPPED = new Set(['.git', 'node_modules']);

/** The files below a folder. Links are not followed. */
export function folderFiles(root: string): Files {
  const files: RawFile[] = [];
  const problems: Problem[] = [];
  const visit = (path: string): void => {
    const entries = attempt(path, () => readdirSync(join(root, path), { withFileTypes: true }));
    for (const entry of (entries ?? []).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) visit(inner);
      else if (entry.isSymbolicLink()) problems.push({ file: inner, message: 'is a link, which was not followed' });
      else if (entry.isFile()) {
        const content = attempt(inner, () => readFileSync(join(root, inner)));
        if (content !== undefined) files.push({ path: inner, content });
      }
    }
  };
  const attempt = <T>(path: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push({ file: path || '.', message: `cannot be read (${(error as NodeJS.ErrnoException).code})` });
      return undefined;
    }
  };
  visit('');
  return { files, problems };
}
