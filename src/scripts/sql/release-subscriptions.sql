-- Disables the subscriptions of this database and detaches them from their slots, which another database uses.
SELECT format(statement, subname)
  FROM pg_subscription JOIN pg_database d ON d.oid = subdbid AND datname = current_database(),
       (VALUES (1, 'ALTER SUBSCRIPTION %I DISABLE'), (2, 'ALTER SUBSCRIPTION %I SET (slot_name = NONE)')) AS statements (number, statement)
 ORDER BY subname, number \gexec
