-- Gives the database :staging the settings in the file of the environment variable DEFINITION, as database.sql prints them.
-- They come after the rows: some, such as array_nulls, change how rows are read.
\set definition `cat "$DEFINITION"`

SELECT format('ALTER DATABASE %I IS_TEMPLATE true', :'staging') WHERE (CAST(:'definition' AS jsonb) ->> 'isTemplate')::boolean \gexec

-- A setting that is a list of names is stored with its quotes; each name becomes a literal again.
SELECT CASE
         WHEN item ->> 'role' IS NULL THEN format('ALTER DATABASE %I SET %I TO ', :'staging', name)
         ELSE format('ALTER ROLE %I IN DATABASE %I SET %I TO ', item ->> 'role', :'staging', name)
       END
    || CASE WHEN name NOT IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
         THEN quote_literal(value)
         ELSE coalesce((SELECT string_agg(quote_literal(coalesce(replace(word[1], '""', '"'), word[2])), ', ')
                          FROM regexp_matches(value, '"((?:[^"]|"")*)"|([^",\s]+)', 'g') AS word), '''''')
       END
  FROM CAST(:'definition' AS jsonb) AS d, jsonb_array_elements(d -> 'settings') WITH ORDINALITY AS list (item, number),
       LATERAL (SELECT item ->> 'name' AS name, item ->> 'value' AS value) AS setting
 ORDER BY number \gexec
