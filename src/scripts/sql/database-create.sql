-- Makes the database :staging with the definition in the file of the environment variable DEFINITION: owner, encoding, locale,
-- tablespace, connection limit and grants, as database.sql prints them. A dump that is restored under another name brings none
-- of these. The database is a copy of the database :template. Prints the grants that we may not make: those of grantors that we
-- may not act for. The comment marks the database as ours, so that the next run may drop it if this run is killed.
\set definition `cat "$DEFINITION"`

SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L CONNECTION LIMIT %s',
              :'staging', :'template', d ->> 'owner', d ->> 'encoding', d ->> 'collate', d ->> 'ctype', d ->> 'connectionLimit')
    -- A role that names the default tablespace may be denied; a server may lack others.
    || coalesce((SELECT format(' TABLESPACE %I', spcname) FROM pg_tablespace WHERE spcname = d ->> 'tablespace' AND spcname <> 'pg_default' AND has_tablespace_privilege(oid, 'CREATE')), '')
    || CASE d ->> 'provider'
         WHEN 'c' THEN ' LOCALE_PROVIDER libc'
         WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', d ->> 'locale')
         WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', d ->> 'locale') || coalesce(' ICU_RULES ' || quote_literal(d ->> 'icuRules'), '')
         ELSE ''
       END
  FROM CAST(:'definition' AS jsonb) AS d \gexec

COMMENT ON DATABASE :"staging" IS :'mark';

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', :'staging', d ->> 'owner')
  FROM CAST(:'definition' AS jsonb) AS d
 WHERE d -> 'grants' <> 'null' \gexec

-- Each grant is made by its former grantor.
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END AS may_become \gset
SELECT CASE WHEN NOT pg_has_role(oid, :'may_become') THEN format('SELECT %L', format('%s on the database for %s, which %s has granted', item ->> 'privilege', coalesce(item ->> 'grantee', 'PUBLIC'), item ->> 'grantor'))
  ELSE format('SET ROLE %I; GRANT %s ON DATABASE %I TO %s%s; RESET ROLE', item ->> 'grantor', item ->> 'privilege', :'staging',
              coalesce(quote_ident(item ->> 'grantee'), 'PUBLIC'), CASE WHEN (item ->> 'grantable')::boolean THEN ' WITH GRANT OPTION' ELSE '' END) END
  FROM CAST(:'definition' AS jsonb) AS d, jsonb_array_elements(CASE jsonb_typeof(d -> 'grants') WHEN 'array' THEN d -> 'grants' ELSE '[]' END) WITH ORDINALITY AS list (item, number)
  LEFT JOIN pg_roles ON rolname = item ->> 'grantor'
 ORDER BY number \gexec
