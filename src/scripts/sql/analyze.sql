-- Gathers the planner's statistics of each table: no dump before PostgreSQL 18 has them. Tables with a foreign table among their
-- partitions are left out: its rows are on another server, which a restore does not ask. So are tables of owners that we may not
-- act for.
WITH RECURSIVE foreigners AS (
  SELECT oid FROM pg_class WHERE relkind = 'f'
   UNION
  SELECT inhparent FROM pg_inherits JOIN foreigners ON inhrelid = oid
)
SELECT format('ANALYZE %I.%I', nspname, relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE pg_has_role(relowner, 'USAGE') AND relkind IN ('r', 'p', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema' AND c.oid NOT IN (SELECT oid FROM foreigners)
 ORDER BY relpages DESC \gexec
