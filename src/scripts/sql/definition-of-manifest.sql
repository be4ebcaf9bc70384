-- Prints what the file of the environment variable MANIFEST has of the database itself, as database.sql prints it; nothing where it is older.
\set manifest `cat "$MANIFEST"`
SELECT CAST(:'manifest' AS jsonb) -> 'definition' WHERE CAST(:'manifest' AS jsonb) ? 'definition';
