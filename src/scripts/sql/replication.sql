-- Prints the replication from and into the database :db, with the remedies; a line each.
SELECT format('  the %s replication slot %I%s: stop its consumer, drop it with SELECT pg_drop_replication_slot(%L), and let the consumer begin anew afterwards',
              slot_type, slot_name, CASE WHEN active THEN format(', which process %s reads', active_pid) END, slot_name)
  FROM pg_replication_slots WHERE database = :'db' AND NOT temporary
 UNION ALL
SELECT format('  the subscription %I: ALTER SUBSCRIPTION %I DISABLE; ALTER SUBSCRIPTION %I SET (slot_name = NONE), once its slot %I at its publisher is no longer needed',
              subname, subname, subname, subslotname)
  FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = :'db' AND subslotname IS NOT NULL
