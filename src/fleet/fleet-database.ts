import { Cron } from 'cdk8s';
import { Heartbeat } from '../backup/backup-cron-job';
import { Retention } from '../backup/retention';
import { TableName } from '../database/table-name';
import { DecryptionProof } from '../drill/decryption-proof';
import { Quiesce } from '../restore/quiesce';
import { RestoreCheck } from '../restore/restore-check';

/** One database of a fleet, and its own options. */
export interface FleetDatabase {
  /** Name of the database, in any spelling that PostgreSQL allows, up to 63 bytes. */
  readonly name: string;
  /**
   * Its name within the names of its workloads: small letters, digits and `-`.
   * @default - its name, in small letters and with `-` for `_`; if it has other characters or is too long, the rest of
   * it and a hash
   */
  readonly alias?: string;
  /**
   * Folder of the dumps on the claim, and the first part of their names.
   * @default - as for `BackupCronJob`: the database's name
   */
  readonly folder?: string;
  /**
   * Queries that must hold in every dump and after every restore.
   * @default - the checks of the fleet
   */
  readonly checks?: RestoreCheck[];
  /**
   * Proof that a key still opens the data of the dump, for its drills.
   * @default - none
   */
  readonly proof?: DecryptionProof;
  /**
   * Schedule of the dumps.
   * @default - every day at a minute of the fleet's window that depends on the name alone
   */
  readonly schedule?: Cron;
  /**
   * Schedule of the drills.
   * @default - every week at a minute of the fleet's window for drills that depends on the name alone
   */
  readonly drillSchedule?: Cron;
  /**
   * Whether the database has a drill.
   * @default true
   */
  readonly drill?: boolean;
  /**
   * Whether the schedules of its backups and drills are suspended.
   * @default - as the options of the fleet say
   */
  readonly suspend?: boolean;
  /**
   * The rule for the dumps that stay.
   * @default - as the options of the fleet say
   */
  readonly retention?: Retention;
  /**
   * Tables whose rows are left out.
   * @default - as the options of the fleet say
   */
  readonly excludeTableData?: TableName[];
  /**
   * The receiver of reports on success and failure of its backups.
   * @default - as the options of the fleet say
   */
  readonly heartbeat?: Heartbeat;
  /**
   * Stops the service of this database for the cutover of a restore, and starts it again.
   * @default - the service is left alone
   */
  readonly quiesce?: Quiesce;
}
