-- Prints who is connected to the database :db, one a line.
SELECT concat_ws(' ', nullif(backend_type, 'client backend'), usename, 'from', coalesce(host(client_addr), 'a socket'), nullif('as ' || application_name, 'as '), 'pid', pid)
  FROM pg_stat_activity
 WHERE datname = :'db' AND backend_type NOT IN ('autovacuum worker', 'parallel worker') -- the server ends these by itself, or with their leaders
 ORDER BY pid;
