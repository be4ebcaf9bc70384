-- Exchanges two names in one transaction: :db becomes :previous and is closed, :side becomes :db.
-- The first rename locks the name :db against new connections and waits up to 5 seconds for the last old one to go,
-- while disconnect.sql ends them from another session. Whatever goes wrong, all of it is rolled back.
SELECT shobj_description(oid, 'pg_database') IS NOT NULL AS has_comment,
       coalesce(shobj_description(oid, 'pg_database'), '') AS comment
  FROM pg_database WHERE datname = :'db' \gset
BEGIN;
ALTER DATABASE :"db" RENAME TO :"previous";
ALTER DATABASE :"previous" WITH ALLOW_CONNECTIONS false;
COMMENT ON DATABASE :"previous" IS :'mark';
ALTER DATABASE :"side" RENAME TO :"db";
\if :has_comment
COMMENT ON DATABASE :"db" IS :'comment';
\else
COMMENT ON DATABASE :"db" IS NULL;
\endif
COMMIT;
