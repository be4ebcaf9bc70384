#!/bin/sh
# The first step of a drill: restores a dump into a server of the drill's own, and proves it as a restore does.
# The status is 0 also where that fails: the last step tells what came of it.
# usage: drill-restore.sh      with the environment that RestoreDrill gives it; RESTORE_DUMP and RESTORE_BEFORE choose as
#   they do for a restore, and otherwise
#   DRILL_PICK       newest verified dump, or rotate: the one that was never drilled or not for the longest time
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"
# shellcheck source=choice.sh
. "$scripts/choice.sh"
# shellcheck source=drill-server.sh
. "$scripts/drill-server.sh"

main() {
  check_drill_settings
  check_storage_settings
  watch_storage
  mkdir -p "$report"
  keep_errors
  tell began "$(date +%s)"
  [ -e "$BACKUP_DIR" ] || fail "there is no $BACKUP_DIR, so nothing was backed up yet, or not to this claim. Back up first."
  check_readable
  choose
  check_drill_room
  begin_step server "a throwaway PostgreSQL in $DRILL_DIR; production is not involved"
  make_server
  start_server
  preload
  end_step
  begin_step restore "the same scripts that restore for real"
  restore
  end_step
  stop_server fast
  tell outcome restored
}

choose() {
  case ${RESTORE_DUMP:-}${RESTORE_BEFORE:-}${DRILL_PICK:?is not set: newest or rotate} in
    rotate) rotate ;;
    newest | *?newest | *?rotate) choose_dump ;;
    *) fail "DRILL_PICK ($DRILL_PICK) is neither newest nor rotate." ;;
  esac
  tell dump "$name"
  log "chose $name.dump"
  is_verified "$name" || return 0
  # Told now: once the restore does not hold it any more, a backup may prune it.
  tell sha256 "$(manifest_string "$name" sha256 | tr -d '"')"
  tell rows "$(rows_of "$name")"
  tell hashes "$(fact "$BACKUP_DIR/$name.json" '"hashes"' | grep -v '^null$')"
}

# Never drilled first, the oldest of them; then the one whose last drill is the longest ago.
rotate() {
  stored_evidence | while read -r evidence; do
    fact "$evidence" '"dump"'
  done >"$scratch/drilled"
  name=$(for candidate in $(dump_names); do
    ! is_verified "$candidate" || echo "\"$candidate\""
  done | awk '
    of == "drills" { if (!($0 in drills_since)) drills_since[$0] = NR; next }
    !($0 in drills_since) { chosen = $0; exit }
    drills_since[$0] > longest { longest = drills_since[$0]; chosen = $0 }
    END { print chosen }' of=drills "$scratch/drilled" of=dumps - | tr -d '"')
  [ -n "$name" ] || fail "no verified dump in $BACKUP_DIR. Back up first."
}

check_drill_room() {
  [ "${DRILL_BYTES:-0}" -gt 0 ] && is_verified "$name" || return 0
  needed=$(manifest_number "$name" databaseBytes)
  needed=$((${needed:-0} * 12 / 10))
  [ "$DRILL_BYTES" -ge "$needed" ] ||
    fail "the drill's volume holds $((DRILL_BYTES / 1000000)) MB, and the database needs about $((needed / 1000000)) MB. Raise the drill's scratchSize."
}

# Some extensions work only in a server that has loaded them at its start. Those that the dump's server had loaded, and this
# image has, are loaded here too. Jobs that they would run by themselves stay where they are.
preload() {
  is_verified "$name" || return 0
  database=$PGDATABASE
  folder=$(echo "SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'" | query "$MAINTENANCE_DATABASE")
  loaded=
  for library in $(manifest_string "$name" preload | tr -c 'A-Za-z0-9_/\n' ' '); do
    library=${library##*/}
    if [ -e "$folder/$library.so" ]; then
      loaded=$loaded${loaded:+,}$library
    else
      warn "this image has no $library, which the server of the dump has loaded: what needs it cannot be restored here"
    fi
  done
  [ -n "$loaded" ] || return 0
  log "loading $loaded, as the server of the dump does"
  cat >>"$DRILL_DIR/data/postgresql.conf" <<SETTINGS
shared_preload_libraries = '$loaded'
cron.database_name = '$(side_name | sed "s/'/''/g")'
cron.launch_active_jobs = off
SETTINGS
  stop_server fast
  start_server
}

# It knows nothing but the socket. What it says of a database that is untouched is true: there is none.
restore() {
  database=$PGDATABASE structure_report=
  if has_amcheck; then structure_report=$report/amcheck; fi
  RESTORE_ACTION=drill RESTORE_DUMP=$name RESTORE_BEFORE='' RESTORE_SHA256='' RESTORE_DESPITE=secrets \
    STRUCTURE_REPORT=$structure_report REQUEST_ID=drill RESTORE_SESSIONS=refuse SESSIONS_TIMEOUT=0 KEEP_PREVIOUS=1 \
    SERVER_TIMEOUT=60 QUIESCE_DEPLOYMENT='' \
    run sh "$scripts/restore.sh" || fail "$name.dump could not be restored and proven, see the message above.$(room_remedy)"
  side=$(echo "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE '% prepared from %'" | query "$MAINTENANCE_DATABASE")
  tell database "$side"
  tell leftOut "$(cat "$scratch/left-out")"
  tell checks "$CHECKS"
  tell structure "$([ -n "$structure_report" ] && echo sound || echo 'not checked: the image has no amcheck')"
  [ -z "$(told rows)" ] || tell compared "rows$([ -z "$(told hashes)" ] || echo ' and contents')"
}

main "$@"
