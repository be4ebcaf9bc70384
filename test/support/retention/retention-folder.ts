import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '../machine/machine';
import { makeClaim } from '../storage/claim';
import type { DumpState } from './retention-model';

export const UID = 70;
const COMPANIONS = ['dump.sha256', 'globals.sql', 'json'];

/** A folder of dumps on a folder that stands for the NAS. */
export class DumpFolder {
  readonly path: string;

  constructor(
    readonly prefix = 'zitadel',
    readonly nas = makeClaim(UID),
  ) {
    this.path = join(nas, prefix);
    makeFolder(this.path);
  }

  write(name: string, text = 'x'): void {
    writeFileSync(join(this.path, name), text);
  }

  verified(...names: string[]): void {
    for (const name of names) writeDump(this.path, name, 'verified');
  }

  unverified(...names: string[]): void {
    for (const name of names) writeDump(this.path, name, 'unverified');
  }

  /** The names of what is there, but for what is not finished. */
  files(below = '.'): string[] {
    return readdirSync(join(this.path, below))
      .filter((file) => file !== '.work')
      .sort();
  }

  /** The names of the dumps, without ending, oldest first. */
  dumps(): string[] {
    return this.files()
      .filter((file) => file.endsWith('.dump'))
      .map((file) => file.slice(0, -'.dump'.length));
  }

  work(): string[] {
    return readdirSync(join(this.path, '.work'));
  }
}

/** A folder that belongs to the user of the pod. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  if (isRoot) chownSync(path, UID, UID);
}

/** What a backup writes, as far as pruning looks at it; without companions where it is an old script's. */
export function writeDump(
  folder: string,
  name: string,
  state: DumpState,
  format: 'custom' | 'directory' = 'custom',
): void {
  const dump = join(folder, `${name}.dump`);
  if (format === 'directory' && state !== 'empty') {
    makeFolder(dump);
    for (const file of ['toc.dat', '1.dat']) writeFileSync(join(dump, file), 'x');
  } else {
    writeFileSync(dump, state === 'empty' ? '' : 'x');
  }
  if (state === 'verified') for (const ending of COMPANIONS) writeFileSync(join(folder, `${name}.${ending}`), 'x');
}

/** All files of verified dumps. */
export function filesOf(...names: string[]): string[] {
  return names.flatMap((name) => ['dump', ...COMPANIONS].map((ending) => `${name}.${ending}`)).sort();
}
