import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, extname, isAbsolute, join, relative, sep } from 'node:path';
import { finding, type Finding, type Place } from '../reports/findings';

/**
 * The largest file that is read. Kubernetes refuses a Secret of more than 1 MiB, and base64 and SOPS together less than
 * double its size.
 */
export const MOST_BYTES = 2 * 2 ** 20;

const SKIPPED = new Set(['.git', 'node_modules']);
const MANIFESTS = new Set(['.yaml', '.yml', '.json']);
/** A private key of age in its only form, 58 characters of Bech32 after the prefix. */
const AGE_KEY = /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/;

export interface RepoFile {
  /** From the root of the repo, with `/`. */
  readonly path: string;
  readonly text: string;
}

/**
 * The manifests below a folder, in the order of their names, and findings about files that could not be read. Links are
 * never followed.
 */
export function readRepo(root: string): { files: RepoFile[]; findings: Finding[] } {
  const files: RepoFile[] = [];
  const findings: Finding[] = [];
  const home = realpathSync(root);

  const visit = (path: string): void => {
    const full = join(root, path);
    try {
      const stat = lstatSync(full);
      if (stat.isSymbolicLink()) findings.push(...linkProblem(home, full, path));
      else if (stat.isDirectory()) {
        for (const name of readdirSync(full).sort())
          if (!SKIPPED.has(name)) visit(path === '' ? name : `${path}/${name}`);
      } else if (stat.isFile() && stat.size <= MOST_BYTES) read(path, readFileSync(full));
      else if (stat.isFile() && isManifest(path)) findings.push(tooLarge(path, stat.size));
    } catch (error) {
      findings.push(
        finding(
          'file-unreadable',
          start(path),
          `${path || root} cannot be read (${(error as NodeJS.ErrnoException).code})`,
          'Let the check read the whole repo: it cannot vouch for files that it does not see',
        ),
      );
    }
  };

  const read = (path: string, content: Buffer): void => {
    findings.push(...ageKeys(path, content));
    if (!isManifest(path)) return;
    const text = decoded(content);
    if (text !== undefined) files.push({ path, text });
    else
      findings.push(
        finding(
          'file-not-text',
          start(path),
          `${path} is not text in UTF-8`,
          'Save it as UTF-8, or give it another ending',
        ),
      );
  };

  visit('');
  return { files, findings };
}

/** Links inside of the repo lead to files that are visited anyway. */
function linkProblem(home: string, full: string, path: string): Finding[] {
  let why = 'leads out of the repo, and Git keeps only the link';
  try {
    if (isInside(relative(home, realpathSync(full)))) return [];
  } catch (error) {
    why = (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'leads in a circle' : 'leads nowhere';
  }
  return [
    finding(
      'link-skipped',
      start(path),
      `${path} ${why}: it was not followed`,
      'Commit the file itself if it holds manifests',
    ),
  ];
}

/** True if a relative path stays below its start. */
export function isInside(path: string): boolean {
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

function ageKeys(path: string, content: Buffer): Finding[] {
  const at = content.includes('AGE-SECRET-KEY-1') ? content.toString('latin1').search(AGE_KEY) : -1;
  if (at < 0) return [];
  const before = content.toString('latin1', 0, at).split('\n');
  const place = { file: path, line: before.length, column: before.at(-1)!.length + 1 };
  return [
    finding(
      'age-key-in-git',
      place,
      'A private age key is in the repo: each reader of the repo can decrypt every secret in it',
      'Make a new key, encrypt all files for it (sops updatekeys), change the secrets, and keep the key outside of Git',
    ),
  ];
}

function tooLarge(path: string, bytes: number): Finding {
  return finding(
    'file-too-large',
    start(path),
    `${path} (${bytes} bytes) has more than ${MOST_BYTES} bytes and was not read`,
    'Put its Secrets, if there are any, into a file of their own',
  );
}

function decoded(content: Buffer): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** kustomize also knows the name without an ending. */
function isManifest(path: string): boolean {
  return MANIFESTS.has(extname(path).toLowerCase()) || basename(path) === 'Kustomization';
}

function start(file: string): Place {
  return { file: file || '.', line: 1, column: 1 };
}
