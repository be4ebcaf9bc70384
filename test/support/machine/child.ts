import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isRoot, which } from './machine';
import { asUser, DIE_WITH_PARENT, isSandboxed, NO_SANDBOX, sandbox, type CommandLine, type Sandbox } from './sandbox';

export interface Ending {
  /** The exit status; 128 and the signal's number where a signal ended the process. */
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order of their arrival. */
  readonly output: string;
}

/** A running command, in a sandbox where the machine allows it. */
export class Child {
  readonly ended: Promise<Ending>;
  private readonly process: ChildProcess;
  private readonly sandboxed = isSandboxed();
  private running = true;
  private stdout = '';
  private stderr = '';
  private both = '';

  constructor(options: Sandbox, onOutput: (text: string) => void = () => {}) {
    const { command, env } = this.sandboxed ? sandbox(options) : plain(options);
    const [program, ...args] = command as [string, ...string[]];
    // A group of its own lets us end what a plain process leaves behind.
    this.process = spawn(program, args, {
      env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !this.sandboxed,
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.both += text;
      onOutput(text);
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.both += text;
      onOutput(text);
    });
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('exit', () => {
        this.running = false;
        if (!this.sandboxed && this.process.pid !== undefined) signalTo(-this.process.pid, 'SIGKILL');
      });
      this.process.once('close', (status, signal) => {
        if (this.sandboxed && status === NO_SANDBOX) reject(new Error(this.stderr));
        else resolve(this.ending(status, signal));
      });
    });
    this.ended.catch(() => {}).finally(() => (this.running = false));
  }

  /** The process id of the command itself; undefined before it runs and after it ended. */
  get pid(): number | undefined {
    if (!this.running) return undefined;
    if (!this.sandboxed) return this.process.pid;
    try {
      // The one child of the shell that waits outside is process 1 of the sandbox.
      const children = readFileSync(`/proc/${this.process.pid}/task/${this.process.pid}/children`, 'utf8').trim();
      return children === '' ? undefined : Number(children.split(' ')[0]);
    } catch {
      return undefined;
    }
  }

  get isRunning(): boolean {
    return this.running;
  }

  output(): string {
    return this.both;
  }

  /** Signals the command's own process, as a container runtime does; tells whether there was one. */
  kill(signal: NodeJS.Signals): boolean {
    return signalTo(this.pid, signal);
  }

  /** Ends everything at once, whatever state it is in. */
  async destroy(): Promise<void> {
    this.kill('SIGKILL');
    if (this.running) signalTo(this.process.pid, 'SIGKILL');
    await this.ended.catch(() => {});
  }

  private ending(status: number | null, signal: NodeJS.Signals | null): Ending {
    const killed = 128 + constants.signals.SIGKILL;
    // Nothing but this signal can end process 1 of a sandbox from outside, and only its status comes through.
    const ended = signal ?? (this.sandboxed && status === killed ? 'SIGKILL' : null);
    const code = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    return { status: code, signal: ended, stdout: this.stdout, stderr: this.stderr, output: this.both };
  }
}

/** Without a sandbox, root can at least be the right user, and Linux end a process with its parent. */
function plain(options: Sandbox): CommandLine {
  const setpriv = process.platform === 'linux' ? which('setpriv') : undefined;
  const before = isRoot ? asUser(options) : setpriv === undefined ? [] : [setpriv, ...DIE_WITH_PARENT];
  return { command: [...before, ...options.command], env: { ...options.env } };
}

function signalTo(pid: number | undefined, signal: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(pid, signal);
  } catch {
    return false; // it had just ended by itself
  }
}
