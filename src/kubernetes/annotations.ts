/**
 * The period, today included, within which a restore must be possible, as an ISO 8601 duration. On the CronJob of a
 * backup.
 */
export const RECOVERY_WINDOW = 'cdk8s-postgres-backup/recovery-window';

/**
 * Seconds after which the next success is overdue: the longest interval of the schedule, and the time by which the
 * deadlines allow a run to begin and end late. On the CronJob of a backup and of a drill. `kubectl pgbackup status`
 * reads it, since it cannot compute schedules.
 */
export const OVERDUE_AFTER = 'cdk8s-postgres-backup/overdue-after-seconds';

/** The declared major version of the PostgreSQL server. On every CronJob of ours. */
export const SERVER_VERSION = 'cdk8s-postgres-backup/server-version';

/**
 * The name of the object and the last day in UTC on which it may be deleted, with ` until ` between. On a guarded
 * object.
 */
export const ALLOW_DELETE = 'cdk8s-postgres-backup/allow-delete';
