-- Prints the free bytes at the present or future place of the database :db, by df on the server. SQL itself knows no free space.
-- Only a superuser may ask the server's shell, and managed servers allow it to no role.
CREATE TEMPORARY TABLE free_space (line text);
SELECT format('COPY pg_temp.free_space FROM PROGRAM %L', 'df -P -k ' || coalesce(
         (SELECT 'pg_tblspc/' || dattablespace FROM pg_database
           WHERE datname = :'db' AND pg_tablespace_location(dattablespace) <> ''), '.')) \gexec
SELECT (regexp_match(line, '(\d+) +\d+% '))[1]::bigint * 1024 FROM pg_temp.free_space WHERE line ~ '\d+ +\d+% ';
