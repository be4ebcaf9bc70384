-- Prints the manifest of a dump of the database :db. Short facts are variables. Long facts are files in the folder of the
-- environment variable FACTS, as lines of fields with tabs between, in which names are JSON: definition and needs (all of it
-- JSON), checks, secrets, contents, structure and rights.
\set definition `cat "$FACTS/definition"`
\set checks `cat "$FACTS/checks"`
\set secrets `cat "$FACTS/secrets"`
\set contents `cat "$FACTS/contents"`
\set structure `cat "$FACTS/structure"`
\set needs `cat "$FACTS/needs"`
\set rights `cat "$FACTS/rights"`
WITH checks AS (
  SELECT string_to_array(line, E'\t') AS field FROM unnest(string_to_array(:'checks', E'\n')) AS line
), secrets AS (
  SELECT string_to_array(line, E'\t') AS field FROM unnest(string_to_array(:'secrets', E'\n')) AS line
), contents AS (
  SELECT string_to_array(line, E'\t') AS field FROM unnest(string_to_array(:'contents', E'\n')) AS line
), structure AS (
  SELECT string_to_array(line, E'\t') AS field FROM unnest(string_to_array(:'structure', E'\n')) AS line
), rights AS (
  SELECT string_to_array(line, E'\t') AS field FROM unnest(string_to_array(:'rights', E'\n')) AS line
), kinds AS (
  SELECT field[1]::jsonb #>> '{}' AS kind, jsonb_object_agg(field[2]::jsonb #>> '{}', field[3]::jsonb) AS objects FROM structure GROUP BY kind
)
SELECT jsonb_pretty(jsonb_build_object(
  'database', :'db'::text,
  'server', current_setting('server_version'),
  'excludedTableData', array_remove(string_to_array(:'excluded', E'\n'), ''),
  -- Null for a role that may not know it.
  'preload', CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('shared_preload_libraries') END,
  'definition', :'definition'::jsonb,
  'needs', :'needs'::jsonb,
  -- The rights that the restoring role lacked when the dump was taken.
  'preflight', (SELECT jsonb_build_object('role', :'restorer'::text,
                  'fails', coalesce(jsonb_agg(field[2]) FILTER (WHERE field[1] = 'fails'), '[]'),
                  'hinders', coalesce(jsonb_agg(field[2]) FILTER (WHERE field[1] = 'hinders'), '[]')) FROM rights),
  'client', :'client'::text,
  'began', :'began'::text,
  'seconds', :seconds,
  'label', nullif(:'label', ''),
  'format', :'format'::text,
  'compression', :'compression'::text,
  'bytes', :bytes,
  'databaseBytes', :database_bytes,
  'sha256', :'sha256'::text,
  'scripts', :'scripts'::text,
  'secrets', (SELECT coalesce(jsonb_object_agg(field[2], field[1]), '{}') FROM secrets),
  'checks', (SELECT coalesce(jsonb_object_agg(field[1]::jsonb #>> '{}', field[2]::jsonb), '{}') FROM checks),
  'rows', CASE WHEN :'counting' THEN (
    SELECT coalesce(jsonb_object_agg(field[1]::jsonb #>> '{}', field[2]::bigint), '{}') FROM contents) END,
  'hashes', CASE WHEN :'hashing' THEN (
    SELECT coalesce(jsonb_object_agg(field[1]::jsonb #>> '{}', field[3]), '{}') FROM contents WHERE field[3] <> '') END,
  'structure', (SELECT coalesce(jsonb_object_agg(kind, objects), '{}') FROM kinds)));
