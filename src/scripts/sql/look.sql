-- Records the contents of the snapshot :snapshot while pg_dump is at work. The objects of the database go to the file :structure,
-- the rights that its restore needs to :needs, the values of its sequences to :sequences, the identities of its tables to
-- :identities and, if :counting, their rows and hashes to :contents. It is one process on the server, like that of pg_dump, and
-- takes no more of its memory than a dump.
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
-- A table that is dropped or locked meanwhile is missing afterwards.
\set ON_ERROR_STOP off
\o :sequences
\i :sql/sequences.sql
\o :contents
\if :counting
\i :sql/contents.sql
\endif
