import type { WriteStream } from 'node:tty';

/** The least width that a report is made for, and the width where no terminal has one. */
const COLUMNS = { least: 60, usual: 120 };

/** Whether a stream wants colours, and how wide it is. */
export function outputOf({ isTTY, columns = COLUMNS.usual }: WriteStream): { color: boolean; columns: number } {
  const color = isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return { color, columns: Math.max(columns, COLUMNS.least) };
}
