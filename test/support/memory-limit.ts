import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** A control group that holds its processes, and those they start from then on, to an amount of memory. */
export class MemoryLimit {
  /** Why this machine has none; undefined where it has. */
  static impossible(): string | undefined {
    try {
      new MemoryLimit(2 ** 30).remove();
      return undefined;
    } catch (error) {
      return `no control group for memory can be made here (${(error as Error).message})`;
    }
  }

  private readonly folder: string;

  constructor(bytes: number) {
    const parent = existsSync(join(ROOT, 'memory')) ? join(ROOT, 'memory') : ROOT;
    this.folder = join(parent, `faults-${process.pid}`);
    mkdirSync(this.folder);
    try {
      // Version 1 of control groups has the first name, version 2 the second.
      const file = ['memory.limit_in_bytes', 'memory.max'].map((name) => join(this.folder, name)).find(existsSync);
      if (file === undefined) throw new Error('the kernel offers no limit for memory');
      writeFileSync(file, String(bytes));
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  add(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid));
  }

  get isEmpty(): boolean {
    return readFileSync(join(this.folder, 'cgroup.procs'), 'utf8') === '';
  }

  remove(): void {
    rmdirSync(this.folder);
  }
}
