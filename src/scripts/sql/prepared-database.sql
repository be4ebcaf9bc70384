-- Prints the name of the database that was prepared for a cut-over.
SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE '% prepared from %';
