-- Prints the databases whose comment begins with :mark, the newest first.
SELECT datname FROM pg_database
 WHERE starts_with(shobj_description(oid, 'pg_database'), :'mark')
 ORDER BY shobj_description(oid, 'pg_database') DESC, oid DESC;
