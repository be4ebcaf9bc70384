-- Takes the lock of the name :lock on the database :db. While another session holds it, prints which; once it is ours, "locked".
SELECT set_config(name, value, false)
  FROM (VALUES ('idle_session_timeout', '0'), ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'),
               ('tcp_keepalives_count', '3')) AS wanted (name, value)
  JOIN pg_settings USING (name) \g /dev/null
SELECT hashtextextended('cdk8s-postgres-backup ' || :'lock' || ' ' || :'db', 0) AS id \gset
SELECT pg_try_advisory_lock(:id) AS taken \gset
\if :taken
\else
SELECT 'held by ' || string_agg(application_name || ', since ' || date_trunc('second', backend_start), ' and ')
  FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = :id;
SELECT pg_advisory_lock(:id) \g /dev/null
\endif
\echo locked
