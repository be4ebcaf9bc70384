/** A variable of our containers, and its meaning to its script. */
export interface Variable {
  readonly meaning: string;
  /** Whether a person sets it for a Job by hand. */
  readonly byHand?: true;
}

/** Every environment variable that a workload of this library has. A test compares them with the scripts. */
export const VARIABLES = {
  PGHOST: { meaning: 'address of the server' },
  PGPORT: { meaning: 'port of the server' },
  PGUSER: { meaning: 'role that logs in' },
  PGPASSWORD: { meaning: 'password of the role, from its secret' },
  PGDATABASE: { meaning: 'database that is dumped or restored' },
  PGAPPNAME: { meaning: 'name of the pod, by which the sessions and locks on the server and the holds are known' },
  PASSWORD_SOURCE: { meaning: 'secret and key of the password, for messages' },
  PGSSLMODE: { meaning: 'encryption of the connections: `verify-full`, `verify-ca`, `require` or `disable`' },
  PGSSLROOTCERT: { meaning: 'file with the authority of the server, or `system`' },
  TLS_AUTHORITY_SOURCE: { meaning: 'ConfigMap or secret of the authority, and its key, for messages' },
  PGSSLCERT: { meaning: 'file with the certificate that the client shows' },
  TLS_CERTIFICATE_SOURCE: { meaning: 'secret and key of that certificate, for messages' },
  PGSSLKEY: { meaning: 'file with the key of that certificate, a copy that its user alone can read' },
  TLS_KEY_FILE: { meaning: 'original of the file PGSSLKEY' },
  TLS_KEY_SOURCE: { meaning: 'secret and key of that file, for messages' },
  MAINTENANCE_DATABASE: {
    meaning: 'database that holds the locks, and from which other databases are renamed and dropped',
  },
  SERVER_TIMEOUT: { meaning: 'seconds to wait for a server that is starting' },

  BACKUP_DIR: { meaning: 'folder of the dumps' },
  TMPDIR: { meaning: 'folder for small files of a run' },
  EXPECTED_DIR: { meaning: 'folder with the lists of expected secrets, and with the secrets' },
  EXPECTED_FOR: {
    meaning: 'folder of the dumps and component of the workload whose secrets are checked, with a slash between',
  },
  CHECKS_DIR: {
    meaning: 'folder with the checks: the query, the name, and the expected value of each, if it has one',
  },
  SECRETS_REPORT: { meaning: 'folder in memory with the findings about the expected secrets' },

  RESTORE_ROLE: { meaning: 'role that restores; a backup checks whether it lacks rights' },
  DUMP_FORMAT: { meaning: '`custom` or `directory`' },
  DUMP_JOBS: { meaning: 'tables that are dumped at a time; 1 for the custom format' },
  COMPRESSION: { meaning: 'value of `pg_dump --compress`' },
  EXCLUDE_TABLE_DATA: { meaning: 'patterns of tables whose rows are not dumped, a line each' },
  ROW_COUNTS: { meaning: '`true` to count the rows of each table' },
  CONTENT_HASH_BYTES: { meaning: 'size of the largest database whose rows are hashed, in bytes' },
  LOCK_TIMEOUT: { meaning: 'milliseconds to wait for the lock of a table' },
  HEARTBEAT_URL: { meaning: 'address to which a success is reported, from its secret' },
  HEARTBEAT_FAILURE_URL: { meaning: 'address to which a failure is reported, from its secret' },
  BACKUP_HOLD: {
    meaning: 'time for which this dump is not pruned, e.g. `P30D`; empty for the retention alone',
    byHand: true,
  },
  BACKUP_LABEL: { meaning: 'name of this dump in the manifest and in the list', byHand: true },
  KEEP_LAST: { meaning: 'newest dumps that are kept' },
  KEEP_DAILY: { meaning: 'days of which the last dump is kept' },
  KEEP_WEEKLY: { meaning: 'weeks of which the last dump is kept' },
  KEEP_MONTHLY: { meaning: 'months of which the last dump is kept' },
  KEEP_YEARLY: { meaning: 'years of which the last dump is kept' },
  KEEP_WITHIN_DAYS: { meaning: 'days before the newest verified dump within which every verified dump is kept' },

  REQUEST_ID: { meaning: 'name of the request, which is carried out once; it is that of its Job' },
  NAMESPACE: { meaning: 'namespace of the pod, for the commands in messages' },
  RESTORE_TEMPLATE: { meaning: 'CronJob from which restores are made on demand, for the commands in messages' },
  RESTORE_ACTION: { meaning: 'action of the Job; `restore` by default', byHand: true },
  RESTORE_DUMP: { meaning: 'name of the dump; empty for the newest verified one', byHand: true },
  RESTORE_BEFORE: { meaning: 'time in UTC; the newest verified dump at or before it is restored', byHand: true },
  RESTORE_SHA256: { meaning: 'checksum that the dump must have', byHand: true },
  RESTORE_HOLD: { meaning: 'time for which the action `hold` keeps the dump, e.g. `P30D`', byHand: true },
  RESTORE_IGNORE: { meaning: 'findings that do not stop the restore, with spaces between', byHand: true },
  RESTORE_SESSIONS: {
    meaning: 'treatment of sessions on the live database: `wait`, `disconnect` or `refuse`',
    byHand: true,
  },
  SESSIONS_TIMEOUT: { meaning: 'seconds to wait for sessions to end' },
  STOP_COMMAND: { meaning: 'command that ends the sessions, for messages' },
  KEEP_PREVIOUS: { meaning: 'former databases that are kept' },
  RESTORE_JOBS: { meaning: 'tables that are loaded at a time' },
  RESTORE_OPTIONS: { meaning: 'settings of the sessions that load' },
  HOLD_SECONDS: { meaning: 'seconds for which the dump in use is held at most' },
  QUIESCE_DEPLOYMENT: { meaning: 'Deployment that is scaled to 0 for the cutover' },
  KUBECTL: { meaning: 'path of kubectl' },

  RCLONE: { meaning: 'path of rclone' },
  OFFSITE_REMOTE: { meaning: 'remote of rclone in the file OFFSITE_CONFIG, if the place is not a bucket of S3' },
  OFFSITE_CONFIG: { meaning: "file with rclone's configuration, from its secret" },
  OFFSITE_PROVIDER: { meaning: "rclone's name of the provider of the bucket" },
  OFFSITE_ENDPOINT: { meaning: 'address of the server of the bucket, or the remote in words' },
  OFFSITE_REGION: { meaning: 'region of the bucket' },
  OFFSITE_PATH: { meaning: 'bucket and folder of the copies' },
  OFFSITE_CA: { meaning: 'file with the authority of that server; empty for the public ones' },
  OFFSITE_ACCESS_KEY: { meaning: 'id of the key of the bucket, from its secret' },
  OFFSITE_SECRET_KEY: { meaning: 'key of the bucket, from its secret' },
  OFFSITE_KEY_SOURCE: { meaning: 'secret and keys of both, or of the configuration, for messages' },
  OFFSITE_ENCRYPTION: { meaning: '`crypt` or `none`' },
  OFFSITE_PASSWORD: { meaning: 'password that the copies are encrypted with, from its secret' },
  OFFSITE_SALT: { meaning: 'salt of that password, from its secret' },
  OFFSITE_PASSWORD_SOURCE: { meaning: 'secret and keys of both, for messages' },
  OFFSITE_BANDWIDTH: { meaning: 'most bytes that are sent or read per second, as rclone writes them; 0 for no limit' },
  OFFSITE_READ_BACK: { meaning: '`true` to read each copy back' },
  OFFSITE_SECONDS: { meaning: 'seconds after which no other dump is begun' },
  OFFSITE_AT: {
    meaning: 'time in UTC; the bucket is read as it was then, which needs a bucket with versions',
    byHand: true,
  },
  OFFSITE_DIR: { meaning: 'folder in which the containers of a pod hand over their findings about the bucket' },

  DRILL_DIR: { meaning: 'folder of the throwaway server' },
  DRILL_PICK: { meaning: 'choice of the dump to drill if none is named: `newest` or `rotate`' },
  DRILL_RTO: { meaning: 'seconds that a restore may take; left out if there is no objective' },
  DRILL_SOURCE: {
    meaning:
      'source of the drilled dump: `nas`, `offsite`, or `turn` for the source that the newest drill did not take',
    byHand: true,
  },
  NAS_DIR: { meaning: 'folder of the dumps on the claim, if BACKUP_DIR gets copies of a bucket' },
  FETCHED_DIR: { meaning: 'folder of copies of a bucket, if BACKUP_DIR is on the claim' },
  DRILL_BYTES: { meaning: 'space for the throwaway server, in bytes; 0 for no limit' },
  IMAGE: { meaning: 'image of the tools, for the evidence' },
  KEEP_EVIDENCE: { meaning: 'drills whose evidence is kept' },
  PROOF_KEY: { meaning: 'file with the key whose decryption is proven' },
  PROOF_SQL: { meaning: 'file with the SQL of the proof' },
} as const satisfies Record<string, Variable>;

/** The name of a variable. */
export type VariableName = keyof typeof VARIABLES;

export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[];
