import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What is in the folder of the dumps. */
export interface Contents {
  /** What each thing under a final name holds, by its path. */
  readonly files: Readonly<Record<string, string>>;
  /** What is not finished. */
  readonly work: readonly string[];
}

export function contents(folder: string): Contents {
  const work = join(folder, '.work');
  const files = everything(folder).filter((path) => path !== '.work' && !path.startsWith('.work/'));
  return {
    files: Object.fromEntries(files.map((path) => [path, digest(join(folder, path))])),
    work: existsSync(work) && lstatSync(work).isDirectory() ? readdirSync(work).sort() : [],
  };
}

/** The paths of all things below a folder, in order. */
export function everything(folder: string): string[] {
  return existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).sort() : [];
}

function digest(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  return stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
}
