-- Prints how many bytes are free where the database :db is, or would be, as df on the server sees it.
-- SQL itself knows no free space; only a superuser may ask the server's shell, and managed servers allow it to no role.
CREATE TEMPORARY TABLE free_space (line text);
SELECT format('COPY pg_temp.free_space FROM PROGRAM %L', 'df -P -k ' || coalesce(
         (SELECT 'pg_tblspc/' || dattablespace FROM pg_database
           WHERE datname = :'db' AND pg_tablespace_location(dattablespace) <> ''), '.')) \gexec
SELECT (regexp_match(line, '(\d+) +\d+% '))[1]::bigint * 1024 FROM pg_temp.free_space WHERE line ~ '\d+ +\d+% ';
