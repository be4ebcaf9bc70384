import { chownSync, rmSync } from 'node:fs';
import { isRoot } from '../machine/machine';
import { atEndOfFile } from '../machine/leftovers';
import { freshFolder } from '../machine/run-folder';

/** A fresh folder to stand for a claim's storage, owned by the pod's user; removed at the end of the test file. */
export function makeClaim(uid: number, gid = uid): string {
  const folder = freshFolder('claim');
  if (isRoot) chownSync(folder, uid, gid);
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
