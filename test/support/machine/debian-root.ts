import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPackages, need, refreshPackageLists, run, say, which } from './machine';

export const SUITE = 'trixie';
export const PACKAGES = [
  'postgresql-17',
  'postgresql-17-cron',
  'postgresql-17-pgaudit',
  'pgbouncer',
  'busybox',
  'dash',
  'shellcheck',
  'kubectl',
  'prometheus',
];

/** What makes it. */
export const BOOTSTRAP = ['debootstrap', 'debian-archive-keyring'];

/** The PostgreSQL programs inside the root file system. */
export const DEBIAN_ROOT_BINDIR = '/usr/lib/postgresql/17/bin';

// Named after its contents: another list of packages is another root file system.
const key = createHash('sha256')
  .update([SUITE, ...PACKAGES].join(' '))
  .digest('hex')
  .slice(0, 8);
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** Where the Debian root file system with a new enough PostgreSQL is, or will be. */
export const DEBIAN_ROOT = join(cache, 'cdk8s-postgres-backup', `debian-${SUITE}-${key}`);

// Runs under a lock that the kernel lets go of however we end, in a mount
// namespace that takes debootstrap's mounts with it; renamed only when complete.
const BUILD = `
  set -e
  root=$1 partial=$1.partial
  shift
  [ ! -d "$root" ] || exit 0
  rm -rf "$partial"
  debootstrap "$@" "$partial"
  rm -rf "$partial"/var/cache/apt/* "$partial"/var/lib/apt/lists/* "$partial"/var/lib/postgresql/*
  mv "$partial" "$root"
`;

/** Builds the root file system unless it is there already. */
export function makeDebianRoot(): string {
  if (existsSync(DEBIAN_ROOT)) return DEBIAN_ROOT;
  if (which('debootstrap') === undefined) {
    refreshPackageLists();
    installPackages(...BOOTSTRAP);
  }
  mkdirSync(dirname(DEBIAN_ROOT), { recursive: true });
  say(`Making a Debian ${SUITE} root file system with PostgreSQL 17, once, in about a minute: ${DEBIAN_ROOT}`);
  const lock = [need('flock'), `${DEBIAN_ROOT}.lock`, need('unshare'), '--mount', '--propagation', 'private'];
  const bootstrap = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE];
  run([...lock, 'sh', '-c', BUILD, 'build', DEBIAN_ROOT, ...bootstrap]);
  say('The Debian root file system is complete.');
  return DEBIAN_ROOT;
}

const ENTER =
  'mount --bind "$1" "$2/mnt" && root=$2 && shift 2 && exec chroot "$root" sh -c \'cd /mnt && exec "$@"\' sh "$@"';

/** What to put before a command so that it runs in the root file system, in a folder of the machine. It needs root. */
export function inDebianRoot(folder: string): string[] {
  return [need('unshare'), '--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', folder, DEBIAN_ROOT];
}
