#!/bin/sh
# Restores a dump into a database beside the live one, proves it, and only then exchanges their names.
# Until that last moment the live database serves on; whatever fails before leaves it as it was.
# usage: restore.sh      with the environment that RestoreJob gives it, and
#   RESTORE_DUMP     name of a dump, e.g. shop-20261123-020000; empty for the newest verified one
#   RESTORE_BEFORE   newest verified dump at or before this UTC time, e.g. 2026-11-20T08:00:00Z
#   REQUEST_ID       the same request is carried out once, however often it is made
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"

main() {
  check_connection_settings
  check_storage_settings
  : "${REQUEST_ID:?is not set: it names this restore, e.g. by the name of its Job}"
  on_exit clean_up
  choose_dump
  check_server
  lock restore
  choose_databases
  if exists "$previous"; then
    log "request $REQUEST_ID is already restored, nothing to do: the database from before is \"$previous\""
    return
  fi
  check_dump
  prepare
  prove
  cut_over
  log "done: \"$database\" is now $name. The database from before is \"$previous\", closed to connections."
  log "next: look whether the service is well. To free the space: DROP DATABASE \"$previous\";"
}

choose_dump() {
  if [ -n "${RESTORE_DUMP:-}" ]; then
    [ -z "${RESTORE_BEFORE:-}" ] || fail "RESTORE_DUMP and RESTORE_BEFORE are both set. Set one of them."
    name=${RESTORE_DUMP%.dump}
    dump_names | grep -Fqx -- "$name" || fail "there is no dump $name in $BACKUP_DIR. There are: $(dump_names | tr '\n' ' ')"
  else
    limit=$(moment "${RESTORE_BEFORE:-9999-12-31T23:59:59Z}")
    name=$(newest_verified "$limit")
    [ -n "$name" ] || fail "no verified dump${RESTORE_BEFORE:+ from $RESTORE_BEFORE or before} in $BACKUP_DIR." \
      "Name an older script's dump with RESTORE_DUMP. There are: $(dump_names | tr '\n' ' ')"
  fi
  dump=$BACKUP_DIR/$name.dump
  log "restoring $name.dump into \"$database\" on $PGHOST"
}

# usage: moment TIME      2026-11-20T08:00:00Z as 20261120-080000
moment() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z) echo "$1" | tr -d 'Z:-' | tr T - ;;
    *) fail "RESTORE_BEFORE ($1) is not a time in UTC. Write it like 2026-11-20T08:00:00Z" ;;
  esac
}

# Names that are too long for PostgreSQL would be cut, and might then be another database's.
choose_databases() {
  exists "$database" || fail "there is no database \"$database\" on $PGHOST." \
    "Create it first, empty and with its owner: its settings are taken from it."
  side=$(query "$MAINTENANCE_DATABASE" <<'SQL'
SELECT CASE WHEN octet_length(:'db') <= 55 THEN :'db' || '_restore' ELSE 'restore_' || md5(:'db') END
SQL
  )
  previous=$(query "$MAINTENANCE_DATABASE" --set=request="$REQUEST_ID" <<'SQL'
SELECT CASE WHEN octet_length(:'db' || :'request') <= 55 THEN :'db' || '_before_' || :'request'
            ELSE 'before_' || md5(:'db' || ' ' || :'request') END
SQL
  )
  mark="cdk8s-postgres-backup: side database of $prefix"
}

# usage: exists DATABASE
exists() {
  [ "$(query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL'
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'name')
SQL
  )" = t ]
}

check_dump() {
  is_verified "$name" || log "$name.dump was never verified: it has no checksum, and is read whole instead"
  log "checking $name.dump"
  run sh "$scripts/verify.sh" "$dump" || fail "the dump is not whole. \"$database\" is untouched. Choose another dump."
}

prepare() {
  log "restoring into \"$side\"; \"$database\" serves on"
  drop_side
  ! exists "$side" || fail "there is a database \"$side\" that no restore made. Rename or drop it: the dump is restored under that name."
  made_side=t
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=mark="$mark" <"$scripts/side-database.sql" ||
    fail "cannot make the database \"$side\", see the message above. \"$database\" is untouched."
  # The empty name makes pg_restore take PGDATABASE as it is, where it would read a name with "=" as settings.
  PGDATABASE=$side run pg_restore --exit-on-error --jobs=2 --dbname= "$dump" ||
    fail "pg_restore failed, see its message above. \"$database\" is untouched."
  echo 'ANALYZE' | query "$side" || fail "cannot analyze \"$side\", see the message above. \"$database\" is untouched."
}

# Only what carries our mark is dropped: a database of that name may be somebody's.
drop_side() {
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=mark="$mark" <<'SQL'
SELECT format('DROP DATABASE %I WITH (FORCE)', datname)
  FROM pg_database
 WHERE datname = :'side' AND shobj_description(oid, 'pg_database') = :'mark' \gexec
SQL
}

prove() {
  expected=$(pg_restore --list "$dump" | awk '$2 == 1259 && $4 == "TABLE"' | wc -l)
  found=$(query "$side" <<'SQL'
SELECT count(*) FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   AND relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e');
SQL
  )
  [ "$found" -eq "$expected" ] ||
    fail "the dump lists $expected tables, the restored database has $found. \"$database\" is untouched. Choose another dump."
  log "proved: all $found tables of the dump are there"
}

cut_over() {
  check_lock
  log "cutting over: the sessions on \"$database\" are ended and the names exchanged"
  query "$MAINTENANCE_DATABASE" --set=side="$side" <"$scripts/disconnect.sql" &
  disconnecting=$!
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=previous="$previous" \
    --set=mark="cdk8s-postgres-backup: replaced by $name" <"$scripts/swap.sql" ||
    fail "the names could not be exchanged, see the message above. \"$database\" is as it was; its clients may reconnect." \
      "Stop the service that uses it and run this again."
  made_side=
  wait "$disconnecting" || true
}

clean_up() {
  [ -z "${made_side:-}" ] || drop_side || true
}

main "$@"
