import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { need } from './machine';
import { freshFolder } from './run-folder';

/** What the plugin asks before it changes the live database. */
const QUESTION = /Type yes to go on: $/;

export interface Terminal {
  readonly shell: 'sh' | 'bash';
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds, after which all that was started ends. A loop that asks for a log might ask for ever. */
  readonly limit: number;
}

export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** Types commands into one shell on a terminal, which ends at the first failure, and answers questions with yes. */
export async function typeInTerminal(commands: string, { shell, cwd, env, limit }: Terminal): Promise<Outcome> {
  const folder = freshFolder('typed');
  const typed = join(folder, 'typed');
  writeFileSync(typed, commands);
  const terminal = spawn(need('script'), ['--quiet', '--return', '--command', `${shell} -eu '${typed}'`, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'dumb', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const end = setTimeout(() => process.kill(-terminal.pid!, 'SIGKILL'), limit);
  for (const stream of [terminal.stdout, terminal.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text.replaceAll('\r', '');
      if (QUESTION.test(output)) terminal.stdin.write('yes\n');
    });
  return new Promise<Outcome>((resolve, reject) => {
    terminal.on('error', reject);
    terminal.on('close', (status) => resolve({ status, output }));
  }).finally(() => {
    clearTimeout(end);
    rmSync(folder, { recursive: true });
  });
}
