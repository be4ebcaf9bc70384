import { InvalidPropError } from '../errors';

/** Options of a dump in the directory format. */
export interface DirectoryFormatOptions {
  /** Tables that are dumped at the same time, each by a session of its own; 1 to 64. */
  readonly parallelJobs: number;
}

/** The format of a dump. Both formats can be restored by several jobs, and in parts. */
export class BackupFormat {
  /** One file, written by one job. */
  public static custom(): BackupFormat {
    return new BackupFormat('custom', 1);
  }

  /**
   * A folder with a file per table, written by several jobs: for databases whose dump takes too long with one job.
   * @throws InvalidPropError when `parallelJobs` is not a whole number from 1 to 64
   */
  public static directory(options: DirectoryFormatOptions): BackupFormat {
    const { parallelJobs } = options;
    if (!Number.isInteger(parallelJobs) || parallelJobs < 1 || parallelJobs > 64) {
      throw new InvalidPropError(
        'format.parallelJobs',
        parallelJobs,
        'must be a whole number from 1 to 64',
        'Choose no more than the server has cores to spare',
      );
    }
    return new BackupFormat('directory', parallelJobs);
  }

  private constructor(
    /** The format as `pg_dump --format` has it: `custom` or `directory`. */
    public readonly name: string,
    /** Tables that are dumped at the same time. */
    public readonly parallelJobs: number,
  ) {}
}
