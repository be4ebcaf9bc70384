#!/bin/bash
# Shows what is on the storage, and holds dumps against pruning. It needs no server, and no secret.
# usage: inventory.sh ACTION      with the environment that RestoreJob gives it
#   hold       keeps RESTORE_DUMP from being pruned, for RESTORE_HOLD (P30D, P4W or PT12H), or else until it is released
#   release    ends that hold of RESTORE_DUMP, and no hold of a restore or a drill
#   evidence   prints the evidence of the newest drill, or of the newest drill of RESTORE_DUMP
#   restores   prints the records of restores, a line each, the newest last
#   usage      prints the bytes of each dump, unfinished files, the holds, and the free space on the share
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/choice.sh
. "$scripts/lib/choice.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# The action, for the report.
action=

main() {
  local name
  action=${1:-}
  on_exit report_inventory
  check_storage_settings
  check_readable
  case $action in
    hold | release)
      [ -n "${RESTORE_DUMP:-}" ] || fail "RESTORE_DUMP is not set: it names the dump. RESTORE_ACTION=list shows them."
      name=$(chosen_dump)
      tell dump "$name"
      "${action}_for_person" "$name"
      ;;
    evidence) evidence ;;
    restores) restores ;;
    usage) usage ;;
    *) fail "\"$action\" is not an action: see the head of $0." ;;
  esac
}

# usage: report_inventory STATUS
report_inventory() {
  print_report "$action" "$1"
}

# usage: hold_for_person NAME      writes the hold whole or not at all: a full storage would leave an empty hold, which has no end
hold_for_person() {
  local end='' seconds hold=$BACKUP_DIR/$1.person.hold draft=$BACKUP_DIR/.$1.person.hold
  if [ -n "${RESTORE_HOLD:-}" ]; then
    seconds=$(seconds_of RESTORE_HOLD "$RESTORE_HOLD")
    end=$(($(date +%s) + seconds))
  fi
  { printf %s "$end" >"$draft" && mv "$draft" "$hold"; } || {
    rm -f "$draft" || true
    fail "the hold of $1.dump could not be written, see the message above. Is the storage full, or does it refuse writes?"
  }
  [ -e "$BACKUP_DIR/$1.dump" ] || {
    rm -f "$hold"
    fail "$1.dump was removed just now. Run this again."
  }
  report_holds "$1"
}

# usage: release_for_person NAME
release_for_person() {
  local former
  former=$(holds_of "$1")
  # A former runbook had people set the second.
  rm -f "$BACKUP_DIR/$1.person.hold" "$BACKUP_DIR/$1.large-change.hold" ||
    fail "the hold of $1.dump could not be removed, see the message above. Does the storage refuse writes?"
  if [ "$(holds_of "$1")" = "$former" ]; then log "no person held $1.dump"; else log "released $1.dump"; fi
  report_holds "$1"
}

# usage: report_holds NAME
report_holds() {
  local end holder
  while read -r end holder; do
    log "$1.dump is held by $holder until $(end_of_hold "$end")"
  done < <(holds_of "$1")
}

evidence() {
  local drill wanted=${RESTORE_DUMP:-}
  wanted=${wanted%.dump}
  for drill in $(stored_evidence); do
    if [ -z "$wanted" ] || [ "$(text_of "$drill" dump)" = "$wanted" ]; then
      cat "$drill"
      # In JSON, a line break is either between the tokens or escaped.
      told+=",\"evidence\":$(tr '\n' ' ' <"$drill")"
      return 0
    fi
  done
  fail "no drill${wanted:+ of $wanted} has left evidence in $BACKUP_DIR/drills. Drill first."
}

restores() {
  local record ended seconds
  restores_line REQUEST ACTION DUMP 'ENDED (UTC)' SECONDS
  for record in "$BACKUP_DIR"/restores/*.json; do
    [ -e "$record" ] || continue
    ended=$(text_of "$record" ended)
    seconds=$(fact "$record" '"seconds"')
    printf '%s ' "$ended"
    restores_line "$(text_of "$record" request)" "$(text_of "$record" action)" "$(text_of "$record" dump)" "$ended" "${seconds:--}"
  done | sort | cut -d ' ' -f 2-
}

restores_line() {
  printf '%-32s %-13s %-32s %-21s %7s\n' "$@"
}

usage() {
  local names name bytes unfinished dumps=0 all=0
  names=$(dump_names)
  printf '%15s %s\n' BYTES DUMP
  for name in $names; do
    bytes=$(size_of "$BACKUP_DIR/$name.dump")
    dumps=$((dumps + 1)) all=$((all + bytes))
    printf '%15s %s\n' "$bytes" "$name"
  done
  log "$dumps dumps have $all bytes; all that is in $BACKUP_DIR has $(size_of "$BACKUP_DIR")"
  log "$(free_bytes) of $(share_bytes) bytes are free on the share"
  tell_number dumps "$dumps"
  tell_number bytes "$all"
  tell_number freeBytes "$(free_bytes)"
  tell_number shareBytes "$(share_bytes)"
  for name in $names; do
    report_holds "$name"
  done
  for unfinished in "$work"/*; do
    [ ! -e "$unfinished" ] || log "not finished: .work/${unfinished##*/}, $(size_of "$unfinished") bytes. The next backup clears it."
  done
}

main "$@"
