-- Ends the sessions on :db until :side is gone, that is, until swap.sql has committed; for 6 seconds at most.
SELECT set_config('restore.db', :'db', false), set_config('restore.side', :'side', false) \g /dev/null
DO $$
BEGIN
  FOR i IN 1..300 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM pg_database WHERE datname = current_setting('restore.side'));
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_setting('restore.db');
    PERFORM pg_sleep(0.02);
    PERFORM pg_stat_clear_snapshot();
  END LOOP;
END
$$;
