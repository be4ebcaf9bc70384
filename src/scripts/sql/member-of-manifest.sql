-- Prints the member :member of the file of the environment variable MANIFEST; nothing if the manifest is older.
\set manifest `cat "$MANIFEST"`
SELECT CAST(:'manifest' AS jsonb) -> :'member' WHERE CAST(:'manifest' AS jsonb) ? :'member';
