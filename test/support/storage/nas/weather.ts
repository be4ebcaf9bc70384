import { readFileSync } from 'node:fs';
import type { Call, NasFault } from './options';
import type { Operation } from './wire';

const CHANGES: readonly Operation[] = [
  'setattr',
  'symlink',
  'mkdir',
  'unlink',
  'rmdir',
  'rename',
  'rename2',
  'link',
  'write',
  'create',
];
/** What lets go of something always ends well. */
const LETS_GO: readonly (Operation | undefined)[] = [
  'forget',
  'batchForget',
  'interrupt',
  'release',
  'releasedir',
  'init',
];

/** The fault of now, and how far it has come. */
export class Weather {
  private text = '';
  private fault?: NasFault;
  private begun = false;
  private passed = 0;
  private failed = 0;

  constructor(private readonly control: string) {}

  /** The fault that a call meets, if any. */
  at(operation: Operation | undefined, name: string): NasFault['error'] | undefined {
    this.look();
    if (this.fault === undefined || LETS_GO.includes(operation)) return undefined;
    const { error, from, only = error === 'EROFS' ? CHANGES : undefined, calls = Infinity } = this.fault;
    if (!this.begun && isCall(from, operation, name)) this.begun = this.passed++ >= (from?.after ?? 0);
    if (
      error === undefined ||
      !this.begun ||
      this.failed >= calls ||
      (only !== undefined && !only.includes(operation!))
    )
      return undefined;
    this.failed++;
    return error;
  }

  /** Whether it puts something into folders by itself. */
  get indexes(): boolean {
    return this.fault?.indexes ?? false;
  }

  private look(): void {
    const text = readFileSync(this.control, 'utf8');
    if (text === this.text) return;
    this.text = text;
    this.fault = text === '' ? undefined : (JSON.parse(text) as NasFault);
    this.begun = false;
    this.passed = this.failed = 0;
  }
}

function isCall(from: Call | undefined, operation: Operation | undefined, name: string): boolean {
  return from === undefined || (from.operation === operation && name.endsWith(from.name ?? ''));
}
