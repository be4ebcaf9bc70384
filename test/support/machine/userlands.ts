import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './machine';
import { runFolder } from './run-folder';
import { isSandboxed, type Mount } from './sandbox';
import { toolbox } from './toolbox';

/** What a script finds beside bash: busybox' utilities, as in an Alpine image, or GNU's, as in a Debian image. */
export type Userland = 'busybox' | 'gnu';

export const USERLANDS: readonly Userland[] = ['busybox', 'gnu'];

/** The userland of the images whose /bin/sh is this shell. */
const OF_SHELL = { ash: 'busybox', dash: 'gnu' } as const;

/** A userland by its name, or by the shell that its images have. */
export function userlandOf(name: Userland | keyof typeof OF_SHELL): Userland {
  return name === 'ash' || name === 'dash' ? OF_SHELL[name] : name;
}

/** Whether this run makes everything, with both: `npm run test:faults`. */
export const isEverything = process.env.TEST_FAULTS === 'all';

/** Both where a run makes everything, else one: the files of tests take turns, as the faults do. */
export function usually(userland: Userland): readonly Userland[] {
  return isEverything ? USERLANDS : [userland];
}

const SANDBOX_FOLDER = '/opt/userland';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Makes a folder for each with the programs that make it what it is. */
export function makeUserlands(): void {
  const { bash, busybox, dash, root } = toolbox();
  const list = root === null ? [busybox, '--list'] : [which('chroot') ?? 'chroot', root, busybox, '--list'];
  for (const userland of USERLANDS) {
    mkdirSync(hostFolder(userland), { recursive: true });
    symlinkSync(bash, join(hostFolder(userland), 'bash'));
  }
  for (const applet of run(list).trim().split('\n')) symlinkSync(busybox, join(hostFolder('busybox'), applet));
  symlinkSync(dash, join(hostFolder('gnu'), 'sh'));
}

/** The program that is /bin/sh. */
export function shellProgram(userland: Userland): string {
  return userland === 'busybox' ? toolbox().busybox : toolbox().dash;
}

/** The search path of a container with it. */
export function searchPath(userland: Userland): string {
  const own = isSandboxed() ? SANDBOX_FOLDER : hostFolder(userland);
  const system = userland === 'gnu' ? SYSTEM_FOLDERS : [];
  return [own, toolbox().binDir, ...system].join(':');
}

/** What a sandbox has to mount for it. */
export function userlandMount(userland: Userland): Mount {
  return { source: hostFolder(userland), target: SANDBOX_FOLDER, readOnly: true };
}

/** A command as a plain process has to call it: the machine's own /bin/sh may be any shell, and its bash too old. */
export function inUserland(command: readonly string[], userland: Userland): string[] {
  const [program, ...args] = command as [string, ...string[]];
  const own = /^(\/bin\/)?(sh|bash)$/.exec(program)?.[2];
  return [own === undefined ? program : join(hostFolder(userland), own), ...args];
}

function hostFolder(userland: Userland): string {
  return join(runFolder(), 'userlands', userland);
}
