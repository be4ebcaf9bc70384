import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where the machine's own tools are, whatever PATH says: root's PATH often lacks the sbin folders. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const isRoot = process.getuid?.() === 0;

/** The full path of a program, or undefined. */
export function which(program: string): string | undefined {
  const folders = `${process.env.PATH ?? ''}${delimiter}${SYSTEM_PATH}`.split(delimiter);
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether TEST_INSTALL forbids to install anything. */
export const isForbidden = process.env.TEST_INSTALL === 'never';

/** Whether we may install Debian packages here. */
export const canInstall = !isForbidden && isRoot && existsSync('/etc/debian_version') && which('apt-get') !== undefined;

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Runs a program to its end and returns its output; throws with what it printed where it fails. */
export function run(command: string[], env: NodeJS.ProcessEnv = process.env): string {
  const [program, ...args] = command as [string, ...string[]];
  const { status, stdout, stderr, error } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) {
    const lastLines = `${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n');
    throw new Error(`${command.slice(0, 3).join(' ')} ... failed with status ${status}:\n${lastLines}`);
  }
  return stdout;
}

export function refreshPackageLists(): void {
  run(['apt-get', 'update', '-qq']);
}

export function installPackages(...packages: string[]): void {
  say(`Installing ${packages.join(', ')} ...`);
  const install = ['apt-get', 'install', '-qq', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  run([...install, ...packages], { ...process.env, DEBIAN_FRONTEND: 'noninteractive' });
  say(`Installed ${packages.join(', ')}.`);
}

/** Why there is something missing, and what to do about it. */
export function missing(what: string, remedy: string): string {
  const why = isForbidden ? ', and TEST_INSTALL=never forbids to install it: unset it, or ' : ': ';
  return `${what} is missing on this machine${why}${remedy}.`;
}

/** A program of the machine, installed from the package of the same name where possible. */
export function need(program: string): string {
  const found = which(program);
  if (found !== undefined) return found;
  if (!canInstall) throw new Error(missing(program, `install ${program} and see that it is in PATH`));
  refreshPackageLists();
  installPackages(program);
  const installed = which(program);
  if (installed === undefined) throw new Error(`The package ${program} is installed but holds no program ${program}.`);
  return installed;
}
