import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, SYSTEM_PATH, which } from './machine';
import { runFolder } from './run-folder';
import { toolbox } from './toolbox';

const VARIABLE = 'TEST_SANDBOX';

/** The status of a command whose sandbox could not be built: nothing in it has run. */
export const NO_SANDBOX = 125;

const DEVICES = '/dev/null /dev/zero /dev/full /dev/random /dev/urandom';
const STREAMS = '/dev/fd /dev/stdin /dev/stdout /dev/stderr';

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
  // What shells export by themselves.
  const mounts = outermostFirst(options.mounts);
  const unset = ['PWD', 'OLDPWD', 'SHLVL', '_'].filter((name) => !(name in options.env)).map((name) => `-u ${name}`);
  const build = [
    'set -e',
    'umask 022',
    // A layer of memory over the file system takes the mount points and, where it may be written, what is written.
    `mount -t tmpfs -o mode=755 sandbox ${quote(base)}`,
    `cd ${quote(base)}`,
    'mkdir upper work root',
    `mount -t overlay -o ${quote(`lowerdir=${toolbox().root ?? '/'},upperdir=upper,workdir=work`)} root root`,
    `ln -sf ${quote(options.shell)} root/usr/bin/sh`,
    '[ -L root/bin ] || ln -sf ../usr/bin/sh root/bin/sh',
    // Images have a name for their user, and initdb wants one.
    `grep -q '^[^:]*:[^:]*:${options.uid}:' root/etc/passwd || echo ` +
      `'pod:x:${options.uid}:${options.gid}::/:/bin/sh' >>root/etc/passwd`,
    'mount -t proc proc root/proc',
    'mount -t tmpfs -o mode=755 dev root/dev',
    'mkdir -m 1777 root/dev/shm',
    `cp -a ${STREAMS} root/dev`,
    // Where devices cannot be made, those of the machine are lent.
    `cp -a ${DEVICES} root/dev 2>/dev/null || for device in ${DEVICES}; do ` +
      'rm -f root$device; touch root$device; mount --bind $device root$device; done',
    // Symbolic links such as /var/run must be followed inside the root, not on the machine.
    `targets=$(chroot root realpath -m / ${mounts.map(({ target }) => quote(target)).join(' ')})`,
    'set -f',
    "IFS='\n'",
    'set -- $targets',
    ...mountPoints(mounts),
    ...mounts.map(({ source, readOnly }, index) => {
      const target = `"root\${${index + 2}}"`;
      const make = isWithin(mounts, index) ? `[ -e ${target} ] || ${mountPoint(source, target)}; ` : '';
      return `${make}mount -o ${readOnly && !isAround(mounts, index) ? 'bind,ro' : 'bind'} ${quote(source)} ${target}`;
    }),
    // In these, mount points had to be made first.
    ...mounts.flatMap(({ readOnly }, index) =>
      readOnly && isAround(mounts, index) ? [`mount -o remount,bind,ro "root\${${index + 2}}"`] : [],
    ),
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

/** Makes the targets that lie in no other mount, all at once: each command costs as much as the mount. */
function mountPoints(mounts: readonly Mount[]): string[] {
  const own = mounts.map(({ source }, index) => ({ source, target: `"root\${${index + 2}}"`, index }));
  const free = own.filter(({ index }) => !isWithin(mounts, index));
  const [folders, files] = [true, false].map((is) =>
    free.filter(({ source }) => statSync(source).isDirectory() === is).map(({ target }) => target),
  ) as [string[], string[]];
  const parents = files.map((target) => target.replace(/}"$/, '%/*}"'));
  const made = [...folders, ...parents];
  return [
    ...(made.length > 0 ? [`mkdir -p ${made.join(' ')}`] : []),
    ...(files.length > 0 ? [`touch ${files.join(' ')}`] : []),
  ];
}

function mountPoint(source: string, target: string): string {
  return statSync(source).isDirectory()
    ? `mkdir -p ${target}`
    : `{ mkdir -p ${target.replace(/}"$/, '%/*}"')}; touch ${target}; }`;
}

function isWithin(mounts: readonly Mount[], index: number): boolean {
  const { target } = mounts[index]!;
  return mounts.some((other) => target.startsWith(`${other.target}/`));
}

function isAround(mounts: readonly Mount[], index: number): boolean {
  return mounts.some(({ target }) => target.startsWith(`${mounts[index]!.target}/`));
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
