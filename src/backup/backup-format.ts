import { InvalidPropError } from '../errors';

/** How a dump in the directory format is made. */
export interface DirectoryFormatOptions {
  /** Tables that are dumped at the same time, each by a session of its own; 1 to 64. */
  readonly jobs: number;
}

/** The format of a dump. Both can be restored by several jobs, and selectively. */
export class BackupFormat {
  /** One file, written by one job. */
  public static custom(): BackupFormat {
    return new BackupFormat('custom', 1);
  }

  /** A folder with a file a table, written by several jobs: for databases that one job takes too long for. */
  public static directory(options: DirectoryFormatOptions): BackupFormat {
    const { jobs } = options;
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64) {
      throw new InvalidPropError(
        'format.jobs',
        jobs,
        'must be a whole number from 1 to 64',
        'Choose no more than the server has cores to spare',
      );
    }
    return new BackupFormat('directory', jobs);
  }

  private constructor(
    public readonly name: string,
    public readonly jobs: number,
  ) {}
}
