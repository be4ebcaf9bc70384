import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './machine';
import { runFolder } from './run-folder';
import { isSandboxed, type Mount } from './sandbox';
import { toolbox } from './toolbox';

/** ash: busybox with its own core utilities, as in an Alpine image. dash: with the GNU ones, as in a Debian image. */
export type Shell = 'ash' | 'dash';

const SANDBOX_FOLDER = '/opt/shell';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Makes a folder per shell with the programs that make it that shell. */
export function makeShells(): void {
  const { busybox, dash, root } = toolbox();
  const list = root === null ? [busybox, '--list'] : [which('chroot') ?? 'chroot', root, busybox, '--list'];
  for (const shell of ['ash', 'dash'] as const) mkdirSync(hostFolder(shell), { recursive: true });
  for (const applet of run(list).trim().split('\n')) symlinkSync(busybox, join(hostFolder('ash'), applet));
  symlinkSync(dash, join(hostFolder('dash'), 'sh'));
}

/** The program that is /bin/sh. */
export function shellProgram(shell: Shell): string {
  return shell === 'ash' ? toolbox().busybox : toolbox().dash;
}

/** The search path of a container with that shell. */
export function searchPath(shell: Shell): string {
  const own = isSandboxed() ? SANDBOX_FOLDER : hostFolder(shell);
  const system = shell === 'dash' ? SYSTEM_FOLDERS : [];
  return [own, toolbox().binDir, ...system].join(':');
}

/** What a sandbox has to mount for it. */
export function shellMount(shell: Shell): Mount {
  return { source: hostFolder(shell), target: SANDBOX_FOLDER, readOnly: true };
}

/** A command as a plain process has to call it: the machine's own /bin/sh may be any shell. */
export function withShell(command: readonly string[], shell: Shell): string[] {
  const [program, ...args] = command as [string, ...string[]];
  return [program === '/bin/sh' || program === 'sh' ? join(hostFolder(shell), 'sh') : program, ...args];
}

function hostFolder(shell: Shell): string {
  return join(runFolder(), 'shells', shell);
}
