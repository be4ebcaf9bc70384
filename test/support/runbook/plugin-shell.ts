import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { need } from '../machine/machine';

const PLUGIN = join(__dirname, '../../../dist/identity-internal/kubectl-pgbackup');
/** Milliseconds, for one command. */
const LIMIT = 90_000;

export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the plugin that runs, in a process group of its own, as a shell gives it one. */
export class PluginRun {
  readonly ended: Promise<Said>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private stdout = '';
  private stderr = '';

  /** With a terminal, both streams are its one output. */
  constructor(env: NodeJS.ProcessEnv, args: readonly string[], terminal: boolean) {
    const command = [PLUGIN, ...args];
    const [program, ...rest] = terminal
      ? [need('script'), '--quiet', '--return', '--command', command.join(' '), '/dev/null']
      : ['bash', ...command];
    this.child = spawn(program!, rest, { env, stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'], detached: true });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.tell();
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.tell();
    });
    const limit = setTimeout(() => process.kill(-this.child.pid!, 'SIGKILL'), LIMIT);
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (status) => {
        clearTimeout(limit);
        resolve({ status, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves as soon as it has said this; rejects where it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.stdout + this.stderr);
        if (match === null) return;
        this.listeners.delete(look);
        resolve(match);
      };
      this.listeners.add(look);
      look();
      void this.ended.then(({ status, stdout, stderr }) =>
        reject(new Error(`ended without ${pattern}: status ${status}\n${stdout}\n${stderr}`)),
      );
    });
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    process.kill(-this.child.pid!, 'SIGINT');
  }

  /** What ends this one process, and none that it has started. */
  terminate(): void {
    this.child.kill('SIGTERM');
  }

  type(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
