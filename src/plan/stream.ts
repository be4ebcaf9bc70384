import { readFileSync } from 'node:fs';
import { MisuseError } from '../errors';
import type { Files } from './files';

/**
 * The name of the only file of a stream. It is the same for two streams, so that objects without names are compared.
 */
const RENDERED = '(rendered)';

/** The output of Helm, kustomize or another tool: a stream of documents. */
export function stream(content: Buffer): Files {
  return { files: [{ path: RENDERED, content }], problems: [] };
}

/**
 * @param source a file, a pipe, or `-` for the standard input
 * @throws MisuseError when it cannot be read
 */
export function readStream(source: string, option: string): Files {
  try {
    return stream(readFileSync(source === '-' ? 0 : source));
  } catch (error) {
    throw new MisuseError(
      `${option} (${source}) cannot be read (${(error as NodeJS.ErrnoException).code}). Name a folder, a file with ` +
        'rendered manifests, or - for the standard input',
    );
  }
}
