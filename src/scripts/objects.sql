-- Counts what a dump lists: tables, indexes that no constraint has, and constraints that are created by themselves.
WITH objects AS (
  SELECT c.oid, relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
)
SELECT format('%s tables, %s indexes, %s constraints',
  (SELECT count(*) FROM objects WHERE relkind IN ('r', 'p')),
  (SELECT count(*) FROM pg_index JOIN objects ON objects.oid = indrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))),
  (SELECT count(*) FROM pg_constraint JOIN objects ON objects.oid = conrelid
    WHERE contype IN ('p', 'u', 'x') OR (contype = 'f' AND conparentid = 0) OR (contype = 'c' AND NOT convalidated)))
