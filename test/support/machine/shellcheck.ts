import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEBIAN_ROOT, inDebianRoot } from './debian-root';
import { isRoot, need, which } from './machine';

const ROOT = resolve(__dirname, '../../..');
const FOLDERS = ['src/scripts', 'src/kubectl-plugin', '.github/backup-plan'];
/** What an entry point sources is checked with it, and not by itself: it says at its head what it needs. */
const OPTIONS = ['--external-sources', '--check-sourced', '--source-path=SCRIPTDIR'];

/** Checks the scripts: the machine's shellcheck, else the Debian root file system's, else one installed now. */
function shellcheck(scripts: string[]): number {
  let command = [which('shellcheck') ?? '', ...OPTIONS, ...scripts];
  if (command[0] === '' && isRoot && existsSync(join(DEBIAN_ROOT, 'usr/bin/shellcheck'))) {
    command = [...inDebianRoot(ROOT), 'shellcheck', ...command.slice(1)];
  } else if (command[0] === '') {
    command[0] = need('shellcheck');
  }
  const [program = '', ...args] = command;
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1;
}

const scripts = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.sh') || name === 'kubectl-pgbackup')
    .sort()
    .map((name) => `${folder}/${name}`),
);
if (scripts.length === 0) {
  console.error(`shellcheck: no scripts in ${FOLDERS.join(', ')}`);
  process.exitCode = 1;
} else {
  process.exitCode = shellcheck(scripts);
  if (process.exitCode === 0) console.log(`shellcheck: ${scripts.length} scripts clean`);
}
