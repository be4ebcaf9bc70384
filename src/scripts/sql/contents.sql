-- After text-of-values.sql. Prints for each table, but for those in :excluded: its name as JSON, the number of its rows and, if
-- :hashing, a hash of their contents that does not depend on their order; tabs between. The same for all large objects together.
-- With :snapshot, each table is read in that snapshot and in a transaction of its own: no lock is held for longer, and the locks
-- of many tables are never held at once. With :identities, prints the tables' identities instead: name, oid, and the facts that
-- change when the table changes in spite of a snapshot, e.g. by TRUNCATE.
\if :{?snapshot}
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY\;
SET TRANSACTION SNAPSHOT :'snapshot'\;
\else
\set snapshot ''
\endif
WITH RECURSIVE tables AS (
  SELECT c.oid, format('%I.%I', nspname, relname) AS name, relkind, relfilenode,
         '"' || replace(nspname, '"', '""') || '"."' || replace(relname, '"', '""') || '"' AS pattern
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
     -- The tables of an extension come back with the extension.
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
), excluded AS (
  SELECT oid FROM tables WHERE pattern = ANY (string_to_array(:'excluded', E'\n'))
   UNION
  SELECT inhrelid FROM pg_inherits JOIN excluded ON inhparent = excluded.oid
), columns AS (
  SELECT attrelid AS oid,
         -- By name: a restore may put the columns of a child table into another order. The types that are hashed directly have
         -- the same hash on each server. Others are hashed as text: the hash of an enum is that of its labels' oids, and a
         -- collation may have a hash of its own.
         string_agg(CASE WHEN atttypid = ANY ('{bool,"char",int2,int4,int8,oid,float4,float8,numeric,bytea,uuid,date,time,timetz,timestamp,timestamptz,jsonb,inet,cidr,macaddr,macaddr8,pg_lsn}'::regtype[])
                         THEN format('%I', attname) ELSE format('%I::text COLLATE "C"', attname) END, ', ' ORDER BY attname COLLATE "C") AS list
    FROM pg_attribute
   WHERE attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'
   GROUP BY attrelid
)
\if :{?identities}
SELECT to_json(name), oid, relfilenode || ' ' || md5(list)
  FROM tables LEFT JOIN columns USING (oid)
 WHERE relkind = 'r' AND oid NOT IN (SELECT oid FROM excluded)
 ORDER BY name COLLATE "C";
\else
SELECT CASE WHEN :'snapshot' <> '' THEN format('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT %L; ', :'snapshot') ELSE '' END
    || format('SELECT %L, count(*), %s FROM ONLY %s', to_json(name),
              CASE WHEN :'hashing' THEN format('coalesce(sum(hash_record_extended(ROW(%s), 0)::numeric), 0)', list) ELSE '''''' END, name)
  FROM tables LEFT JOIN columns USING (oid)
 WHERE relkind = 'r' AND oid NOT IN (SELECT oid FROM excluded)
 UNION ALL
-- Without trailing zeros: a restore may drop those of a large object with holes.
SELECT CASE WHEN :'snapshot' <> '' THEN format('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET TRANSACTION SNAPSHOT %L; ', :'snapshot') ELSE '' END
    || format($$SELECT '"large objects"', (SELECT count(*) FROM pg_largeobject_metadata), %s$$,
              CASE WHEN :'hashing' AND has_table_privilege('pg_largeobject', 'select')
                   THEN $$(SELECT coalesce(sum(hash_record_extended(ROW(loid, pageno, bytes), 0)::numeric), 0)
                             FROM pg_largeobject, rtrim(data, '\x00') AS bytes WHERE bytes <> '')$$ ELSE '''''' END)
 WHERE EXISTS (SELECT FROM pg_largeobject_metadata)
 ORDER BY 1
\gexec
\endif
