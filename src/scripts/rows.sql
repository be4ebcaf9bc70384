-- Prints the number of rows of each table, as members of a JSON object, but for the tables in :excluded.
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
