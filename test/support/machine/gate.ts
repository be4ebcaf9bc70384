import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { run } from './machine';

/** A named pipe that stops whoever reads from it. It works on a file system that has become full or read-only, too. */
export class Gate {
  private writer?: number;

  constructor(readonly path: string) {
    run(['mkfifo', path]);
  }

  /** Whether somebody has stopped here. */
  isReached(): boolean {
    if (this.writer !== undefined) return true;
    try {
      this.writer = openSync(this.path, constants.O_WRONLY | constants.O_NONBLOCK);
      return true;
    } catch {
      return false; // nobody reads, or the gate is gone
    }
  }

  /** Lets go whoever is there, and stops nobody again. */
  open(): void {
    const reached = this.isReached();
    try {
      rmSync(this.path, { force: true });
    } catch {
      // read-only by now
    }
    if (reached && this.writer !== undefined) closeSync(this.writer);
    this.writer = undefined;
  }
}
