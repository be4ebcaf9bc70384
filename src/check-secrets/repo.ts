import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { isInside, MOST_BYTES } from '../manifests/repo-files';

/** The working tree that is checked, by paths from its root; nothing outside of it is ever read. */
export class Repo {
  private readonly home: string;

  constructor(readonly root: string) {
    this.home = realpathSync(root);
  }

  has(path: string): boolean {
    return this.inside(path) !== undefined;
  }

  isFolder(path: string): boolean {
    const full = this.inside(path);
    return full !== undefined && statSync(full).isDirectory();
  }

  /** @returns undefined if it is not a file, or is larger than any manifest */
  read(path: string): Buffer | undefined {
    const full = this.inside(path);
    const stat = full === undefined ? undefined : statSync(full);
    try {
      return stat?.isFile() && stat.size <= MOST_BYTES ? readFileSync(full!) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The real place of a path, if it is in the repo. */
  private inside(path: string): string | undefined {
    if (path.includes('\0')) return undefined;
    try {
      const full = realpathSync(join(this.root, posix.normalize(path)));
      return isInside(relative(this.home, full)) ? full : undefined;
    } catch {
      return undefined;
    }
  }
}
