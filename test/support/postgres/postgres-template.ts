import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../machine/child';
import { isRoot, SYSTEM_PATH } from '../machine/machine';
import { memoryFolder } from '../machine/run-folder';
import type { Sandbox } from '../machine/sandbox';
import { toolbox } from '../machine/toolbox';

/** The server refuses to run as root, and needs a user with a name: this one is everywhere. */
export const SERVER_USER = { uid: 65534, gid: 65534 };

/** A password that no careless quoting survives. */
export function randomPassword(): string {
  return `p'"\\ $(id) \${x} %41@:/?#&=;${randomBytes(9).toString('base64')}`;
}

/** How a program of the server runs: as the server's user, seeing its own folder at the same place. */
export function serverProcess(folder: string, program: string, ...args: string[]): Sandbox {
  const { binDir, dash } = toolbox();
  return {
    ...SERVER_USER,
    command: [join(binDir, program), ...args],
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C.UTF-8' },
    mounts: [{ source: folder, target: folder, readOnly: false }],
    readOnlyRoot: true,
    shell: dash,
  };
}

/** Makes a data folder `data` in `folder` with the password for the user postgres. */
export async function initialise(folder: string, password: string, initdbArgs: readonly string[] = []): Promise<void> {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const file of isRoot ? [folder, passwordFile] : []) chownSync(file, SERVER_USER.uid, SERVER_USER.gid);
  const ours = ['--username=postgres', '--auth=scram-sha-256', '--locale=C.UTF-8', '--encoding=UTF8', '--no-sync'];
  const paths = [`--pwfile=${passwordFile}`, `--pgdata=${join(folder, 'data')}`];
  const { status, output } = await new Child(serverProcess(folder, 'initdb', ...ours, ...paths, ...initdbArgs)).ended;
  if (status !== 0) throw new Error(`initdb failed with status ${status}:\n${output}`);
}

/** The folder whose `data` every server without wishes of its own copies: far faster than initdb. */
export function templateFolder(): string {
  return join(memoryFolder(), 'template');
}

export function templatePassword(): string {
  return readFileSync(join(templateFolder(), 'password'), 'utf8').replace(/\n$/, '');
}

export async function makeTemplate(): Promise<void> {
  mkdirSync(templateFolder());
  await initialise(templateFolder(), randomPassword());
}
