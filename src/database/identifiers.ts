import { InvalidPropError } from '../errors';

/**
 * PostgreSQL takes every character but NUL, and silently truncates a name that is longer than 63 bytes.
 * Its own tools refuse line breaks (`pg_dump: database name contains a newline or carriage return`).
 */
export function checkIdentifier(property: string, identifier: string): void {
  const bytes = Buffer.byteLength(identifier, 'utf8');
  if (bytes < 1 || bytes > 63) {
    throw new InvalidPropError(
      property,
      identifier,
      `has ${bytes} bytes, PostgreSQL allows 1 to 63`,
      'Write the name as \\l or \\du shows it',
    );
  }
  if (/[\0\r\n]/.test(identifier) || Buffer.from(identifier, 'utf8').toString('utf8') !== identifier) {
    throw new InvalidPropError(
      property,
      identifier,
      'has a character that PostgreSQL or its tools refuse',
      'Rename it without line breaks, NUL characters and unpaired surrogates',
    );
  }
}
