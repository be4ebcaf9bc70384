-- Prints "locked" if this session still holds its lock.
SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted)
            THEN 'locked' ELSE 'lost' END;
