-- Prints as JSON the objects for which a restore of this database needs rights that not every role has: a list of kinds and names.
WITH members AS (
  -- Objects of extensions, and those that PostgreSQL makes with another object: row and array types, and the functions of a range.
  SELECT classid, objid FROM pg_depend WHERE deptype IN ('e', 'i')
), subscriptions AS (
  SELECT s.oid, quote_ident(subname) AS name, subowner, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_dumped
    FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()
), objects (class, oid, owner, superuser) AS (
  -- The objects that only a superuser may create, in words; null for those that their owner may create.
  SELECT 'pg_class'::regclass, oid, relowner, NULL FROM pg_class WHERE relkind NOT IN ('i', 'I')
  UNION ALL SELECT 'pg_namespace', oid, nspowner, NULL FROM pg_namespace
  UNION ALL SELECT 'pg_type', oid, typowner, CASE WHEN typtype = 'b' AND typelem = 0 THEN 'the base type ' || format_type(oid, NULL) END FROM pg_type
  UNION ALL SELECT 'pg_proc', p.oid, proowner, CASE WHEN NOT lanpltrusted AND lanname <> 'sql' THEN format('the function %s in the language %s', p.oid::regprocedure, lanname) END
              FROM pg_proc p JOIN pg_language l ON l.oid = prolang
  UNION ALL SELECT 'pg_operator', oid, oprowner, NULL FROM pg_operator
  UNION ALL SELECT 'pg_opclass', oid, opcowner, 'the operator class ' || quote_ident(opcname) FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily', oid, opfowner, 'the operator family ' || quote_ident(opfname) FROM pg_opfamily
  UNION ALL SELECT 'pg_collation', oid, collowner, NULL FROM pg_collation
  UNION ALL SELECT 'pg_conversion', oid, conowner, NULL FROM pg_conversion
  UNION ALL SELECT 'pg_ts_config', oid, cfgowner, NULL FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_dict', oid, dictowner, NULL FROM pg_ts_dict
  UNION ALL SELECT 'pg_statistic_ext', oid, stxowner, NULL FROM pg_statistic_ext
  UNION ALL SELECT 'pg_foreign_data_wrapper', oid, fdwowner, 'the foreign-data wrapper ' || quote_ident(fdwname) FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'pg_foreign_server', oid, srvowner, NULL FROM pg_foreign_server
  UNION ALL SELECT 'pg_language', oid, lanowner, 'the language ' || quote_ident(lanname) FROM pg_language
  UNION ALL SELECT 'pg_ts_parser', oid, NULL, 'the text search parser ' || quote_ident(prsname) FROM pg_ts_parser
  UNION ALL SELECT 'pg_ts_template', oid, NULL, 'the text search template ' || quote_ident(tmplname) FROM pg_ts_template
  UNION ALL SELECT 'pg_am', oid, NULL, 'the access method ' || quote_ident(amname) FROM pg_am
  UNION ALL SELECT 'pg_event_trigger', oid, evtowner, 'the event trigger ' || quote_ident(evtname) FROM pg_event_trigger
  UNION ALL SELECT 'pg_publication', p.oid, pubowner,
                   CASE WHEN puballtables OR EXISTS (SELECT FROM pg_depend WHERE classid = to_regclass('pg_publication_namespace') AND refclassid = 'pg_publication'::regclass AND refobjid = p.oid)
                     THEN format('the publication %I, of all tables or those of a schema', pubname) END
              FROM pg_publication p
  UNION ALL SELECT 'pg_subscription', oid, subowner, 'the subscription ' || name FROM subscriptions WHERE is_dumped
  UNION ALL SELECT 'pg_largeobject_metadata', oid, lomowner, NULL FROM pg_largeobject_metadata
), own AS (
  -- The schema public is from initdb, and yet may belong to another role.
  SELECT objects.* FROM objects
   WHERE (oid >= 16384 OR class = 'pg_namespace'::regclass AND oid = 2200)
     AND NOT EXISTS (SELECT FROM members WHERE classid = class AND objid = objects.oid)
     AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE class = 'pg_class'::regclass AND c.oid = objects.oid AND nspname ~ '^pg_')
     AND NOT EXISTS (SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE class = 'pg_type'::regclass AND t.oid = objects.oid AND nspname ~ '^pg_')
     AND NOT EXISTS (SELECT FROM pg_namespace n WHERE class = 'pg_namespace'::regclass AND n.oid = objects.oid AND nspname ~ '^pg_')
), needs AS (
  SELECT DISTINCT 'owner' AS kind, pg_get_userbyid(owner)::text AS name FROM own WHERE owner IS NOT NULL AND superuser IS NULL AND pg_get_userbyid(owner) <> 'pg_database_owner'
  UNION SELECT 'superuser', superuser FROM own WHERE superuser IS NOT NULL
  UNION SELECT 'database owner', pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()
  UNION SELECT 'left out', 'the subscription ' || name FROM subscriptions WHERE NOT is_dumped
  -- A role that may not see them is told that there are none.
  UNION SELECT 'left out', format('the options of the user mapping for %s at the server %I', quote_ident(usename), srvname) FROM pg_user_mappings
         WHERE umoptions IS NULL AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  UNION SELECT 'wrapper', fdwname FROM pg_foreign_server JOIN pg_foreign_data_wrapper w ON w.oid = srvfdw
         WHERE EXISTS (SELECT FROM members WHERE classid = 'pg_foreign_data_wrapper'::regclass AND objid = w.oid)
  -- An extension may ask for the rows of its tables to be dumped; those of pg_cron are left out.
  UNION SELECT 'extension table', of_extension::regclass::text FROM pg_extension, unnest(extconfig) AS of_extension WHERE extname <> 'pg_cron'
  UNION SELECT 'extension', extname FROM pg_extension WHERE oid >= 16384
  -- Even their owner does not see all of their rows.
  UNION SELECT 'row security', format('%I.%I', nspname, relname) FROM own JOIN pg_class c ON c.oid = own.oid JOIN pg_namespace n ON n.oid = relnamespace
         WHERE class = 'pg_class'::regclass AND relrowsecurity AND relforcerowsecurity
  UNION SELECT 'tablespace', spcname FROM pg_tablespace
         WHERE spcname NOT IN ('pg_default', 'pg_global')
           AND (oid IN (SELECT reltablespace FROM pg_class) OR oid = (SELECT dattablespace FROM pg_database WHERE datname = current_database()))
)
SELECT coalesce(jsonb_agg(jsonb_build_array(kind, name) ORDER BY kind, name COLLATE "C"), '[]') FROM needs;
