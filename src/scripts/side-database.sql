-- Makes the database :side after the model of :db: owner, encoding, locale, tablespace, connection limit, grants and
-- settings. None of these is in a dump that is restored under another name.
-- The comment marks it as ours, so that the next run may drop what this one left behind.

SELECT format('CREATE DATABASE %I TEMPLATE template0 OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L',
              :'side', pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype)
    || format(' TABLESPACE %I CONNECTION LIMIT %s', spcname, datconnlimit)
    -- Columns that differ between major versions are read by name from the row's JSON.
    || CASE details ->> 'datlocprovider'
         WHEN 'c' THEN ' LOCALE_PROVIDER libc'
         WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', details ->> 'datlocale')
         WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(details ->> 'datlocale', details ->> 'daticulocale'))
           || coalesce(format(' ICU_RULES %L', details ->> 'daticurules'), '')
         ELSE ''
       END
  FROM pg_database
  JOIN pg_tablespace ON pg_tablespace.oid = dattablespace
 CROSS JOIN LATERAL to_jsonb(pg_database) AS details
 WHERE datname = :'db' \gexec

COMMENT ON DATABASE :"side" IS :'mark';

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', :'side', pg_get_userbyid(datdba))
  FROM pg_database
 WHERE datname = :'db' AND datacl IS NOT NULL \gexec

-- Each by the role that granted it, and the owner's first: the others' depend on them.
SELECT format('SET ROLE %I; GRANT %s ON DATABASE %I TO %s', pg_get_userbyid(grantor), privilege_type, :'side',
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
    || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    || '; RESET ROLE'
  FROM pg_database, aclexplode(datacl)
 WHERE datname = :'db'
 ORDER BY grantor <> datdba \gexec

-- A setting that is a list of names is stored with its quotes; each name becomes a literal again.
SELECT CASE setrole
         WHEN 0 THEN format('ALTER DATABASE %I SET %I TO ', :'side', name)
         ELSE format('ALTER ROLE %I IN DATABASE %I SET %I TO ', pg_get_userbyid(setrole), :'side', name)
       END
    || CASE WHEN name NOT IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
         THEN quote_literal(value)
         ELSE coalesce((SELECT string_agg(quote_literal(coalesce(replace(item[1], '""', '"'), item[2])), ', ')
                          FROM regexp_matches(value, '"((?:[^"]|"")*)"|([^",\s]+)', 'g') AS item), '''''')
       END
  FROM pg_db_role_setting
  JOIN pg_database ON pg_database.oid = setdatabase
 CROSS JOIN unnest(setconfig) AS entry
 CROSS JOIN LATERAL (SELECT split_part(entry, '=', 1) AS name, substr(entry, strpos(entry, '=') + 1) AS value) AS setting
 WHERE datname = :'db' \gexec
