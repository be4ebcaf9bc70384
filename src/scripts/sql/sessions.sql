-- Prints the sessions on the database :db, a line each, and, if we may not end a session, the role that may. A role that is
-- neither a superuser nor a member of pg_read_all_stats does not see everything of other roles' sessions.
SELECT concat_ws(' ', nullif(backend_type, 'client backend'), usename, 'from', coalesce(host(client_addr), CASE WHEN backend_type IS NULL THEN 'an address that is hidden' ELSE 'a socket' END),
                 nullif('as ' || application_name, 'as '), 'pid', pid,
                 CASE WHEN me.rolsuper OR pg_has_role(usesysid, 'USAGE') AND NOT of_session.rolsuper THEN NULL
                      WHEN of_session.rolsuper THEN '(only a superuser may end this session)'
                      WHEN NOT pg_has_role('pg_signal_backend', 'USAGE') THEN format('(to end it: GRANT pg_signal_backend TO %I)', me.rolname) END)
  FROM pg_stat_activity
  JOIN pg_roles AS me ON me.rolname = current_user
  LEFT JOIN pg_roles AS of_session ON of_session.oid = usesysid
 WHERE datname = :'db'
   -- The server ends these by itself, or with their leaders; autovacuum has no role.
   AND coalesce(backend_type, 'client backend') NOT IN ('autovacuum worker', 'parallel worker') AND (backend_type IS NOT NULL OR usesysid IS NOT NULL)
 ORDER BY pid;
