-- Holds a snapshot for pg_dump and looks at what is in it, while pg_dump is at work.
-- Prints the snapshot's name, and a second line when the checks of the file :checks are evaluated and the contents of the
-- tables are in the file :contents.
SELECT set_config('lock_timeout', :'lock_timeout', false) \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
\i :checks
\o :contents
\if :counting
\i :scripts/contents.sql
\endif
\o
\echo counted
