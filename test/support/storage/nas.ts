import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEndOfFile } from '../machine/leftovers';
import { isRoot, need, run } from '../machine/machine';
import type { NasFault, NasOptions } from './nas/options';
import { freshFolder } from '../machine/run-folder';
import { DIE_WITH_PARENT } from '../machine/sandbox';

/** How long it is away at most: less than a test may take. */
const LONGEST_MS = 60_000;

const SHARE = join(__dirname, 'nas/share.ts');
const MODULES = join(__dirname, '../../..');

/** A share in place of a folder, with a share's oddities and faults: a file system and a process of its own. */
export class Nas {
  /** What it has, for a look past its oddities and faults. */
  readonly behind: string;
  private readonly own = freshFolder('nas');
  private readonly process: ChildProcess;
  private readonly forget: () => void;

  constructor(
    private readonly folder: string,
    options: NasOptions = {},
  ) {
    this.behind = join(this.own, 'behind');
    mkdirSync(this.behind);
    this.setFault();
    const fuse = openSync('/dev/fuse', 'r+');
    try {
      const mount = ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other', 'nas', folder];
      const { status, stderr } = spawnSync(need('mount'), mount, {
        stdio: ['ignore', 'ignore', 'pipe', fuse],
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`No file system of FUSE can be mounted: ${stderr}`);
      const share = [
        process.execPath,
        '--import',
        'tsx',
        SHARE,
        '3',
        this.behind,
        this.control,
        JSON.stringify(options),
      ];
      this.process = spawn(need('setpriv'), [...DIE_WITH_PARENT, ...share], {
        cwd: MODULES,
        stdio: ['ignore', 'inherit', 'inherit', fuse],
      });
    } finally {
      closeSync(fuse);
    }
    this.forget = atEndOfFile(() => this.remove());
  }

  /** Has something befall it, now or from a call on. */
  fail(fault: NasFault): void {
    this.setFault(fault);
    // What hangs on it could not be ended, nor could the tests.
    setTimeout(() => this.process.kill('SIGCONT'), LONGEST_MS).unref();
  }

  /** Puts all right again, and takes away what it has put into folders by itself; what has waited for it goes on. */
  freeAgain(): void {
    this.setFault();
    this.process.kill('SIGCONT');
    const all = readdirSync(this.behind, { recursive: true }) as string[];
    for (const path of all.filter((each) => each.endsWith('@eaDir')))
      rmSync(join(this.behind, path), { recursive: true, force: true });
  }

  /** Its process goes first: then nothing can hang on it. */
  remove(): void {
    this.process.kill('SIGKILL');
    run(['umount', '--lazy', this.folder]);
    rmSync(this.own, { recursive: true });
    this.forget();
  }

  private get control(): string {
    return join(this.own, 'control');
  }

  private setFault(fault?: NasFault): void {
    writeFileSync(this.control, fault === undefined ? '' : JSON.stringify(fault));
  }
}

let problem: { readonly text: string | undefined } | undefined;

/** Why no share can be made here; undefined where it can. Only the attempt tells, once. */
export function noNas(): string | undefined {
  return (problem ??= { text: attempt() }).text;
}

function attempt(): string | undefined {
  if (!isRoot) return 'only root can mount';
  try {
    const nas = new Nas(freshFolder('trial'));
    nas.remove();
    return undefined;
  } catch (error) {
    return (error as Error).message.replaceAll('\n', ' ');
  }
}
