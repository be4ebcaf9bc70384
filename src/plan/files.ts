/** A file, before its content is parsed. */
export interface RawFile {
  /** From the root of the tree, with `/`. */
  readonly path: string;
  readonly content: Buffer;
}

/** A file that could not be read, and is not compared. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** The files of a folder, or of a commit. */
export interface Files {
  readonly files: readonly RawFile[];
  readonly problems: readonly Problem[];
}
