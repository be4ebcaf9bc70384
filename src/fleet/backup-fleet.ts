import { Construct } from 'constructs';
import { BackupCronJob, BackupOptions, backupOptions } from '../backup/backup-cron-job';
import { IBackupStorage } from '../backup/backup-pvc';
import { PostgresServer } from '../database/postgres-server';
import { DrillOptions, drillOptions, RestoreDrill } from '../drill/restore-drill';
import { InvalidPropError } from '../errors';
import { checkName, CRON_JOB_NAME_LENGTH, namePart } from '../kubernetes/names';
import { RestoreCheck } from '../restore/restore-check';
import { RestoreJob, restoreJobOptions, RestoreOptions } from '../restore/restore-job';
import { ScheduleWindow } from '../schedule/schedule-window';
import { mountedChecks } from '../workload/checks-config-map';
import { FleetDatabase } from './fleet-database';

/** The databases of a fleet, their server and storage, and the common options of their workloads. */
export interface BackupFleetProps {
  /** The beginning of the names of all workloads, up to 20 characters. */
  readonly name: string;
  /** The server of the databases. */
  readonly server: PostgresServer;
  /** The databases. At least one. */
  readonly databases: FleetDatabase[];
  /** The claim for the dumps of all of them, a folder each. */
  readonly storage: IBackupStorage;
  /** The part of the day over which the backups are spread. */
  readonly window: ScheduleWindow;
  /**
   * The part of the day over which the drills are spread. Each drill is on one day of the week.
   * @default - the same as for the backups
   */
  readonly drillWindow?: ScheduleWindow;
  /**
   * Queries that must hold in every dump and after every restore of each database.
   * @default - nothing beyond the rows and objects that the dump lists
   */
  readonly checks?: RestoreCheck[];
  /** Options of all backups: the retention at least. */
  readonly backupOptions: BackupOptions;
  /**
   * Options of all restores.
   * @default - as for `RestoreJob`
   */
  readonly restoreOptions?: RestoreOptions;
  /**
   * Options of all drills.
   * @default - as for `RestoreDrill`
   */
  readonly drillOptions?: DrillOptions;
}

/** The length of the longest suffix of a database's name. */
const SUFFIX_LENGTH = '-restore'.length;

/** Leaves 23 characters for the name of a database. */
const NAME_LENGTH = 20;

/**
 * The backups, restores and drills of many databases on one server: `<fleet>-<database>-backup`, `-restore` and
 * `-drill` for each. They share the claim, the scripts, the secrets and the password. The names and schedules of a
 * database depend on its own name alone: adding or removing another database does not change them.
 */
export class BackupFleet extends Construct {
  /** The backups, in the order of the databases. */
  public readonly backups: BackupCronJob[] = [];
  /** The templates of restores, in the order of the databases. */
  public readonly restores: RestoreJob[] = [];
  /** The drills, in the order of the databases that have one. */
  public readonly drills: RestoreDrill[] = [];

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupFleetProps) {
    super(scope, id);
    checkName('backupFleet.name', props.name, NAME_LENGTH);
    if (props.databases.length === 0) {
      throw new InvalidPropError('backupFleet.databases', [], 'backs up nothing', 'Name at least one database');
    }
    // Made first, or the ConfigMap that they share would have the name of the first database.
    mountedChecks(this, props.name, props.checks ?? []);
    const taken = new Map<string, string>();
    for (const database of props.databases) {
      const name = workloadsOf(props.name, database);
      const other = taken.get(name);
      if (other !== undefined) {
        throw new InvalidPropError(
          'backupFleet.databases',
          database.name,
          other === database.name ? 'is named twice' : `makes workloads ${name}-…, as ${JSON.stringify(other)} does`,
          other === database.name ? 'Name each database once' : 'Give one of them an alias',
        );
      }
      taken.set(name, database.name);
      this.add(name, database, props);
    }
  }

  private add(name: string, database: FleetDatabase, props: BackupFleetProps): void {
    const { window, drillWindow = window } = props;
    const scope = new Construct(this, database.name);
    const options = backupOptions(props.backupOptions);
    const backup = new BackupCronJob(scope, 'backup', {
      ...options,
      name: `${name}-backup`,
      database: props.server.database(database.name),
      storage: props.storage,
      folder: database.folder,
      checks: database.checks ?? props.checks,
      schedule: database.schedule ?? window.daily(`${name}-backup`, options.timeZone),
      suspend: database.suspend ?? options.suspend,
      retention: database.retention ?? options.retention,
      excludeTableData: database.excludeTableData ?? options.excludeTableData,
      heartbeat: database.heartbeat ?? options.heartbeat,
    });
    this.backups.push(backup);
    this.restores.push(
      new RestoreJob(scope, 'restore', {
        ...restoreJobOptions(props.restoreOptions ?? {}),
        name: `${name}-restore`,
        backup,
        quiesce: database.quiesce,
      }),
    );
    if (database.drill ?? true) {
      const drill = drillOptions(props.drillOptions ?? {});
      this.drills.push(
        new RestoreDrill(scope, 'drill', {
          ...drill,
          name: `${name}-drill`,
          backup,
          schedule: database.drillSchedule ?? drillWindow.weekly(`${name}-drill`, drill.timeZone),
          suspend: database.suspend ?? drill.suspend,
          proof: database.proof,
        }),
      );
    }
  }
}

/** The beginning of the names of a database's workloads. */
function workloadsOf(fleet: string, { name, alias }: FleetDatabase): string {
  const length = CRON_JOB_NAME_LENGTH - SUFFIX_LENGTH - fleet.length - 1;
  if (alias !== undefined) checkName('backupFleet.databases.alias', alias, length);
  return `${fleet}-${alias ?? namePart(name, length)}`;
}
