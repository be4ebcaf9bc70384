import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** CPU and memory limits for what is started within them, by control groups of version 1. */
export class Limits {
  /** Undefined where the machine does not let us make control groups. */
  static of(cpuMillis: number, memoryBytes: number): Limits | undefined {
    try {
      for (const controller of ['cpu', 'memory']) accessSync(join(ROOT, controller, 'cgroup.procs'), constants.W_OK);
    } catch {
      return undefined;
    }
    return new Limits({
      cpu: { 'cpu.cfs_period_us': 100_000, 'cpu.cfs_quota_us': cpuMillis * 100 },
      memory: { 'memory.limit_in_bytes': memoryBytes },
    });
  }

  private readonly folders: string[] = [];

  private constructor(settings: Record<string, Record<string, number>>) {
    for (const [controller, values] of Object.entries(settings)) {
      const folder = join(ROOT, controller, `bench-${process.pid}`);
      if (!existsSync(folder)) mkdirSync(folder);
      for (const [file, value] of Object.entries(values)) writeFileSync(join(folder, file), String(value));
      this.folders.push(folder);
    }
  }

  /** Starts something within the limits: children are born where their parent is, which goes back at once. */
  start<T>(start: () => T): T {
    const homes = this.folders.map(home);
    for (const folder of this.folders) enter(folder);
    try {
      return start();
    } finally {
      homes.forEach(enter);
    }
  }

  remove(): void {
    for (const folder of this.folders) rmdirSync(folder);
  }
}

function enter(folder: string): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
}

/** The control group that this process is in now, of the same controller. */
function home(folder: string): string {
  const controller = folder.split('/').at(-2)!;
  const line = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[1] === controller);
  return join(ROOT, controller, line?.split(':')[2] ?? '/');
}
