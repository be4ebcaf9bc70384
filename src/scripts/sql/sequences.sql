-- Prints the value of each sequence, as structure.sql prints objects. A snapshot does not hold sequences still: a value that is
-- the same before and after a dump is that in the dump. A sequence that cycles may only seem the same.
SELECT format('SELECT %L, %L, to_json(last_value || '' '' || is_called) FROM %s', to_json('sequence value'::text), to_json(name), name)
  FROM (SELECT c.oid, format('%I.%I', nspname, relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
         WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AS sequences
  JOIN pg_sequence ON seqrelid = oid
 WHERE NOT seqcycle AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = oid AND deptype = 'e')
 ORDER BY name COLLATE "C" \gexec
