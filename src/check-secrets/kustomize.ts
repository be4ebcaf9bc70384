/** The program that builds folders, which runs without network, git, keys and plugins. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { inCopy, removeAbandonedCopies } from './working-copy';

/** The most time for the build of a folder, which usually takes milliseconds. */
const MOST_MILLISECONDS = 60_000;
const MOST_OUTPUT = 2 ** 28;

/** A proxy that does not exist, so that each fetch of kustomize fails at once. */
const NO_PROXY = 'http://127.0.0.1:9';

/** Flux reads the whole repo, so the files of a folder may be anywhere in it. */
const ANYWHERE = ['--load-restrictor', 'LoadRestrictionsNone'];

/** The program that builds a folder as Flux does. */
export class Kustomize {
  /** Returns `kustomize`, or else kubectl, which has it built in; null if PATH has neither. */
  static onPath(path = process.env.PATH ?? ''): Kustomize | null {
    const folders = path.split(delimiter).filter((folder) => folder !== '');
    const find = (program: string): string | undefined =>
      folders.map((folder) => resolve(folder, program)).find(isExecutable);
    const kustomize = find('kustomize');
    const kubectl = find('kubectl');
    if (kustomize !== undefined) return new Kustomize([kustomize, 'build']);
    return kubectl === undefined ? null : new Kustomize([kubectl, 'kustomize']);
  }

  private isFirst = true;

  constructor(private readonly command: readonly string[]) {}

  /**
   * Builds a folder in a copy of its files. The build has no network, no git and no keys. Plugins, functions and Helm
   * are off, as they are by default.
   * @param files the files that the folder needs, by paths from the root of the repo
   * @returns the manifests; undefined if the folder cannot be built. The reason is not shown: it may quote a value
   */
  build(files: ReadonlyMap<string, string | Buffer>, folder: string): string | undefined {
    if (this.isFirst) removeAbandonedCopies();
    this.isFirst = false;
    const [program, ...args] = this.command as [string, ...string[]];
    const { status, signal, stdout } = inCopy(files, (copy) =>
      spawnSync(program, [...args, ...ANYWHERE, join(copy, folder)], {
        cwd: copy,
        env: { HOME: '/nonexistent', PATH: '', HTTP_PROXY: NO_PROXY, HTTPS_PROXY: NO_PROXY },
        encoding: 'utf8',
        maxBuffer: MOST_OUTPUT,
        timeout: MOST_MILLISECONDS,
        killSignal: 'SIGKILL',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    // Ctrl-C reaches both processes, and this process would learn of it only when all folders are built.
    if (signal === 'SIGINT') process.exit(128 + osConstants.signals.SIGINT);
    return status === 0 ? stdout : undefined;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
