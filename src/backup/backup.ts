import { IBackupStorage } from './backup-pvc';
import { PostgresDatabase } from '../database/postgres-database';
import { RestoreCheck } from '../restore/restore-check';

/** A database and the place of its dumps. A `BackupCronJob` is an example. */
export interface IBackup {
  /** The database that was dumped. */
  readonly database: PostgresDatabase;
  /** The claim that holds the dumps. */
  readonly storage: IBackupStorage;
  /**
   * Folder of the dumps on the claim, and the first part of their names.
   * @default - the database's name, in which characters that need quoting in a shell are percent-encoded; if it is
   * longer than 80 characters, its beginning and a hash
   */
  readonly folder?: string;
  /**
   * Queries that must hold in every dump and after every restore.
   * @default - nothing beyond the rows and objects that the dump lists
   */
  readonly checks?: RestoreCheck[];
}
