-- Looks at what is in the snapshot :snapshot while pg_dump is at work. What the database is made of goes to the file
-- :structure, what restoring it needs a right to to :needs, where its sequences stand to :sequences, its tables' identities to :identities and, if :counting, their rows and
-- hashes to :contents. It is one process on the server, as pg_dump's is: it takes no more of its memory than a dump does.
SELECT set_config(name, value, false)
  FROM (VALUES ('lock_timeout', :'lock_timeout'), ('max_parallel_workers_per_gather', '0')) AS wanted (name, value) \g /dev/null
\i :sql/text-of-values.sql
\o :structure
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET TRANSACTION SNAPSHOT :'snapshot';
\i :sql/structure.sql
\o :needs
\i :sql/needs.sql
COMMIT;
\o :identities
\i :sql/contents.sql
\unset identities
-- What is dropped meanwhile, or locked, is missing afterwards.
\set ON_ERROR_STOP off
\o :sequences
\i :sql/sequences.sql
\o :contents
\if :counting
\i :sql/contents.sql
\endif
