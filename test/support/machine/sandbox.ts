import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isRoot, run, SYSTEM_PATH, which } from './machine';
import { freshFolder, runFolder } from './run-folder';
import { toolbox } from './toolbox';

const VARIABLE = 'TEST_SANDBOX';

/** The status of a command whose sandbox could not be built: nothing in it has run. */
export const NO_SANDBOX = 125;

const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'];
const STREAMS = ['/dev/fd', '/dev/stdin', '/dev/stdout', '/dev/stderr'];

export const DIE_WITH_PARENT = ['--pdeathsig', 'KILL', '--'];

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Sandbox {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly readOnlyRoot: boolean;
  /** What /bin/sh is. */
  readonly shell: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
  /** What its user may do beside what users may, e.g. `dac_override`. */
  readonly capabilities?: readonly string[];
}

export interface CommandLine {
  readonly command: string[];
  readonly env: Record<string, string>;
}

/** Whether this run's pods and servers live in sandboxes; where not, they are plain processes of the machine. */
export const isSandboxed = (): boolean => process.env[VARIABLE] === 'yes';

/**
 * Tries a sandbox, once for the whole run: only the attempt tells what a machine allows. Returns what it forbids, if
 * anything.
 */
export function trySandbox(): string {
  const { binDir, root, dash } = toolbox();
  let problem = 'not root on Linux';
  if (process.platform === 'linux' && isRoot) {
    const nobody = { uid: 65534, gid: 65534 };
    const { command, env } = sandbox({
      ...nobody,
      command: [join(binDir, 'postgres'), '--version'],
      env: { PATH: SYSTEM_PATH },
      mounts: [],
      readOnlyRoot: true,
      shell: dash,
    });
    const trial = spawnSync(command[0] as string, command.slice(1), { env, encoding: 'utf8' });
    problem = trial.error?.message ?? (trial.status === 0 ? '' : trial.stderr.trim());
  }
  if (problem !== '' && root !== null)
    throw new Error(`The Debian root file system needs a sandbox to run in: ${problem}`);
  process.env[VARIABLE] = problem === '' ? 'yes' : 'no';
  return problem;
}

/**
 * The command line that runs a command the way a container does: a root file system, process ids, mounts
 * and a user of its own, on the machine's network. The command is process 1 of its sandbox, so everything
 * else in there dies with it; the mounts vanish with their namespace. Nothing is left behind.
 */
export function sandbox(options: Sandbox): CommandLine {
  const base = join(runFolder(), 'root'); // every sandbox mounts over it, each in its own namespace
  const root = join(base, 'root');
  const layer = layerFor(options);
  const mounts = outermostFirst(options.mounts.map((mount) => ({ ...mount, target: resolved(mount.target) })));
  for (const mount of mounts) makePointInOuter(mount, mounts);
  // What shells export by themselves.
  const unset = ['PWD', 'OLDPWD', 'SHLVL', '_'].filter((name) => !(name in options.env)).map((name) => `-u ${name}`);
  const build = [
    'set -e',
    'umask 022',
    // A layer of memory over the file system takes the mount points and, where it may be written, what is written.
    `mount -t tmpfs -o mode=755 sandbox ${quote(base)}`,
    `cd ${quote(base)}`,
    'mkdir upper work root',
    `mount -t overlay -o ${quote(`lowerdir=${layer}:${toolbox().root ?? '/'},upperdir=upper,workdir=work`)} root root`,
    ...filePoints(mounts.filter((mount) => outerOf(mount, mounts) === undefined)),
    // One program makes all the others: each costs more to start than its mount.
    `printf '%s\\n' ${[
      ['proc', 'root/proc', 'proc', 'defaults'],
      ['shm', 'root/dev/shm', 'tmpfs', 'mode=1777'],
      ...lentDevices(layer).map((device) => [device, `root${device}`, 'none', 'bind']),
      ...mounts.map(({ source, target, readOnly }) => [
        source,
        `root${target}`,
        'none',
        `${readOnly ? 'bind,ro' : 'bind'},X-mount.mkdir`,
      ]),
    ]
      .map((mount) => quote(fstabLine(mount)))
      .join(' ')} >mounts`,
    'mount --all --fstab mounts',
    options.readOnlyRoot ? 'mount -o remount,bind,ro root' : ':',
  ];
  const enter = [
    'exec 2>&3 3>&-',
    // In a subshell, whose variables and folder do not get into the command's environment.
    `(\n${build.join('\n')}\n)`,
    `[ $? = 0 ] || { echo "The sandbox could not be built." >&2; exit ${NO_SANDBOX}; }`,
    options.env.PATH === undefined ? 'unset PATH' : `PATH=${quote(options.env.PATH)}`,
    // The kernel forgets a process's wish to die with its parent when its user changes, so it comes last.
    `exec ${tool('env')} ${unset.join(' ')} ${tool('chroot')} ${quote(root)} ${asUser(options).join(' ')} "$@"`,
  ];
  // A shell waits outside, as unshare's own --fork loses the status of a killed child. It keeps quiet about the kill.
  const unshare = [
    tool('unshare'),
    '--mount',
    '--propagation',
    'private',
    '--pid',
    'sh',
    '-c',
    'exec 3>&2 2>/dev/null; sh -c "$@"; exit $?',
  ];
  return {
    command: [
      tool('setpriv'),
      ...DIE_WITH_PARENT,
      ...unshare,
      'outside',
      enter.join('\n'),
      'sandbox',
      ...options.command,
    ],
    env: { ...options.env, PATH: SYSTEM_PATH },
  };
}

