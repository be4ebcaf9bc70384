import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { DEBIAN_ROOT, DEBIAN_ROOT_BINDIR, makeDebianRoot } from './debian-root';
import {
  canInstall,
  installPackages,
  isExecutable,
  isRoot,
  missing,
  need,
  refreshPackageLists,
  run,
  which,
} from './machine';

const OLDEST = 16;
const PROGRAMS = ['postgres', 'initdb', 'psql', 'pg_dump', 'pg_dumpall', 'pg_restore', 'pg_isready'];
const VARIABLE = 'TEST_TOOLBOX';

/** The programs that the tests run for real, and where they are. */
export interface Toolbox {
  /** The folder with PostgreSQL's programs, as seen from `root`. */
  readonly binDir: string;
  readonly major: number;
  /** The root file system that holds all of these, or null: the machine's own. */
  readonly root: string | null;
  readonly busybox: string;
  readonly bash: string;
  readonly dash: string;
  /** The folder of kubectl, as seen from `root`; null where this machine has none that is new enough. */
  readonly kubectl: string | null;
  /** promtool, as seen from `root`; null where this machine has none. */
  readonly promtool: string | null;
  /** PgBouncer, as seen from `root`; null where this machine has none. */
  readonly pgbouncer: string | null;
}

/** The toolbox that the start of the test run found. */
export function toolbox(): Toolbox {
  const found = process.env[VARIABLE];
  if (found === undefined) throw new Error('No toolbox was looked for: start the tests through jest.');
  return JSON.parse(found) as Toolbox;
}

/** Hands the toolbox to the test workers. */
export function publishToolbox(found: Toolbox): void {
  process.env[VARIABLE] = JSON.stringify(found);
}

/** Where PostgreSQL with its client programs, bash, busybox and dash come from. */
export type Source = { readonly from: 'machine'; readonly binDir: string } | { readonly from: 'root' | 'distribution' };

/** Chooses where they come from, and installs nothing; throws rather than do without. */
export function findSource(): Source {
  const asked = process.env.PG_BINDIR;
  if (asked) {
    const major = majorVersion(asked);
    if (major === undefined || major < OLDEST) {
      const what = major === undefined ? `does not hold ${PROGRAMS.join(', ')}` : `holds PostgreSQL ${major}`;
      throw new Error(
        `PG_BINDIR=${asked} ${what}: set it to the bin folder of PostgreSQL ${OLDEST} or newer, or unset it.`,
      );
    }
    return { from: 'machine', binDir: asked };
  }
  const binDir = newestLocal();
  const isComplete = ['busybox', 'dash'].every((program) => which(program) !== undefined);
  if (binDir !== undefined && isComplete) return { from: 'machine', binDir };
  if ((isRoot && existsSync(DEBIAN_ROOT)) || (canInstall && canMount())) return { from: 'root' };
  if (binDir !== undefined) return { from: 'machine', binDir };
  if (canInstall) return { from: 'distribution' };
  throw new Error(
    missing(
      `PostgreSQL ${OLDEST} or newer with its server (${PROGRAMS.join(', ')})`,
      'install it (Debian 13, Ubuntu 24.04: the package postgresql; Homebrew: postgresql@17) ' +
        'or set PG_BINDIR to its bin folder. As root on Debian or Ubuntu the tests install it themselves',
    ),
  );
}

/** Finds the programs, and installs what is missing of them. */
export function findToolbox(): Toolbox {
  const source = findSource();
  if (source.from === 'machine') return onThisMachine(source.binDir);
  if (source.from === 'root') return inRoot(makeDebianRoot());
  refreshPackageLists();
  const offered = Number(/Candidate: (?:\d+:)?(\d+)/.exec(run(['apt-cache', 'policy', 'postgresql']))?.[1] ?? 0);
  if (offered < OLDEST) {
    throw new Error(
      `This machine offers PostgreSQL ${offered}, and the tests need ${OLDEST} or newer: let root mount here ` +
        '(a container: --privileged), and they make a root file system of their own that has it.',
    );
  }
  installPackages(`postgresql-${offered}`);
  return onThisMachine(`/usr/lib/postgresql/${offered}/bin`);
}

/** Whether a root file system of our own could be entered. */
function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'trial', '/mnt']).status === 0;
}

function onThisMachine(binDir: string): Toolbox {
  const major = majorVersion(binDir);
  if (major === undefined) throw new Error(`${binDir} does not hold ${PROGRAMS.join(', ')}.`);
  return {
    binDir,
    major,
    root: null,
    bash: need('bash'),
    busybox: need('busybox'),
    dash: need('dash'),
    kubectl: localKubectl(),
    promtool: which('promtool') ?? null,
    pgbouncer: which('pgbouncer') ?? null,
  };
}

function inRoot(root: string): Toolbox {
  const version = run([need('chroot'), root, `${DEBIAN_ROOT_BINDIR}/postgres`, '--version']);
  const programs = {
    bash: '/usr/bin/bash',
    busybox: '/usr/bin/busybox',
    dash: '/usr/bin/dash',
    kubectl: '/usr/bin',
    promtool: '/usr/bin/promtool',
    pgbouncer: '/usr/sbin/pgbouncer',
  };
  return { binDir: DEBIAN_ROOT_BINDIR, major: parseMajor(version) ?? 0, root, ...programs };
}

/** Nothing else needs it, and few distributions have it: where it is missing, its tests are skipped. */
function localKubectl(): string | null {
  const found = which('kubectl');
  if (found === undefined) return null;
  const { stdout } = spawnSync(found, ['patch', '--help'], { encoding: 'utf8' });
  return stdout?.includes('--subresource') ? dirname(found) : null;
}

function newestLocal(): string | undefined {
  const candidates = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...inside('/usr/lib/postgresql', /^\d+$/),
    ...inside('/usr', /^pgsql-\d+$/),
    ...inside('/opt/homebrew/opt', /^postgresql@\d+$/),
    ...inside('/usr/local/opt', /^postgresql@\d+$/),
    '/usr/local/pgsql/bin',
  ];
  let newest: { folder: string; major: number } | undefined;
  for (const folder of candidates) {
    const major = majorVersion(folder) ?? 0;
    if (major >= OLDEST && major > (newest?.major ?? 0)) newest = { folder, major };
  }
  return newest?.folder;
}

function inside(parent: string, name: RegExp): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((entry) => name.test(entry))
    .map((entry) => join(parent, entry, 'bin'));
}

/** The major version of the PostgreSQL in a folder, or undefined where a program is missing. */
function majorVersion(folder: string): number | undefined {
  if (!PROGRAMS.every((program) => isExecutable(join(folder, program)))) return undefined;
  return parseMajor(spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout ?? '');
}

function parseMajor(version: string): number | undefined {
  const digits = /\(PostgreSQL\) (\d+)/.exec(version)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The command line of one of PostgreSQL's client programs, to run on the machine. */
export function client(program: string): [string, ...string[]] {
  const { binDir, root } = toolbox();
  return root === null ? [join(binDir, program)] : [which('chroot') ?? 'chroot', root, join(binDir, program)];
}
