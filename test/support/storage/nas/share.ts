// usage: node --import tsx share.ts DESCRIPTOR ROOT CONTROL OPTIONS
//   A file system of FUSE that shows the folder ROOT as a NAS would. DESCRIPTOR is /dev/fuse, mounted already; CONTROL
//   a file with the fault of now, if any; OPTIONS what is odd from the beginning.
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
  type BigIntStats,
  type Dirent,
} from 'node:fs';
import { constants as system } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { NasFault, NasOptions } from './options';
import { Nodes } from './nodes';
import { Weather } from './weather';
import {
  attributes,
  entry,
  initialized,
  listed,
  MOST,
  opened,
  reply,
  Request,
  room,
  written,
  type Operation,
  type Shown,
} from './wire';

type Errno = keyof typeof system.errno;

class Refusal extends Error {
  constructor(readonly code: Errno) {
    super(code);
  }
}

/** The user of the pods. */
const OWNER = 70;
/** The user that a share makes of all users. */
const SQUASHED = 1024;
const INDEX = '@eaDir';

const UNANSWERED: readonly (Operation | undefined)[] = ['forget', 'batchForget', 'interrupt'];

interface Handle {
  readonly path: string;
  readonly descriptor: number;
  readonly writes: boolean;
}

class Share {
  private readonly shown: Shown;
  private readonly nodes = new Nodes();
  private readonly handles = new Map<number, Handle>();
  private readonly folders = new Map<number, readonly Dirent[]>();
  private handleCount = 0;

  constructor(
    private readonly root: string,
    private readonly options: NasOptions,
    private readonly weather: Weather,
  ) {
    const { ahead = 0, squashes = false } = options;
    this.shown = { ahead, ...(squashes ? { owner: SQUASHED, permissions: 0o555 } : { owner: OWNER }) };
  }

  /** The name that a call is about. */
  nameOf(request: Request): string {
    return request.name() ?? basename(this.nodes.path(request.node) ?? '');
  }

  /** What is answered; throws what has a code. */
  answer(request: Request): Buffer | undefined {
    const { node, body } = request;
    switch (request.operation) {
      case 'init':
        return initialized(request.u32(8));
      case 'lookup':
        return this.entry(this.find(node, request.names(0)[0]!));
      case 'getattr':
        return attributes(this.stats(this.path(node)), this.shown);
      case 'setattr':
        return this.change(request);
      case 'access':
        return this.access(request);
      case 'readlink':
        return Buffer.from(readlinkSync(this.real(this.path(node))));
      case 'symlink':
        return this.symlink(node, request.names(0) as [string, string]);
      case 'link':
        return this.link(request);
      case 'mkdir':
        return this.mkdir(node, request.names(8)[0]!, request.u32(0));
      case 'unlink':
        return this.remove(node, request.names(0)[0]!, unlinkSync);
      case 'rmdir':
        return this.remove(node, request.names(0)[0]!, rmdirSync);
      case 'rename':
        return this.rename(node, request.u64(0), request.names(8) as [string, string]);
      // Neither an exchange nor "where there is none" is for a NAS.
      case 'rename2':
        return request.u32(8) === 0
          ? this.rename(node, request.u64(0), request.names(16) as [string, string])
          : refuse('EINVAL');
      case 'create':
        return this.create(request);
      case 'open':
        return opened(this.open(this.path(node), request.u32(0)));
      case 'read':
        return this.read(request);
      case 'write':
        return written(writeSync(this.handle(request).descriptor, body, 40, request.u32(16), request.u64(8)));
      case 'release':
        return this.release(request);
      case 'statfs':
        return room(statfsSync(this.root), this.options.longestName ?? 255);
      case 'opendir':
        return this.openFolder(node);
      case 'readdir':
        return listed(this.folders.get(request.u64(0)) ?? refuse('EBADF'), request.u64(8), request.u32(16));
      case 'fsyncdir':
        return this.options.noFolderSync ? refuse('EINVAL') : undefined;
      case 'releasedir':
        return void this.folders.delete(request.u64(0));
      // To sync is nothing for it. The kernel asks no more for a flush: it would wait for it also on behalf of a
      // process that is killed.
      case 'fsync':
        return undefined;
      default:
        return refuse('ENOSYS');
    }
  }

  private path(node: number): string {
    return this.nodes.path(node) ?? refuse('ESTALE');
  }

  private real(path: string): string {
    return join(this.root, path);
  }

  private stats(path: string): BigIntStats {
    return lstatSync(this.real(path), { bigint: true });
  }

  private entry(path: string): Buffer {
    const stats = this.stats(path);
    return entry(this.nodes.of(path), stats, this.shown);
  }

  /** The path of a name in a folder, whether there is something or not. */
  private find(folder: number, name: string): string {
    if (Buffer.byteLength(name) > (this.options.longestName ?? 255)) refuse('ENAMETOOLONG');
    const path = this.path(folder);
    if (!this.options.foldsNames) return join(path, name);
    const folded = (each: string): string => each.normalize('NFC').toLowerCase();
    const there = readdirSync(this.real(path)).find((each) => folded(each) === folded(name));
    return join(path, there ?? name.normalize('NFD'));
  }

