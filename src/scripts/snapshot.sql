-- Holds a snapshot for pg_dump and counts the rows that are in it, while pg_dump is at work.
-- Prints the snapshot's name, and a second line when the checks of the file :checks are evaluated and the counts are in
-- the file :rows, as the last member of the manifest.
SELECT set_config('lock_timeout', :'lock_timeout', false) \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
\i :checks
\o :rows
\if :counting
\qecho '  "rows": {'
\i :scripts/rows.sql
\qecho '  }'
\else
\qecho '  "rows": null'
\endif
\o
\echo counted
