-- Prints what the file of the environment variable MANIFEST has as its member :member; nothing where it is older.
\set manifest `cat "$MANIFEST"`
SELECT CAST(:'manifest' AS jsonb) -> :'member' WHERE CAST(:'manifest' AS jsonb) ? :'member';