/** What goes before a command to run it as a user, for no longer than its parent lives. */
export function asUser({ uid, gid, groups, capabilities = [] }: Sandbox): string[] {
  const others = groups?.length ? ['--groups', groups.join(',')] : ['--clear-groups'];
  const given = capabilities.map((capability) => `+${capability}`).join(',');
  const more = given === '' ? [] : ['--inh-caps', given, '--ambient-caps', given];
  return [
    tool('setpriv'),
    '--reuid',
    `${uid}`,
    '--regid',
    `${gid}`,
    ...others,
    ...more,
    '--no-new-privs',
    ...DIE_WITH_PARENT,
  ];
}

/** A folder that goes over the file system: the shell, a name for the user, and the devices. */
function layerFor({ shell, uid, gid }: Sandbox): string {
  const layer = join(runFolder(), 'layers', [shell, uid, gid].join('-').replaceAll('/', '+'));
  if (existsSync(layer)) return layer;
  const own = freshFolder('layer');
  const system = toolbox().root ?? '/';
  for (const folder of ['usr/bin', 'etc', 'dev/shm']) mkdirSync(join(own, folder), { recursive: true });
  symlinkSync(shell, join(own, 'usr/bin/sh'));
  if (!lstatSync(join(system, 'bin')).isSymbolicLink()) {
    mkdirSync(join(own, 'bin'));
    symlinkSync('../usr/bin/sh', join(own, 'bin/sh'));
  }
  // Images have a name for their user, and initdb wants one.
  const users = readFileSync(join(system, 'etc/passwd'), 'utf8');
  const isKnown = users.split('\n').some((user) => user.split(':')[2] === `${uid}`);
  writeFileSync(join(own, 'etc/passwd'), isKnown ? users : `${users}pod:x:${uid}:${gid}::/:/bin/sh\n`);
  run(['cp', '-a', ...STREAMS, join(own, 'dev')]);
  for (const device of DEVICES) {
    // Where devices cannot be made, those of the machine are lent.
    if (spawnSync('cp', ['-a', device, join(own, 'dev')]).status !== 0) writeFileSync(join(own, device), '');
  }
  mkdirSync(dirname(layer), { recursive: true });
  try {
    renameSync(own, layer);
  } catch {
    rmSync(own, { recursive: true }); // another worker was faster
  }
  return layer;
}

function lentDevices(layer: string): string[] {
  return DEVICES.filter((device) => lstatSync(join(layer, device)).isFile());
}

const known = new Map<string, string>();

/** Where a path leads inside the root: symbolic links such as /var/run must not be followed on the machine. */
function resolved(target: string): string {
  const { root } = toolbox();
  const found =
    known.get(target) ?? run([...(root === null ? [] : [tool('chroot'), root]), 'realpath', '-m', target]).trim();
  known.set(target, found);
  return found;
}

/** Makes the files to mount on; `mount` makes folders by itself. */
function filePoints(mounts: readonly Mount[]): string[] {
  const files = mounts.filter(({ source }) => !statSync(source).isDirectory()).map(({ target }) => `root${target}`);
  if (files.length === 0) return [];
  return [`mkdir -p ${files.map((file) => quote(dirname(file))).join(' ')}`, `touch ${files.map(quote).join(' ')}`];
}

/** The innermost other mount that a target lies in. */
function outerOf({ target }: Mount, mounts: readonly Mount[]): Mount | undefined {
  return mounts.filter((other) => target.startsWith(`${other.target}/`)).at(-1);
}

/** Makes the target of a mount in the source of the one that it lies in: that one may be read-only. */
function makePointInOuter(mount: Mount, mounts: readonly Mount[]): void {
  const outer = outerOf(mount, mounts);
  if (outer === undefined) return;
  const { source, target } = mount;
  const point = join(outer.source, target.slice(outer.target.length));
  if (statSync(source).isDirectory()) mkdirSync(point, { recursive: true });
  else if (!existsSync(point)) {
    mkdirSync(dirname(point), { recursive: true });
    writeFileSync(point, '');
  }
}

function fstabLine(fields: readonly string[]): string {
  return fields
    .map((field) => field.replace(/[\s\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`))
    .join(' ');
}

function tool(name: string): string {
  return which(name) ?? name;
}

function outermostFirst(mounts: readonly Mount[]): Mount[] {
  return [...mounts].sort((a, b) => a.target.split('/').length - b.target.split('/').length);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
