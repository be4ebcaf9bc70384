-- Prints the contents of a copy of this template that matter to :role, a line each: extensions; foreign-data wrappers that it may
-- use; tables of extensions that it may write to.
SELECT 'extension ' || extname FROM pg_extension WHERE oid >= 16384
 UNION ALL
SELECT 'wrapper ' || fdwname FROM pg_foreign_data_wrapper WHERE has_foreign_data_wrapper_privilege(:'role', oid, 'USAGE')
 UNION ALL
SELECT 'table ' || of_extension::regclass FROM pg_extension, unnest(extconfig) AS of_extension WHERE has_table_privilege(:'role', of_extension, 'INSERT');
