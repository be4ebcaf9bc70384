import { execFileSync } from 'node:child_process';
import { MisuseError } from '../errors';
import type { Files } from './files';

/** An entry of `ls-tree -z`. */
const ENTRY = /^(\d+) (\w+) ([0-9a-f]+)\t([^]+)$/;
const FILE = /^100/;

/**
 * The files of a folder in a commit, without a checkout. For a file, its content.
 * @param ref a branch, a tag or a commit
 * @param folder from the root of the repo, or with `./` from here
 * @throws MisuseError
 */
export function gitFiles(ref: string, folder: string, option: string): Files | Buffer {
  const told = `${option} (${ref}:${folder})`;
  const commit = resolve(
    `${ref}^{commit}`,
    `${told}: Git knows no ref ${ref} here. Fetch it (in CI, check out with fetch-depth: 0), or name another`,
    told,
  );
  const path = folder.replace(/\/+$/, '');
  const tree = resolve(
    `${commit}:${path === '.' ? './' : path}`,
    `${told}: ${ref} has no folder or file ${folder}. Name it from the root of the repo, or with ./ from here`,
    told,
  );
  if (git(['cat-file', '-t', tree], told).trim() !== 'tree') return run(['cat-file', 'blob', tree], told);
  const entries = git(['ls-tree', '-r', '-z', '--full-tree', tree], told)
    .split('\0')
    .flatMap((line) => {
      const [, mode, , id, name] = ENTRY.exec(line) ?? [];
      return mode === undefined ? [] : [{ mode, id: id!, path: name! }];
    });
  const [plain, others] = [
    entries.filter(({ mode }) => FILE.test(mode)),
    entries.filter(({ mode }) => !FILE.test(mode)),
  ];
  const contents = blobs(
    plain.map(({ id }) => id),
    told,
  );
  return {
    files: plain.map((entry, index) => ({ path: entry.path, content: contents[index]! })),
    problems: others.map((entry) => ({
      file: entry.path,
      message: 'is a link or a submodule, which was not followed',
    })),
  };
}

function resolve(object: string, problem: string, told: string): string {
  try {
    return git(['rev-parse', '--verify', '--quiet', '--end-of-options', object], told).trim();
  } catch (error) {
    throw error instanceof MisuseError && !error.message.endsWith(QUIET) ? error : new MisuseError(problem);
  }
}

/** The contents of some objects, all from one process. */
function blobs(ids: readonly string[], told: string): Buffer[] {
  if (ids.length === 0) return [];
  const output = run(['cat-file', '--batch'], told, `${ids.join('\n')}\n`);
  let at = 0;
  return ids.map((id) => {
    const end = output.indexOf(10, at);
    const [, type, size] = output.toString('latin1', at, end).split(' ');
    if (type !== 'blob') throw new MisuseError(`${told}: Git has lost the object ${id}. Run git fsck`);
    const begin = end + 1;
    at = begin + Number(size) + 1;
    return output.subarray(begin, at - 1);
  });
}

function git(args: readonly string[], told: string): string {
  return run(args, told).toString('utf8');
}

const QUIET = 'it said nothing';

function run(args: readonly string[], told: string, input?: string): Buffer {
  try {
    return execFileSync('git', args, {
      input,
      maxBuffer: Infinity,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: Buffer };
    if (code === 'ENOENT')
      throw new MisuseError(
        `${told} is not a folder, and git, which reads folders from a commit, is not installed. Install git, ` +
          'or name a folder',
      );
    const said = stderr?.toString('utf8').trim().split('\n')[0] || QUIET;
    if (/not a git repository/.test(said))
      throw new MisuseError(
        `${told} is not a folder, nor a folder in a commit, since this is not a Git repository. Name a folder, or run ` +
          'the command in the repo',
      );
    throw new MisuseError(`${told}: git ${args[0]} failed: ${said}`);
  }
}
