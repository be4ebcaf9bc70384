-- Exchanges two names in one transaction: :db becomes :previous and is closed, :staging becomes :db.
-- All of it is one message: even if we are killed afterwards, the server does the whole or nothing.
-- The first rename locks the name :db against new connections and waits up to 5 seconds for the last old one to go,
-- while disconnect.sql ends them from another session.
SELECT quote_nullable(shobj_description(oid, 'pg_database')) AS comment FROM pg_database WHERE datname = :'db' \gset
BEGIN\;
SET LOCAL lock_timeout = '10s'\;
ALTER DATABASE :"db" RENAME TO :"previous"\;
ALTER DATABASE :"previous" WITH ALLOW_CONNECTIONS false\;
COMMENT ON DATABASE :"previous" IS :'mark'\;
ALTER DATABASE :"staging" RENAME TO :"db"\;
ALTER DATABASE :"db" WITH ALLOW_CONNECTIONS true\;
COMMENT ON DATABASE :"db" IS :comment\;
COMMIT;
