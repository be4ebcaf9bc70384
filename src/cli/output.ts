import type { WriteStream } from 'node:tty';

/** The least width of a report, and its width without a terminal. */
const COLUMNS = { least: 60, usual: 120 };

/** The width of a stream, and whether it shows colours. */
export function outputOf({ isTTY, columns = COLUMNS.usual }: WriteStream): { color: boolean; columns: number } {
  const color = isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return { color, columns: Math.max(columns, COLUMNS.least) };
}
