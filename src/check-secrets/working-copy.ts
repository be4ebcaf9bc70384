/** The copy of a repo's files for a build. Only this user can read it, and it is removed after the build. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PREFIX = 'check-secrets-';

/** More time than any build takes. */
const MOST_MILLISECONDS = 3_600_000;

/** @param files by paths from the root of the repo */
export function inCopy<T>(files: ReadonlyMap<string, string | Buffer>, act: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), PREFIX));
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), content);
    }
    return act(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Removes the copies of killed processes. */
export function removeAbandonedCopies(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const copy = join(tmpdir(), name);
    const stat = lstatSync(copy, { throwIfNoEntry: false });
    const isOurs = stat?.isDirectory() === true && stat.uid === process.getuid?.();
    if (isOurs && Date.now() - stat.mtimeMs > MOST_MILLISECONDS) rmSync(copy, { recursive: true, force: true });
  }
}
