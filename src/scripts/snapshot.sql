-- Holds a snapshot for pg_dump and looks at what is in it, while pg_dump is at work.
-- Prints the snapshot's name, and a second line when the checks of the file :checks are evaluated and the contents of the
-- tables are in the file :contents.
-- It is one process on the server, as pg_dump's is: it takes no more of its memory than a dump does.
SELECT set_config(name, value, false)
  FROM (VALUES ('lock_timeout', :'lock_timeout'), ('max_parallel_workers_per_gather', '0')) AS wanted (name, value) \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
\i :checks
\o :contents
\if :counting
\i :scripts/contents.sql
\endif
\o
\echo counted
