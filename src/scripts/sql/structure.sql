-- After text-of-values.sql. Prints the objects of the database, a line for each object that a dump restores: its kind, its name,
-- a hash of its definition and, after a blank, a hash of its grants, as JSON, tabs between. The same definition has the same hash
-- on every server of this major version: names stand for oids, and lists are sorted.
-- Facts that a good restore may change are left out: positions of inherited columns, tablespaces, versions of extensions, whether
-- an inherited constraint is validated, grantors. So are facts that may hold a password: options of user mappings, and
-- connections of subscriptions.
WITH members AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), schemas AS (
  SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT c.*, nspname, format('%I.%I', nspname, relname) AS name FROM pg_class c JOIN schemas n ON n.oid = relnamespace
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_class'::regclass AND objid = c.oid)
), tables AS (
  SELECT * FROM relations WHERE relkind IN ('r', 'p', 'f')
), types AS (
  SELECT t.*, format('%I.%I', nspname, typname) AS name FROM pg_type t JOIN schemas n ON n.oid = typnamespace
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_type'::regclass AND objid = t.oid)
), functions AS (
  SELECT p.*, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) AS name
    FROM pg_proc p JOIN schemas n ON n.oid = pronamespace
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
     -- The functions that come with a range.
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
), objects (kind, name, class, oid, owner, acl, definition, source) AS (
  -- A definition is parsed on restore, and may come back with other casts and parentheses. All other texts are sources.
  SELECT 'schema', format('%I', nspname), 'pg_namespace'::regclass, n.oid, nspowner, coalesce(nspacl, acldefault('n', nspowner)), NULL, NULL
    FROM pg_namespace n JOIN schemas USING (oid, nspname)
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_namespace'::regclass AND objid = n.oid)
  UNION ALL
  SELECT 'table', name, 'pg_class', oid, relowner, coalesce(relacl, acldefault('r', relowner)),
         concat_ws(';', pg_get_partkeydef(oid), pg_get_expr(relpartbound, oid)),
         concat_ws(';', relkind, relpersistence, relrowsecurity, relforcerowsecurity, relreplident,
           (SELECT string_agg(option, ',' ORDER BY option) FROM unnest(reloptions) AS option),
           (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = tables.oid),
           (SELECT format_type(reloftype, NULL) WHERE reloftype <> 0),
           (SELECT amname FROM pg_am WHERE pg_am.oid = relam AND relkind = 'r'),
           (SELECT srvname || ftoptions::text FROM pg_foreign_table JOIN pg_foreign_server s ON s.oid = ftserver WHERE ftrelid = tables.oid))
    FROM tables
  UNION ALL
  SELECT 'columns', name, 'pg_class', NULL, NULL, NULL, string_agg(pg_get_expr(adbin, adrelid), ';' ORDER BY attname COLLATE "C"),
         string_agg(concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
           (SELECT format('%I.%I', collnamespace::regnamespace, collname) FROM pg_collation WHERE pg_collation.oid = attcollation),
           (SELECT string_agg(option, ',' ORDER BY option) FROM unnest(attoptions) AS option WHERE option NOT LIKE 'pg\_%'), attfdwoptions, details ->> 'attcompression', attstorage,
           nullif(coalesce(details ->> 'attstattarget', '-1'), '-1'),
           col_description(attrelid, attnum)), ';' ORDER BY attname COLLATE "C")
    FROM (SELECT * FROM relations WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'c')) AS relations JOIN pg_attribute ON attrelid = relations.oid
    CROSS JOIN LATERAL to_jsonb(pg_attribute) AS details
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attnum > 0 AND NOT attisdropped
   GROUP BY name
  UNION ALL
  SELECT 'column grants', name, 'pg_class', NULL, NULL, NULL, NULL,
         string_agg(concat(quote_ident(attname), ':', grantee_role.rolname, ':', privilege_type, is_grantable), ','
           ORDER BY attname COLLATE "C", grantee_role.rolname COLLATE "C", privilege_type, is_grantable)
    FROM relations JOIN pg_attribute ON attrelid = relations.oid CROSS JOIN aclexplode(attacl)
    LEFT JOIN pg_roles AS grantee_role ON grantee_role.oid = grantee
   WHERE attnum > 0 AND NOT attisdropped
   GROUP BY name
  UNION ALL
  SELECT CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, name, 'pg_class', oid, relowner, coalesce(relacl, acldefault('r', relowner)),
         pg_get_viewdef(oid),
         concat_ws(';', relispopulated, (SELECT string_agg(option, ',' ORDER BY option) FROM unnest(reloptions) AS option))
    FROM relations WHERE relkind IN ('v', 'm')
  UNION ALL
  SELECT 'index', format('%I.%I', tables.nspname, i.relname), 'pg_class', i.oid, NULL, NULL, pg_get_indexdef(i.oid),
         concat_ws(';', indisclustered, indisreplident, (SELECT string_agg(option, ',' ORDER BY option) FROM unnest(i.reloptions) AS option))
    FROM (SELECT * FROM relations WHERE relkind IN ('r', 'p', 'm')) AS tables JOIN pg_index ON indrelid = tables.oid JOIN pg_class i ON i.oid = indexrelid
   WHERE indisvalid OR i.relkind = 'I' -- pg_dump leaves out what CREATE INDEX CONCURRENTLY has left behind
  UNION ALL
  SELECT 'constraint', format('%s %I', tables.name, conname), 'pg_constraint', c.oid, NULL, NULL,
         regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''), CASE WHEN coninhcount = 0 AND conparentid = 0 THEN convalidated END::text
    FROM pg_constraint c JOIN tables ON tables.oid = conrelid
   WHERE contype IN ('c', 'p', 'u', 'x', 'f')
     AND (contype <> 'f' OR conparentid = 0) -- those of partitions are made anew, with names of their own
  UNION ALL
  SELECT 'trigger', format('%s %I', relations.name, tgname), 'pg_trigger', t.oid, NULL, NULL, pg_get_triggerdef(t.oid), tgenabled::text
    FROM pg_trigger t JOIN relations ON relations.oid = tgrelid
   WHERE NOT tgisinternal AND coalesce((to_jsonb(t) ->> 'tgparentid')::oid, 0) = 0
  UNION ALL
  SELECT 'rule', format('%s %I', relations.name, rulename), 'pg_rewrite', r.oid, NULL, NULL, pg_get_ruledef(r.oid), ev_enabled::text
    FROM pg_rewrite r JOIN relations ON relations.oid = ev_class
   WHERE rulename <> '_RETURN'
  UNION ALL
  SELECT 'policy', format('%s %I', tables.name, polname), 'pg_policy', p.oid, NULL, NULL,
         concat_ws(';', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)),
         concat_ws(';', polcmd, polpermissive, (SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE oid = ANY (polroles)))
    FROM pg_policy p JOIN tables ON tables.oid = polrelid
  UNION ALL
  SELECT 'sequence', name, 'pg_class', oid, relowner, coalesce(relacl, acldefault('s', relowner)), NULL,
         concat_ws(';', relpersistence, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcycle, seqcache,
           (SELECT concat(deptype, refobjid::regclass, '.', quote_ident(attname)) FROM pg_depend
              JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
             WHERE classid = 'pg_class'::regclass AND objid = relations.oid AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
    FROM relations JOIN pg_sequence ON seqrelid = oid
  UNION ALL
  SELECT 'function', name, 'pg_proc', oid, proowner, coalesce(proacl, acldefault('f', proowner)),
         CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END,
         CASE WHEN prokind <> 'a' THEN prosrc ELSE (
           SELECT concat_ws(';', aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn,
                    aggmfinalfn, aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify, nullif(aggsortop, 0)::regoperator,
                    format_type(aggtranstype, NULL), aggtransspace, nullif(format_type(nullif(aggmtranstype, 0), NULL), '-'), agginitval, aggminitval,
                    format_type(prorettype, NULL), proparallel)
             FROM pg_aggregate WHERE aggfnoid = functions.oid) END
    FROM functions
  UNION ALL
  SELECT 'domain', name, 'pg_type', oid, typowner, coalesce(typacl, acldefault('T', typowner)),
         concat_ws(';', typdefault, (
           SELECT string_agg(quote_ident(conname) || regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', '') || convalidated, ';' ORDER BY conname COLLATE "C")
             FROM pg_constraint c WHERE contypid = types.oid AND contype = 'c')),
         concat_ws(';', format_type(typbasetype, typtypmod), typnotnull, (SELECT collname FROM pg_collation WHERE pg_collation.oid = typcollation))
    FROM types WHERE typtype = 'd'
  UNION ALL
  SELECT 'type', name, 'pg_type', oid, typowner, coalesce(typacl, acldefault('T', typowner)), NULL,
         concat_ws(';', typtype, typinput, typoutput,
           (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = types.oid),
           (SELECT concat_ws(' ', format_type(rngsubtype, NULL), (SELECT collname FROM pg_collation WHERE pg_collation.oid = rngcollation),
                     (SELECT opcname FROM pg_opclass WHERE pg_opclass.oid = rngsubopc), rngcanonical, rngsubdiff)
              FROM pg_range WHERE rngtypid = types.oid))
    FROM types
   WHERE typtype IN ('e', 'r') OR (typtype = 'b' AND typelem = 0)
      OR (typtype = 'c' AND EXISTS (SELECT FROM pg_class WHERE pg_class.oid = typrelid AND relkind = 'c'))
  UNION ALL
  SELECT 'extension', quote_ident(extname), 'pg_extension', oid, NULL, NULL, NULL, extnamespace::regnamespace::text FROM pg_extension
  UNION ALL
  SELECT 'statistics', format('%s.%I', stxnamespace::regnamespace, stxname), 'pg_statistic_ext', s.oid, stxowner, NULL, pg_get_statisticsobjdef(s.oid), NULL
    FROM pg_statistic_ext s JOIN tables ON tables.oid = stxrelid
  UNION ALL
  SELECT 'publication', quote_ident(pubname), 'pg_publication', p.oid, pubowner, NULL, NULL,
         concat_ws(';', puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, pubviaroot,
           (SELECT string_agg(prrelid::regclass::text, ',' ORDER BY prrelid::regclass::text) FROM pg_publication_rel WHERE prpubid = p.oid))
    FROM pg_publication p
  UNION ALL
  SELECT 'subscription', quote_ident(subname), 'pg_subscription', NULL, subowner, NULL, NULL, array_to_string(subpublications, ',')
    FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid AND datname = current_database()
   -- The dumps of others have none.
   WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
  UNION ALL
  SELECT 'event trigger', quote_ident(evtname), 'pg_event_trigger', e.oid, evtowner, NULL, NULL, concat_ws(';', evtevent, evtfoid::regproc, evtenabled, evttags)
    FROM pg_event_trigger e
   WHERE NOT EXISTS (SELECT FROM members WHERE classid = 'pg_event_trigger'::regclass AND objid = e.oid)
  UNION ALL
  SELECT 'user mapping', format('%I for %I', srvname, coalesce(usename, 'public')), NULL, NULL, NULL, NULL, NULL, NULL FROM pg_user_mappings
  UNION ALL
  -- The rarer kinds by their names, as PostgreSQL writes them.
  SELECT type, identity, rest.class, rest.oid, rest.owner, rest.acl, NULL, NULL
    FROM (SELECT 'pg_cast'::regclass AS class, oid, NULL::oid AS owner, NULL::aclitem[] AS acl FROM pg_cast
          UNION ALL SELECT 'pg_operator', oid, oprowner, NULL FROM pg_operator
          UNION ALL SELECT 'pg_opclass', oid, opcowner, NULL FROM pg_opclass
          UNION ALL SELECT 'pg_opfamily', oid, opfowner, NULL FROM pg_opfamily
          UNION ALL SELECT 'pg_collation', oid, collowner, NULL FROM pg_collation
          UNION ALL SELECT 'pg_conversion', oid, conowner, NULL FROM pg_conversion
          UNION ALL SELECT 'pg_language', oid, lanowner, coalesce(lanacl, acldefault('l', lanowner)) FROM pg_language
          UNION ALL SELECT 'pg_am', oid, NULL, NULL FROM pg_am
          UNION ALL SELECT 'pg_transform', oid, NULL, NULL FROM pg_transform
          UNION ALL SELECT 'pg_ts_config', oid, cfgowner, NULL FROM pg_ts_config
          UNION ALL SELECT 'pg_ts_dict', oid, dictowner, NULL FROM pg_ts_dict
          UNION ALL SELECT 'pg_ts_parser', oid, NULL, NULL FROM pg_ts_parser
          UNION ALL SELECT 'pg_ts_template', oid, NULL, NULL FROM pg_ts_template
          UNION ALL SELECT 'pg_foreign_data_wrapper', oid, fdwowner, coalesce(fdwacl, acldefault('F', fdwowner)) FROM pg_foreign_data_wrapper
          UNION ALL SELECT 'pg_foreign_server', oid, srvowner, coalesce(srvacl, acldefault('S', srvowner)) FROM pg_foreign_server
          UNION ALL SELECT 'pg_default_acl', oid, NULL, defaclacl FROM pg_default_acl) AS rest
   CROSS JOIN LATERAL pg_identify_object(rest.class, rest.oid, 0)
   WHERE rest.oid >= 16384
     AND NOT EXISTS (SELECT FROM members WHERE classid = rest.class AND objid = rest.oid)
)
SELECT to_json(kind), to_json(objects.name), to_json(left(md5(concat_ws(E'\n', pg_get_userbyid(owner), source,
         -- Aliases, casts, parentheses.
         regexp_replace(regexp_replace(regexp_replace(definition, '\sAS ("([^"]|"")*"|[a-zA-Z_]\w*)', '', 'g'),
           '::("([^"]|"")+"|[a-z_][a-z_0-9]*)(\.("([^"]|"")+"|[a-z_][a-z_0-9]*))?'
           '( varying| precision| (year|month|day|hour|minute|second)( to (month|hour|minute|second))?)?(\(\d+(,-?\d+)?\))?( with(out)? time zone)?(\[\])*',
           '', 'g'), '[()\s]', '', 'g'),
         CASE WHEN class IS NOT NULL AND objects.oid IS NOT NULL THEN obj_description(objects.oid, class::regclass::text) END)), 16)
    || coalesce((SELECT ' ' || left(md5(string_agg(concat(rolname, ':', privilege_type, is_grantable), ',' ORDER BY rolname COLLATE "C", privilege_type, is_grantable)), 8)
                   FROM (SELECT DISTINCT coalesce(rolname, 'PUBLIC') AS rolname, privilege_type, is_grantable
                           FROM aclexplode(acl) LEFT JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee = 0 OR rolname IS NOT NULL) AS granted), ''))
  FROM objects
 ORDER BY kind COLLATE "C", objects.name COLLATE "C";
