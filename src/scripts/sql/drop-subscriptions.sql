-- Drops the subscriptions of this database, which have no slots any more.
SELECT format('DROP SUBSCRIPTION %I', subname) FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database() \gexec
