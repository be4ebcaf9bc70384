import {
  closeSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { atEndOfFile } from '../machine/leftovers';
import { canInstall, installPackages, isRoot, refreshPackageLists, run, which } from '../machine/machine';
import { freshFolder } from '../machine/run-folder';

const MEBIBYTE = 2 ** 20;

/** A file system of its own in place of a folder. */
export class Disk {
  /** A small one, in memory. */
  static ofMemory(folder: string, mebibytes: number, uid: number, name = 'nas'): Disk {
    run(['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,uid=${uid},gid=${uid},mode=700`, name, folder]);
    return new Disk(folder);
  }

  /** One with a quota, which answers EDQUOT and not ENOSPC. */
  static ofQuota(folder: string, mebibytes: number, uid: number): Disk {
    const image = join(freshFolder('disk'), 'image');
    writeFileSync(image, '');
    truncateSync(image, 128 * MEBIBYTE);
    run(['mkfs.btrfs', '--quiet', image]);
    run(['mount', '-o', 'loop', image, folder]);
    const limit = (size: string): string => run(['btrfs', 'qgroup', 'limit', size, '0/5', folder]);
    const disk = new Disk(
      folder,
      () => limit('none'),
      () => rmSync(join(image, '..'), { recursive: true }),
    );
    run(['btrfs', 'quota', 'enable', folder]);
    limit(`${mebibytes}M`);
    run(['chown', `${uid}:${uid}`, folder]);
    return disk;
  }

  /** One whose backing file the storage's own damages are made in: the file system on it does not notice. */
  static ofImage(folder: string, mebibytes: number, uid: number): Disk {
    const image = join(freshFolder('disk'), 'image');
    writeFileSync(image, '');
    truncateSync(image, mebibytes * MEBIBYTE);
    run(['mkfs.ext4', '-q', '-E', `root_owner=${uid}:${uid}`, image]);
    run(['mount', '-o', 'loop', image, folder]);
    return new Disk(
      folder,
      () => {},
      () => rmSync(join(image, '..'), { recursive: true }),
      image,
    );
  }

  private readonly forget: () => void;

  private constructor(
    private readonly folder: string,
    private readonly enlarge: () => unknown = () => {},
    private readonly afterwards: () => unknown = () => {},
    private readonly image?: string,
  ) {
    this.forget = atEndOfFile(() => this.remove());
  }

  /** Takes all the room but so many bytes. */
  fill(leaveBytes = 0): void {
    const { bavail, bsize } = statfsSync(this.folder);
    try {
      writeFileSync(join(this.folder, 'filler'), Buffer.alloc(bavail * bsize - leaveBytes));
    } catch (error) {
      // Somebody else has taken the last of it meanwhile: it is full all the same.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /** Gives all the room back, and more where there was a quota. */
  freeAgain(): void {
    this.enlarge();
    rmSync(join(this.folder, 'filler'), { force: true });
  }

  /**
   * Flips a bit in the middle of a file where it is stored. What this machine's memory has of the file stays as it is.
   */
  damage(file: string): void {
    run(['sync', '-f', file]);
    const [at, bytes] = storedAt(file);
    const descriptor = openSync(this.image!, 'r+');
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, at + (bytes >> 1));
    writeSync(descriptor, Buffer.from([byte[0]! ^ 1]), 0, 1, at + (bytes >> 1));
    closeSync(descriptor);
  }

  /** Lets nobody write, or everybody again. */
  setReadOnly(readOnly: boolean): void {
    run(['mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.folder]);
  }

  remove(): void {
    run(['umount', this.folder]);
    this.afterwards();
    this.forget();
  }
}

/** Where on its disk a file begins, in bytes, and how many of its bytes are there in one piece. */
function storedAt(file: string): [number, number] {
  const extent = /^ +0: +0\.\. *\d+: +(\d+)\.\. *\d+: +(\d+):/m.exec(run(['filefrag', '-v', '-b1024', file]));
  if (extent === null) throw new Error(`filefrag does not tell where ${file} is stored.`);
  return [Number(extent[1]) * 1024, Math.min(Number(extent[2]) * 1024, statSync(file).size)];
}

/** Why no file system can be mounted here; undefined where it can. */
export const noDisk = tried(() => Disk.ofMemory(freshFolder('trial'), 1, 0));

/** Why no file system in a file can be mounted here; undefined where it can. */
export const noImage = tried(() => Disk.ofImage(freshFolder('trial'), 4, 0));

/** Why no file system with a quota can be mounted here; undefined where it can. */
export const noQuota = tried(() => {
  if (which('mkfs.btrfs') === undefined && canInstall) {
    refreshPackageLists();
    installPackages('btrfs-progs');
  }
  return Disk.ofQuota(freshFolder('trial'), 16, 0);
});

/** What is wrong with making a disk; only the attempt tells, once, and not before somebody asks. */
function tried(make: () => Disk): () => string | undefined {
  let problem: { readonly text: string | undefined } | undefined;
  const attempt = (): string | undefined => {
    if (!isRoot) return 'only root can mount';
    try {
      make().remove();
      return undefined;
    } catch (error) {
      return (error as Error).message.replaceAll('\n', ' ');
    }
  };
  return () => (problem ??= { text: attempt() }).text;
}