  private change(request: Request): Buffer {
    const path = this.path(request.node);
    const [MODE, SIZE, MTIME, FH] = [1, 8, 32, 64];
    const valid = request.u32(0);
    const descriptor = valid & FH ? this.handles.get(request.u64(8))?.descriptor : undefined;
    // A file may have no name any more, and be open.
    if (valid & SIZE && descriptor === undefined) truncateSync(this.real(path), request.u64(16));
    else if (valid & SIZE) ftruncateSync(descriptor!, request.u64(16));
    if (valid & MODE) chmodSync(this.real(path), request.u32(68) & 0o7777);
    if (valid & MTIME) utimesSync(this.real(path), new Date(), request.u64(40) - this.shown.ahead);
    // To whom something belongs is the share's own affair.
    return attributes(this.stats(path), this.shown);
  }

  private access(request: Request): undefined {
    return this.options.squashes && request.u32(0) & constants.W_OK ? refuse('EACCES') : undefined;
  }

  private symlink(folder: number, [name, target]: [string, string]): Buffer {
    if (this.options.noLinks) refuse('EPERM');
    const path = this.find(folder, name);
    symlinkSync(target, this.real(path));
    return this.entry(path);
  }

  private link(request: Request): Buffer {
    if (this.options.noLinks) refuse('EPERM');
    const path = this.find(request.node, request.names(8)[0]!);
    linkSync(this.real(this.path(request.u64(0))), this.real(path));
    return this.entry(path);
  }

  private mkdir(folder: number, name: string, mode: number): Buffer {
    const path = this.find(folder, name);
    mkdirSync(this.real(path), mode);
    return this.entry(path);
  }

  private remove(folder: number, name: string, how: (path: string) => void): undefined {
    const path = this.own(this.find(folder, name));
    how(this.real(path));
    this.nodes.forget(path);
  }

  private rename(folder: number, to: number, [name, newName]: [string, string]): undefined {
    const path = this.own(this.find(folder, name));
    const newPath = this.own(this.find(to, newName));
    renameSync(this.real(path), this.real(newPath));
    this.nodes.move(path, newPath);
  }

  /** The path, unless it is the NAS' own. */
  private own(path: string): string {
    return path.split('/').includes(INDEX) ? refuse('EACCES') : path;
  }

  private create(request: Request): Buffer {
    const path = this.find(request.node, request.names(16)[0]!);
    const handle = this.open(path, request.u32(0) | constants.O_CREAT, request.u32(4));
    return Buffer.concat([this.entry(path), opened(handle)]);
  }

  private open(path: string, flags: number, mode?: number): number {
    if (this.options.noDirectReads && flags & constants.O_DIRECT) refuse('EINVAL');
    const writes = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    const wanted =
      (writes ? constants.O_RDWR : 0) | (flags & (constants.O_CREAT | constants.O_EXCL | constants.O_TRUNC));
    const handle = ++this.handleCount;
    this.handles.set(handle, { path, writes, descriptor: openSync(this.real(path), wanted, mode) });
    return handle;
  }

  private handle(request: Request): Handle {
    return this.handles.get(request.u64(0)) ?? refuse('EBADF');
  }

  private read(request: Request): Buffer {
    const bytes = Buffer.alloc(request.u32(16));
    return bytes.subarray(0, readSync(this.handle(request).descriptor, bytes, 0, bytes.length, request.u64(8)));
  }

  private release(request: Request): undefined {
    const { path, descriptor, writes } = this.handle(request);
    closeSync(descriptor);
    this.handles.delete(request.u64(0));
    if (writes && this.weather.indexes) this.index(path);
  }

  private index(path: string): void {
    const index = this.real(join(dirname(path), INDEX));
    if (path.split('/').includes(INDEX) || !existsSync(this.real(path))) return;
    mkdirSync(index, { recursive: true });
    writeFileSync(join(index, `${basename(path)}@SynoEAStream`), '');
  }

  private openFolder(node: number): Buffer {
    const handle = ++this.handleCount;
    this.folders.set(handle, readdirSync(this.real(this.path(node)), { withFileTypes: true }));
    return opened(handle);
  }
}

function refuse(code: Errno): never {
  throw new Refusal(code);
}

function serve(fuse: number, share: Share, weather: Weather): void {
  const buffer = Buffer.alloc(MOST + 4096);
  for (;;) {
    const request = new Request(buffer.subarray(0, readSync(fuse, buffer)));
    const { operation } = request;
    const fault = weather.at(operation, share.nameOf(request));
    const answer = answerTo(request, share, fault);
    if (!UNANSWERED.includes(operation)) writeSync(fuse, answer);
    // What is not taken from the kernel can be killed, as on a hard mount of NFS. The test has it go on.
    if (fault === 'away') process.kill(process.pid, 'SIGSTOP');
  }
}

function answerTo(request: Request, share: Share, fault?: NasFault['error']): Buffer {
  try {
    if (fault !== undefined && fault !== 'away') refuse(fault);
    return reply(request.unique, 0, share.answer(request));
  } catch (error) {
    return reply(request.unique, system.errno[(error as { code?: Errno }).code ?? 'EIO'] ?? system.errno.EIO);
  }
}

const [descriptor, root, control, options] = process.argv.slice(2) as [string, string, string, string];
try {
  const weather = new Weather(control);
  serve(Number(descriptor), new Share(root, JSON.parse(options) as NasOptions, weather), weather);
} catch (error) {
  // It was unmounted.
  if ((error as { code?: string }).code !== 'ENODEV') throw error;
}
