-- Holds a snapshot for pg_dump and for look.sql, and evaluates the checks of the file :checks in it.
-- Prints the snapshot's name, and a second line when the checks are evaluated.
SELECT set_config(name, value, false)
  FROM (VALUES ('lock_timeout', :'lock_timeout'), ('max_parallel_workers_per_gather', '0')) AS wanted (name, value) \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
\i :checks
\echo checked
