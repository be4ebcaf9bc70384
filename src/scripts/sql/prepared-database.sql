-- Prints the name of the database that was prepared for a cutover.
SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE '% prepared from %';
