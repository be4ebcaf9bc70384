#!/bin/bash
# The first step of a drill: restores a dump into a server of the drill's own, and proves it as a restore does.
# The status is 0 even if that fails: the last step tells the result.
# usage: drill-restore.sh      with the environment that RestoreDrill gives it; RESTORE_DUMP and RESTORE_BEFORE choose as
#   they do for a restore, and otherwise
#   FETCHED_DIR      the folder of a copy that was fetched from a bucket, if BACKUP_DIR is that of the claim
#   DRILL_PICK       newest: the newest verified dump; rotate: the dump that was never drilled, or not for the longest time
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/choice.sh
. "$scripts/lib/choice.sh"
# shellcheck source=lib/checks.sh
. "$scripts/lib/checks.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/drill-server.sh
. "$scripts/lib/drill-server.sh"

main() {
  local name
  check_drill_settings
  mkdir -p "$report"
  report source "$(cat "${OFFSITE_DIR:-}/report/source" 2>/dev/null || echo nas)"
  [ "$(reported source)" = nas ] || BACKUP_DIR=${FETCHED_DIR:-$BACKUP_DIR}
  check_storage_settings
  watch_storage
  keep_errors clear_away
  report began "$(date +%s)"
  check_fetched
  [ ! -e "${OFFSITE_DIR:-}/report/seconds" ] || report seconds.fetch "$(cat "$OFFSITE_DIR/report/seconds")"
  [ -e "$BACKUP_DIR" ] || fail "there is no $BACKUP_DIR, so nothing was backed up yet, or not to this claim. Back up first."
  check_readable
  name=$(picked_dump)
  report_dump "$name"
  check_drill_space "$name"
  database=$PGDATABASE
  step server "a throwaway PostgreSQL in $DRILL_DIR; production is not involved" start_own_server "$name"
  step restore "the same scripts that restore for real" restore "$name"
  stop_server fast
  report outcome restored
}

picked_dump() {
  case ${RESTORE_DUMP:-}${RESTORE_BEFORE:-}${DRILL_PICK:?is not set: newest or rotate} in
    rotate) rotated_dump ;;
    newest | *?newest | *?rotate) chosen_dump ;;
    *) fail "DRILL_PICK ($DRILL_PICK) is neither newest nor rotate." ;;
  esac
}

# Prints the oldest dump that was never drilled; otherwise the dump whose last drill is the longest ago.
rotated_dump() {
  local evidence names name
  for evidence in $(stored_evidence); do
    fact "$evidence" '"dump"'
  done >"$scratch/drilled"
  names=$(dump_names)
  for name in $names; do
    ! is_verified "$name" || echo "\"$name\""
  done >"$scratch/verified"
  name=$(awk '
    of == "drills" { if (!($0 in drills_since)) drills_since[$0] = NR; next }
    !($0 in drills_since) { chosen = $0; exit }
    drills_since[$0] > longest { longest = drills_since[$0]; chosen = $0 }
    END { print chosen }' of=drills "$scratch/drilled" of=dumps "$scratch/verified" | tr -d '"')
  [ -n "$name" ] || fail "no verified dump in $BACKUP_DIR. Back up first."
  echo "$name"
}

# usage: report_dump DUMP      It is reported now: once the restore no longer holds it, a backup may prune it.
report_dump() {
  report dump "$1"
  log "chose $1.dump"
  is_verified "$1" || return 0
  cp "$BACKUP_DIR/$1.json" "$report/$1.json"
  report sha256 "$(manifest_string "$1" sha256 | tr -d '"')"
  report rows "$(rows_of "$1")"
  # The missing rights of today, as far as the newest backup knows.
  report missingRights "$(fact "$BACKUP_DIR/$(newest_verified 99999999-999999).json" '"preflight"' '"fails"' | cut -f 2 | plain)"
  report hashes "$(fact "$BACKUP_DIR/$1.json" '"hashes"' | sed '/^null$/d')"
}

# usage: check_drill_space DUMP
check_drill_space() {
  local needed
  [ "${DRILL_BYTES:-0}" -gt 0 ] && is_verified "$1" || return 0
  needed=$(manifest_number "$1" databaseBytes)
  needed=$((${needed:-0} * 12 / 10))
  [ "$DRILL_BYTES" -ge "$needed" ] ||
    fail "the drill's volume holds $((DRILL_BYTES / 1000000)) MB, and the database needs about $((needed / 1000000)) MB. Raise the drill's scratchSize."
}

# usage: start_own_server DUMP
start_own_server() {
  make_server
  start_server
  preload "$1"
}

# usage: preload DUMP
# Some extensions work only in a server that has loaded them at its start. Those that the dump's server had loaded are loaded
# here, too, if this image has them. The jobs that they would run do not run here.
preload() {
  local folder library loaded=
  is_verified "$1" || return 0
  folder=$(query "$MAINTENANCE_DATABASE" <<<"SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'")
  for library in $(manifest_string "$1" preload | sed '/^null$/d' | tr -c 'A-Za-z0-9_/\n' ' '); do
    library=${library##*/}
    if [ -e "$folder/$library.so" ]; then
      loaded+=${loaded:+,}$library
    else
      warn "this image has no $library, which the server of the dump has loaded: what needs it cannot be restored here"
    fi
  done
  [ -n "$loaded" ] || return 0
  log "loading $loaded, as the server of the dump does"
  cat >>"$DRILL_DIR/data/postgresql.conf" <<SETTINGS
shared_preload_libraries = '$loaded'
cron.database_name = '$(staging_name | sed "s/'/''/g")'
cron.launch_active_jobs = off
SETTINGS
  stop_server fast
  start_server
}

# usage: restore DUMP      It knows no server but this. Its messages about an untouched database hold: there is no live database.
restore() {
  local structure_report='' structure='not checked: the image has no amcheck'
  if has_amcheck; then structure_report=$report/amcheck structure=sound; fi
  RESTORE_ACTION=drill RESTORE_DUMP=$1 RESTORE_BEFORE='' RESTORE_SHA256='' RESTORE_IGNORE=secrets \
    STRUCTURE_REPORT=$structure_report REQUEST_ID=drill RESTORE_SESSIONS=refuse SESSIONS_TIMEOUT=0 KEEP_PREVIOUS=1 \
    SERVER_TIMEOUT=60 QUIESCE_DEPLOYMENT='' \
    run bash "$scripts/restore.sh" || fail "$1.dump could not be restored and proven, see the message above.$(space_remedy)"
  report database "$(query "$MAINTENANCE_DATABASE" <"$scripts/sql/prepared-database.sql")"
  report leftOut "$(cat "$scratch/left-out")"
  report checks "$(check_paths | wc -l)"
  report structure "$structure"
  [ -z "$(reported rows)" ] || report compared "rows$([ -z "$(reported hashes)" ] || echo ' and contents')"
}

main "$@"
