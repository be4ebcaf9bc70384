/** What the kernel and a file system of FUSE say to each other, of the protocol's version 7.31: see linux/fuse.h. */
import type { BigIntStats, Dirent } from 'node:fs';

export const VERSION = { major: 7, minor: 31 };

/** The most that the kernel sends or asks for at once, in bytes. */
export const MOST = 128 * 1024;

export const ROOT = 1;

const OPERATIONS = {
  1: 'lookup',
  2: 'forget',
  3: 'getattr',
  4: 'setattr',
  5: 'readlink',
  6: 'symlink',
  8: 'mknod',
  9: 'mkdir',
  10: 'unlink',
  11: 'rmdir',
  12: 'rename',
  13: 'link',
  14: 'open',
  15: 'read',
  16: 'write',
  17: 'statfs',
  18: 'release',
  20: 'fsync',
  25: 'flush',
  26: 'init',
  27: 'opendir',
  28: 'readdir',
  29: 'releasedir',
  30: 'fsyncdir',
  34: 'access',
  35: 'create',
  36: 'interrupt',
  42: 'batchForget',
  45: 'rename2',
} as const;

export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];

/** A call of a process, as the kernel hands it on. */
export class Request {
  /** Undefined for what this file system does not know. */
  readonly operation?: Operation;
  readonly unique: bigint;
  readonly node: number;
  readonly body: Buffer;

  constructor(bytes: Buffer) {
    this.operation = (OPERATIONS as Record<number, Operation>)[bytes.readUInt32LE(4)];
    this.unique = bytes.readBigUInt64LE(8);
    this.node = Number(bytes.readBigUInt64LE(16));
    this.body = bytes.subarray(40);
  }

  u32(at: number): number {
    return this.body.readUInt32LE(at);
  }

  u64(at: number): number {
    return Number(this.body.readBigUInt64LE(at));
  }

  /** The name that it is about, where it has one; of two, the new one. */
  name(): string | undefined {
    switch (this.operation) {
      case 'lookup':
      case 'unlink':
      case 'rmdir':
        return this.names(0)[0];
      case 'rename':
        return this.names(8)[1];
      case 'rename2':
        return this.names(16)[1];
      case 'mkdir':
        return this.names(8)[0];
      case 'create':
        return this.names(16)[0];
      default:
        return undefined;
    }
  }

  /** The names that the body has from there on, each ended by a 0. */
  names(at: number): string[] {
    return this.body.subarray(at).toString().split('\0').slice(0, -1);
  }
}

/** A reply: an errno, or what was asked for. */
export function reply(unique: bigint, errno: number, body: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u32(16 + body.length, -errno >>> 0), u64(unique), body]);
}

export function initialized(readAhead: number): Buffer {
  const [atomicTruncate, bigWrites] = [1 << 3, 1 << 5];
  const rest = Buffer.alloc(64 - 28);
  return Buffer.concat([
    u32(VERSION.major, VERSION.minor, readAhead, atomicTruncate | bigWrites),
    u32(12 | (9 << 16), MOST, 1),
    rest,
  ]);
}

/** How a share shows a file, whatever it is on its disk. */
export interface Shown {
  readonly owner: number;
  /** What a file may be used for by the user of the pods, as its mode tells; undefined: as it is on the disk. */
  readonly permissions?: number;
  /** Seconds by which its clock is ahead. */
  readonly ahead: number;
}

/** Nothing is remembered by the kernel: each call asks again. */
export function attributes(stats: BigIntStats, shown: Shown): Buffer {
  return Buffer.concat([u64(0), u64(0), attr(stats, shown)]);
}

export function entry(node: number, stats: BigIntStats, shown: Shown): Buffer {
  return Buffer.concat([u64(node, 0, 0, 0), u64(0), attr(stats, shown)]);
}

function attr(stats: BigIntStats, { owner, permissions, ahead }: Shown): Buffer {
  const second = 1_000_000_000n;
  const times = [stats.atimeNs, stats.mtimeNs, stats.ctimeNs];
  const mode = permissions === undefined ? stats.mode : (stats.mode & ~0o777n) | BigInt(permissions);
  return Buffer.concat([
    u64(stats.ino, stats.size, stats.blocks, ...times.map((time) => time / second + BigInt(ahead))),
    u32(
      ...times.map((time) => Number(time % second)),
      Number(mode),
      Number(stats.nlink),
      owner,
      owner,
      Number(stats.rdev),
      4096,
      0,
    ),
  ]);
}

export function opened(handle: number): Buffer {
  return u64(handle, 0);
}

export function written(bytes: number): Buffer {
  return u32(bytes, 0);
}

export interface Room {
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly bsize: number;
}

export function room({ blocks, bfree, bavail, files, ffree, bsize }: Room, longestName: number): Buffer {
  return Buffer.concat([u64(blocks, bfree, bavail, files, ffree), u32(bsize, longestName, bsize), Buffer.alloc(28)]);
}

/** The names of a folder from the offset on, as many as there is room for. */
export function listed(entries: readonly Dirent[], offset: number, size: number): Buffer {
  const parts: Buffer[] = [];
  let left = size;
  for (const [index, each] of entries.entries()) {
    if (index < offset) continue;
    const name = Buffer.from(each.name);
    const padding = Buffer.alloc((8 - (name.length % 8)) % 8);
    const type = each.isDirectory() ? 4 : each.isSymbolicLink() ? 10 : 8;
    const part = Buffer.concat([u64(index + 2, index + 1), u32(name.length, type), name, padding]);
    if (part.length > left) break;
    left -= part.length;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function u32(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => bytes.writeUInt32LE(number >>> 0, 4 * index));
  return bytes;
}

function u64(...numbers: (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, index) => bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(number)), 8 * index));
  return bytes;
}
