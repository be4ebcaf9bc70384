import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDER = 'TEST_RUN_FOLDER';
const MEMORY = 'TEST_RUN_MEMORY';
const ENOUGH_BYTES = 2 ** 30;

/**
 * Makes the one temporary folder that holds everything of this test run, and tells the test workers. Each project of
 * jest asks for it.
 */
export function makeRunFolder(): void {
  if (process.env[FOLDER] !== undefined) return;
  // Also where the run is broken off before its end: the workers' processes die with the workers.
  process.once('exit', removeRunFolder);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.env[FOLDER] = make(tmpdir());
  process.env[MEMORY] = make(hasRoom('/dev/shm') ? '/dev/shm' : runFolder());
  mkdirSync(join(runFolder(), 'root'));
}

/** Tries again where a process that was killed just now is not quite gone. */
export function removeRunFolder(): void {
  for (const folder of [memoryFolder(), runFolder()]) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}

export function runFolder(): string {
  return told(FOLDER);
}

/** Where the data of servers and pods is: in memory where there is enough, as a server is a thousand files to make. */
export function memoryFolder(): string {
  return told(MEMORY);
}

/** A fresh folder of its own inside the run's folder; its name begins with the prefix and the worker's number. */
export function freshFolder(prefix: string, parent = runFolder()): string {
  const folder = mkdtempSync(join(parent, `${prefix}${process.env.JEST_WORKER_ID ?? 0}-`));
  chmodSync(folder, 0o755); // pods and servers run as other users
  return folder;
}

function make(parent: string): string {
  return freshFolder('pgb', parent); // short, as a Unix socket's whole path has to fit in about 100 characters
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= ENOUGH_BYTES;
}

function told(variable: string): string {
  const folder = process.env[variable];
  if (folder === undefined) throw new Error('There is no folder for this test run: start the tests through jest.');
  return folder;
}
