-- Ends the sessions on :db while swap.sql renames it, and only then: as long as a session holds the exclusive lock on it.
SELECT set_config('restore.oid', (SELECT oid::text FROM pg_database WHERE datname = :'db'), false),
       set_config('restore.staging', :'staging', false) \g /dev/null
DO $$
BEGIN
  FOR i IN 1..600 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM pg_database WHERE datname = current_setting('restore.staging'));
    PERFORM FROM pg_locks
      WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND objid = current_setting('restore.oid')::oid
        AND mode = 'AccessExclusiveLock' AND granted;
    IF FOUND THEN
      -- An error on a session that we may not end would spare the others.
      PERFORM pg_terminate_backend(pid)
         FROM pg_stat_activity LEFT JOIN pg_roles AS of_session ON of_session.oid = usesysid
        WHERE datid = current_setting('restore.oid')::oid
          AND ((SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
               OR NOT rolsuper AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')));
    END IF;
    PERFORM pg_sleep(0.01);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
END
$$;
