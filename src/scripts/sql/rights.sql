-- Prints the rights that a restore of the database :db as :role lacks now, a line each: the severity, a tab, and a sentence with
-- the remedy. `fails`: the restore fails. `hinders`: the restore may have to wait, or leaves something out. The needed rights are
-- in the file of the environment variable NEEDS, as needs.sql prints them. :template has the contents of template1 for the role,
-- as template.sql prints them.
\set needs `cat "$NEEDS"`
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END AS may_become \gset
WITH restorer AS (
  SELECT * FROM pg_roles WHERE rolname = :'role'
), lesser AS (
  SELECT * FROM restorer WHERE NOT rolsuper
), needs AS (
  SELECT item ->> 0 AS kind, item ->> 1 AS name FROM jsonb_array_elements(CAST(:'needs' AS jsonb)) AS item
), owners AS (
  SELECT pg_get_userbyid(datdba)::text AS name, 'the database belongs' AS what FROM pg_database WHERE datname = :'db'
   UNION ALL
  SELECT name, 'the database belonged' FROM needs WHERE kind = 'database owner' AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db')
   UNION ALL
  SELECT name, 'objects of the database belong' FROM needs WHERE kind = 'owner'
), managed AS (
  -- Managed servers let their administrators create extensions that PostgreSQL does not trust.
  SELECT FROM lesser JOIN pg_roles ON pg_roles.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin') AND pg_has_role(lesser.oid, pg_roles.oid, 'USAGE')
), template AS (
  -- A copy of template1 has its encoding and locale, and a copy with others is refused.
  SELECT line FROM unnest(string_to_array(:'template', E'\n')) AS line
   WHERE (SELECT count(DISTINCT jsonb_build_array(d -> 'encoding', d -> 'datcollate', d -> 'datctype', d -> 'datlocprovider', d -> 'datlocale', d -> 'daticulocale'))
            FROM pg_database, to_jsonb(pg_database) AS d WHERE datname IN ('template1', :'db')) = 1
), sessions AS (
  SELECT usesysid, usename, pid, rolsuper FROM pg_stat_activity JOIN pg_roles ON pg_roles.oid = usesysid
   WHERE datname = :'db' AND (usename <> current_user OR application_name IS DISTINCT FROM current_setting('application_name'))
), findings (severity, number, text) AS (
  SELECT 'fails', 1, format('the role %I, which restores, is not on the server. Create it, or name another one as restoreAs.', :'role')
   WHERE NOT EXISTS (SELECT FROM restorer)
  UNION ALL
  SELECT 'fails', 2, format('%I may not log in: ALTER ROLE %I LOGIN.', rolname, rolname) FROM restorer WHERE NOT rolcanlogin
  UNION ALL
  SELECT 'fails', 3, format('%I may not create a database: ALTER ROLE %I CREATEDB.', rolname, rolname) FROM lesser WHERE NOT rolcreatedb
  UNION ALL
  SELECT 'fails', 4, format('%s to %I, which is not on the server: create this role.', string_agg(DISTINCT what, ' and '), name)
    FROM owners, lesser WHERE NOT rolcreaterole AND NOT EXISTS (SELECT FROM pg_roles WHERE pg_roles.rolname = name) GROUP BY name
  UNION ALL
  SELECT 'fails', 5, format('%s to %I, %s.', string_agg(DISTINCT what, ' and '), name,
                            CASE WHEN owner.rolsuper THEN 'a superuser: give them to another role, or restore as a superuser'
                                 ELSE format('which %I can not act for: GRANT %I TO %I', lesser.rolname, name, lesser.rolname) END)
    FROM owners JOIN pg_roles AS owner ON owner.rolname = name, lesser
   WHERE NOT (pg_has_role(lesser.oid, owner.oid, 'USAGE') AND pg_has_role(lesser.oid, owner.oid, :'may_become'))
   GROUP BY name, owner.rolsuper, lesser.rolname
  UNION ALL
  SELECT 'fails', 6, format('the extension %I is one that only a superuser creates: let one create it in template1, of which the restore then makes its copy if its encoding and locale are those of the database, or restore as a superuser.', name)
    FROM needs, lesser
   WHERE kind = 'extension' AND NOT EXISTS (SELECT FROM managed)
     AND NOT EXISTS (SELECT FROM pg_available_extension_versions AS version WHERE version.name = needs.name AND (trusted OR NOT superuser))
     AND NOT EXISTS (SELECT FROM template WHERE line = 'extension ' || name)
  UNION ALL
  SELECT 'fails', 6, format('the foreign-data wrapper %I may not be used by %I in a copy: in template1, GRANT USAGE ON FOREIGN DATA WRAPPER %I TO the owner of its servers.', name, rolname, name)
    FROM needs, lesser WHERE kind = 'wrapper' AND NOT EXISTS (SELECT FROM managed) AND NOT EXISTS (SELECT FROM template WHERE line = 'wrapper ' || name)
  UNION ALL
  SELECT 'fails', 6, format('the table %s of an extension may not be written to by %I in a copy: in template1, GRANT INSERT ON %s TO %I.', name, rolname, name, rolname)
    FROM needs, lesser WHERE kind = 'extension table' AND NOT EXISTS (SELECT FROM managed) AND NOT EXISTS (SELECT FROM template WHERE line = 'table ' || name)
  UNION ALL
  SELECT 'fails', 7, format('%s is what only a superuser creates: restore as one, or without it.', name) FROM needs, lesser WHERE kind = 'superuser'
  UNION ALL
  SELECT 'fails', 8, format('%s has FORCE ROW LEVEL SECURITY, which hides rows from %I: ALTER ROLE %I BYPASSRLS, as a superuser.', name, rolname, rolname)
    FROM needs, lesser WHERE kind = 'row security' AND NOT rolbypassrls
  UNION ALL
  SELECT 'hinders', 9, format('tables of the tablespace %I come to the default one: GRANT CREATE ON TABLESPACE %I TO %I.', name, name, rolname)
    FROM needs JOIN pg_tablespace ON spcname = name, lesser WHERE kind = 'tablespace' AND NOT has_tablespace_privilege(lesser.oid, pg_tablespace.oid, 'CREATE')
  UNION ALL
  SELECT 'hinders', 10, format('not in the dump: %s. pg_dump leaves this out, unless a superuser dumps.', name) FROM needs WHERE kind = 'left out'
  UNION ALL
  SELECT 'hinders', 11, format('%I may not end the sessions of %s on %I: GRANT pg_signal_backend TO %I.', lesser.rolname, string_agg(DISTINCT quote_ident(usename), ', '), :'db', lesser.rolname)
    FROM sessions, lesser
   WHERE NOT sessions.rolsuper AND NOT pg_has_role(lesser.oid, 'pg_signal_backend', 'USAGE') AND NOT pg_has_role(lesser.oid, usesysid, 'USAGE')
   GROUP BY lesser.rolname
  UNION ALL
  SELECT 'hinders', 12, format('the superuser %I is connected to %I, process %s, and keeps it from being exchanged: only a superuser ends this session.', usename, :'db', string_agg(pid::text, ', ' ORDER BY pid))
    FROM sessions, lesser WHERE sessions.rolsuper GROUP BY usename
)
SELECT severity, text FROM findings ORDER BY number, text COLLATE "C";
