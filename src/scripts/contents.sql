-- Prints for each table, but for those in :excluded: its name as JSON, the number of its rows and, if :hashing, a hash of
-- what is in them that does not depend on their order; tabs between.
SELECT set_config(name, value, false)
  FROM (VALUES ('TimeZone', 'UTC'), ('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'),
               ('extra_float_digits', '1'), ('xmloption', 'content')) AS text_of_values (name, value) \g /dev/null
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
), hashable AS (
  SELECT opcintype AS type FROM pg_opclass JOIN pg_am ON pg_am.oid = opcmethod
    JOIN pg_amproc ON amprocfamily = opcfamily AND amproclefttype = opcintype AND amprocnum = 2
   WHERE amname = 'hash' AND opcdefault
), columns AS (
  SELECT attrelid AS oid,
         -- By name: a restore may put the columns of a child table into another order. What has no hash is hashed as text.
         string_agg(CASE WHEN coalesce(element.oid, atttypid) IN (SELECT type FROM hashable) THEN format('%I', attname)
                         ELSE format('%I::text', attname) END, ', ' ORDER BY attname) AS list
    FROM pg_attribute LEFT JOIN pg_type AS element ON element.typarray = atttypid
   WHERE attnum > 0 AND NOT attisdropped
   GROUP BY attrelid
)
SELECT format('SELECT %L, count(*), %s FROM ONLY %s', to_json(name),
              CASE WHEN :'hashing' THEN format('coalesce(sum(hash_record_extended(ROW(%s), 0)::numeric), 0)', list) ELSE '''''' END, name)
  FROM tables JOIN pg_class USING (oid) LEFT JOIN columns USING (oid)
 WHERE relkind = 'r' AND oid NOT IN (SELECT oid FROM excluded)
 ORDER BY name \gexec
