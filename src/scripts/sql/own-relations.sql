-- Prints the number of relations of the database, but for those of PostgreSQL and of extensions, which come with a template.
SELECT count(*) FROM pg_class
 WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('e', 'i'))
   AND relnamespace <> 'pg_toast'::regnamespace;
