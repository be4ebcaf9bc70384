-- Prints as JSON the properties of the database :db that a dump does not bring back under another name: owner, encoding, locale,
-- tablespace, connection limit, grants, settings, comment. database-create.sql makes a database with them.
SELECT jsonb_build_object(
         'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype,
         -- Columns that differ between major versions are read by name from the row's JSON.
         'provider', details ->> 'datlocprovider', 'locale', coalesce(details ->> 'datlocale', details ->> 'daticulocale'),
         'icuRules', details ->> 'daticurules',
         'tablespace', spcname, 'connectionLimit', datconnlimit, 'isTemplate', datistemplate, 'comment', shobj_description(pg_database.oid, 'pg_database'),
         -- Null for the rights that every database has. The owner's grants come first: the others depend on them.
         'grants', CASE WHEN datacl IS NOT NULL THEN (
           SELECT coalesce(jsonb_agg(jsonb_build_object('grantor', pg_get_userbyid(grantor), 'grantee', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
                    'privilege', privilege_type, 'grantable', is_grantable) ORDER BY grantor <> datdba), '[]') FROM aclexplode(datacl)) END,
         'settings', (
           SELECT coalesce(jsonb_agg(jsonb_build_object('role', CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END, 'name', split_part(entry, '=', 1),
                    'value', substr(entry, strpos(entry, '=') + 1)) ORDER BY setrole, number), '[]')
             FROM pg_db_role_setting CROSS JOIN unnest(setconfig) WITH ORDINALITY AS list (entry, number)
            WHERE setdatabase = pg_database.oid),
         -- The tablespaces of the tables and indexes of the database in which this query runs.
         'tablespaces', (SELECT coalesce(jsonb_agg(DISTINCT of_relation.spcname), '[]')
                           FROM pg_class JOIN pg_tablespace AS of_relation ON of_relation.oid = reltablespace WHERE of_relation.spcname <> 'pg_global'))
  FROM pg_database
  JOIN pg_tablespace ON pg_tablespace.oid = dattablespace
 CROSS JOIN LATERAL to_jsonb(pg_database) AS details
 WHERE datname = :'db';
