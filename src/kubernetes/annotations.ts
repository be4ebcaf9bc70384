/**
 * How many days one must be able to go back to, today's included, as an ISO 8601 duration. On the CronJob of a backup.
 */
export const RECOVERY_WINDOW = 'cdk8s-postgres-backup/recovery-window';

/** The declared major version of the PostgreSQL server. On every CronJob of ours. */
export const SERVER_VERSION = 'cdk8s-postgres-backup/server-version';

/** The name of the object and the last day in UTC on which it may be deleted, with ` until ` between. On what is guarded. */
export const ALLOW_DELETE = 'cdk8s-postgres-backup/allow-delete';
