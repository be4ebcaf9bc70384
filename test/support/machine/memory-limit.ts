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
    this.folder = join(hierarchy(), `faults-${process.pid}`);
    mkdirSync(this.folder);
    try {
      this.set(bytes);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Changes the amount. */
  set(bytes: number): void {
    // Version 1 of control groups has the first name, version 2 the second.
    const file = ['memory.limit_in_bytes', 'memory.max'].map((name) => join(this.folder, name)).find(existsSync);
    if (file === undefined) throw new Error('the kernel offers no limit for memory');
    writeFileSync(file, String(bytes));
  }

  add(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid));
  }

  /**
   * Starts something in it from its first moment on: children are born where their parent is, which goes back at once.
   */
  start<T>(start: () => T): T {
    const home = ownGroup();
    this.add(process.pid);
    try {
      return start();
    } finally {
      writeFileSync(join(home, 'cgroup.procs'), String(process.pid));
    }
  }

  get isEmpty(): boolean {
    return readFileSync(join(this.folder, 'cgroup.procs'), 'utf8') === '';
  }

  remove(): void {
    rmdirSync(this.folder);
  }
}

/** Where the groups of the controller are, in version 1 a folder of its own. */
function hierarchy(): string {
  return existsSync(join(ROOT, 'memory')) ? join(ROOT, 'memory') : ROOT;
}

/** The group that this process is in now. */
function ownGroup(): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , path] =
    lines.find(([, controllers]) => controllers?.split(',').includes('memory')) ??
    lines.find(([number]) => number === '0') ??
    [];
  return join(hierarchy(), path ?? '/');
}
