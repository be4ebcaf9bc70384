import type { Operation } from './wire';

/** What is odd about a share from the beginning. */
export interface NasOptions {
  /** A folder is not synced: EINVAL. */
  readonly noFolderSync?: boolean;
  /** Neither links nor symbolic links are made: EPERM. */
  readonly noLinks?: boolean;
  /** A file is not read past the memory of the node: EINVAL. */
  readonly noDirectReads?: boolean;
  /** Capitals do not tell two names apart, and names come back decomposed, as from an SMB share. */
  readonly foldsNames?: boolean;
  /**
   * The bytes that a name may have: encrypted shares have 143.
   * @default 255
   */
  readonly longestName?: number;
  /**
   * Seconds by which its clock is ahead of the node's.
   * @default 0
   */
  readonly ahead?: number;
  /** All files belong to a user of the share's own and their modes let nobody write; writing works. */
  readonly squashes?: boolean;
}

export interface Call {
  readonly operation: Operation;
  /** The end of the name that it is about. */
  readonly name?: string;
  /**
   * How many of these are let pass before.
   * @default 0
   */
  readonly after?: number;
}

/** What befalls a share. */
export interface NasFault {
  /** What comes of every call, but those that let go of something; "away": no call is answered. */
  readonly error?: 'EROFS' | 'ESTALE' | 'EIO' | 'ETIMEDOUT' | 'away';
  /** The call with which it begins; without it, at once. A share that goes away still answers this one. */
  readonly from?: Call;
  /**
   * What is called in vain.
   * @default - all; for EROFS, what would change something
   */
  readonly only?: readonly Operation[];
  /**
   * How many calls fail before it is over.
   * @default - all, until it is put right
   */
  readonly calls?: number;
  /** Each folder in which a file was written gets a folder `@eaDir`, which cannot be removed. */
  readonly indexes?: boolean;
}
