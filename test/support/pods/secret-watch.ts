import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { everything } from '../faults/fault-contents';

const EVERY_MS = 15;
/** How often a process is looked at: it becomes its command, whose arguments count, right after it has begun. */
const LOOKS = 3;

/** Looks for secrets, in any common spelling, where none may be. */
export class SecretWatch {
  /** Where one was seen. */
  readonly leaks = new Set<string>();
  private readonly spellings: readonly Buffer[];
  private readonly timer: NodeJS.Timeout;
  private readonly looks = new Map(processes().map((process) => [process, LOOKS]));

  /** Watches the arguments of all processes of the machine that begin from now on. */
  constructor(secrets: readonly (string | Buffer)[]) {
    this.spellings = secrets.flatMap((secret) => {
      const bytes = Buffer.from(secret as string);
      const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
      const ofText = typeof secret === 'string' ? [secret.replaceAll("'", "''"), encodeURIComponent(secret)] : [];
      return [bytes, ...[...encoded, ...ofText].map((spelling) => Buffer.from(spelling))];
    });
    this.timer = setInterval(() => this.lookAtProcesses(), EVERY_MS);
  }

  lookAt(where: string, text: string | Buffer): void {
    const bytes = Buffer.from(text as string);
    if (this.spellings.some((spelling) => bytes.includes(spelling))) this.leaks.add(where);
  }

  lookAtFolder(folder: string): void {
    for (const path of everything(folder)) {
      this.lookAt(`the name ${path}`, path);
      const file = join(folder, path);
      if (lstatSync(file).isFile()) this.lookAt(`the file ${path}`, readFileSync(file));
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private lookAtProcesses(): void {
    for (const process of processes()) {
      const looks = this.looks.get(process) ?? 0;
      if (looks === LOOKS) continue;
      this.looks.set(process, looks + 1);
      try {
        this.lookAt('the arguments of a process', readFileSync(`/proc/${process}/cmdline`));
      } catch {
        // it has just ended
      }
    }
  }
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}
