-- Holds a snapshot for pg_dump and counts the rows that are in it, while pg_dump is at work.
-- Prints the snapshot's name, and a second line when the counts are in the file :rows, as the last member of the manifest.
SELECT set_config('lock_timeout', :'lock_timeout', false) \g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
\o :rows
\if :counting
\qecho '  "rows": {'
WITH RECURSIVE tables AS (
  SELECT c.oid, format('%I.%I', nspname, relname) AS name,
         '"' || replace(nspname, '"', '""') || '"."' || replace(relname, '"', '""') || '"' AS pattern
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
     -- The tables of an extension come back with the extension.
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
), excluded AS (
  SELECT oid FROM tables WHERE pattern = ANY (string_to_array(:'excluded', E'\n'))
   UNION
  SELECT inhrelid FROM pg_inherits JOIN excluded ON inhparent = excluded.oid
)
SELECT format('SELECT %L || count(*) || %L FROM ONLY %s', '    ' || to_json(name) || ': ',
              CASE WHEN lead(name) OVER (ORDER BY name) IS NULL THEN '' ELSE ',' END, name)
  FROM tables JOIN pg_class USING (oid)
 WHERE relkind = 'r' AND oid NOT IN (SELECT oid FROM excluded)
 ORDER BY name \gexec
\qecho '  }'
\else
\qecho '  "rows": null'
\endif
\o
\echo counted
