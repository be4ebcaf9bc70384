import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { inDebianRoot } from './debian-root';
import { freshFolder, memoryFolder } from './run-folder';
import { toolbox } from './toolbox';

/** Tests that need promtool: they are skipped, and counted, where a machine has none. */
export const describeWithPromtool = toolbox().promtool === null ? describe.skip : describe;

/** Runs promtool in a folder with some YAML files. */
export function promtool(files: Record<string, unknown>, ...args: string[]): { status: number | null; output: string } {
  const folder = freshFolder('promtool', memoryFolder());
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
    const prefix = toolbox().root === null ? [] : inDebianRoot(folder);
    // In one stream, since what has failed is told on the other one.
    const inOrder = ['-c', 'exec "$@" 2>&1', 'sh', ...prefix, toolbox().promtool!, ...args];
    const { status, stdout, error } = spawnSync('sh', inOrder, {
      cwd: folder,
      env: { ...process.env, TMPDIR: '.' },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    if (error) throw error;
    return { status, output: stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
