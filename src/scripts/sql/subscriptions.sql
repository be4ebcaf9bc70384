-- Prints the names of the subscriptions of this database.
SELECT string_agg(quote_ident(subname), ', ') FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database();
