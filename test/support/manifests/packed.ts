import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

export interface Packed {
  readonly archive: string;
  /** In bytes. */
  readonly size: number;
  /** Paths of the files, in the package. */
  readonly files: readonly string[];
}

/** The package as it would be published, in a folder. */
export function pack(folder: string): Packed {
  const [{ filename, size, files }] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', folder));
  return { archive: join(folder, filename), size, files: files.map(({ path }: { path: string }) => path) };
}

/** A new repo with these packages; more than a name is as `npm install` understands it. */
export function newRepo(folder: string, ...packages: string[]): string {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  install(folder, ...packages);
  return folder;
}

/** `examples/other-cluster/` beside the archive as in this repo, installed as its README says. */
export function installExample(folder: string): string {
  const example = join(folder, 'examples/other-cluster');
  const excluded = /\/(node_modules|dist)$/;
  cpSync(join(root, 'examples/other-cluster'), example, { recursive: true, filter: (path) => !excluded.test(path) });
  install(example);
  return example;
}

function install(folder: string, ...packages: string[]): void {
  npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', ...packages);
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync('npm', ['--silent', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
