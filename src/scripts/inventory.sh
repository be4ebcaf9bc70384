#!/bin/sh
# What is on the storage: prints it, and holds dumps against pruning. It needs no server, and no secret.
# usage: inventory.sh ACTION      with the environment that RestoreJob gives it
#   list       the dumps, whether each one is verified and can be restored, and until when it is held
#   hold       keeps RESTORE_DUMP from being pruned, for RESTORE_HOLD (P30D, P4W or PT12H), or else until it is released
#   release    ends that hold of RESTORE_DUMP, and no hold of a restore or a drill
#   evidence   what the newest drill has left, or the newest drill of RESTORE_DUMP
#   restores   what was restored, a line each, the newest last
#   usage      the bytes of each dump, what is not finished, the holds, and the room on the share
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"
# shellcheck source=choice.sh
. "$scripts/choice.sh"
# shellcheck source=secrets.sh
. "$scripts/secrets.sh"

main() {
  check_storage_settings
  check_readable
  case $1 in
    list) list ;;
    hold) hold_for_person ;;
    release) release_of_person ;;
    evidence) evidence ;;
    restores) restores ;;
    usage) usage ;;
    *) fail "\"$1\" is nothing that it does: see the head of $0." ;;
  esac
}

list() {
  check_secrets_were_checked
  list_line NAME 'TIME (UTC)' AGE MB VERIFIED SECRETS ROWS 'HELD UNTIL' LABEL SERVER
  for name in $(dump_names); do
    verified=no secrets=- rows=- label=- server=-
    if is_verified "$name"; then
      verified=yes secrets=$(secrets_of "$name") rows=$(rows_of "$name")
      label=$(text_of "$BACKUP_DIR/$name.json" label) server=$(manifest_string "$name" server)
    fi
    list_line "$name" "$(utc_time "${name#"$prefix"-}")" "$(age_of "$name")" \
      "$(($(size_of "$BACKUP_DIR/$name.dump") / 1000000))" "$verified" "$secrets" "${rows:--}" "$(held_until "$name")" "$label" "$server"
  done
  ! findings=$(secret_findings) || warn "$findings"
}

list_line() {
  printf '%-32s %-21s %8s %10s %-10s %-8s %12s %-21s %-20s %s\n' "$@"
}

# usage: secrets_of NAME      whether today's secrets are those of the dump
secrets_of() {
  compare_fingerprints "$1" | awk -F '\t' '{ seen[$1] = 1 }
    END { print (seen["other"] ? "other" : seen["unknown"] ? "unknown" : seen["same"] ? "same" : "-") }'
}

# usage: age_of NAME      by the clock of now, in days and hours
age_of() {
  awk -v now="$(date -u +%Y%m%d%H%M%S)" -v then="$(printf %s "${1#"$prefix"-}" | tr -d -)" '
    function hours(t,    y, m) {
      y = substr(t, 1, 4) + 0; m = substr(t, 5, 2) + 0
      if (m < 3) { y--; m += 12 }
      return 24 * (365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + substr(t, 7, 2)) + substr(t, 9, 2)
    }
    BEGIN { h = hours(now) - hours(then); printf "%dd%dh", int(h / 24), h % 24 }'
}

# usage: held_until NAME      when the last of its holds ends, or -
held_until() {
  last_hold=$(holds_of "$1" | sort -n | tail -n 1)
  if [ -z "$last_hold" ]; then echo -; else end_of_hold "${last_hold%% *}"; fi
}

# usage: text_of FILE KEY      a string of a manifest, a record or an evidence, or -
text_of() {
  fact "$1" "\"$2\"" | sed -n 's/^"\(.*\)"$/\1/p' | grep . || echo -
}

# The hold is whole or not there: an empty one has no end, and a full storage would leave such a one.
hold_for_person() {
  choose_named_dump
  end=
  if [ -n "${RESTORE_HOLD:-}" ]; then
    seconds=$(seconds_of RESTORE_HOLD "$RESTORE_HOLD")
    end=$(($(date +%s) + seconds))
  fi
  hold=$BACKUP_DIR/$name.person.hold draft=$BACKUP_DIR/.$name.person.hold
  { printf %s "$end" >"$draft" && mv "$draft" "$hold"; } || {
    rm -f "$draft" || true
    fail "the hold of $name.dump could not be written, see the message above. Is the storage full, or does it let nobody write?"
  }
  [ -e "$BACKUP_DIR/$name.dump" ] || {
    rm -f "$hold"
    fail "$name.dump was removed just now. Run this again."
  }
  tell_holds
}

release_of_person() {
  choose_named_dump
  former=$(holds_of "$name")
  # The second is what a former runbook had people set.
  rm -f "$BACKUP_DIR/$name.person.hold" "$BACKUP_DIR/$name.large-change.hold" ||
    fail "the hold of $name.dump could not be removed, see the message above. Does the storage let nobody write?"
  if [ "$(holds_of "$name")" = "$former" ]; then log "no person held $name.dump"; else log "released $name.dump"; fi
  tell_holds
}

choose_named_dump() {
  [ -n "${RESTORE_DUMP:-}" ] || fail "RESTORE_DUMP is not set: it names the dump. RESTORE_ACTION=list shows them."
  choose_dump
}

# Of the dump that was chosen.
tell_holds() {
  holds_of "$name" | while read -r end holder; do
    log "$name.dump is held by $holder until $(end_of_hold "$end")"
  done
}

evidence() {
  wanted=${RESTORE_DUMP:-}
  wanted=${wanted%.dump}
  for drill in $(stored_evidence); do
    if [ -z "$wanted" ] || [ "$(text_of "$drill" dump)" = "$wanted" ]; then
      cat "$drill"
      return
    fi
  done
  fail "no drill${wanted:+ of $wanted} has left evidence in $BACKUP_DIR/drills. Drill first."
}

restores() {
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
  printf '%15s %s\n' BYTES DUMP
  dumps=0 dump_bytes=0
  for name in $(dump_names); do
    bytes=$(size_of "$BACKUP_DIR/$name.dump")
    dumps=$((dumps + 1)) dump_bytes=$((dump_bytes + bytes))
    printf '%15s %s\n' "$bytes" "$name"
  done
  log "$dumps dumps have $dump_bytes bytes; all that is in $BACKUP_DIR has $(size_of "$BACKUP_DIR")"
  log "$(free_bytes) of $(share_bytes) bytes are free on the share"
  for name in $(dump_names); do
    tell_holds
  done
  for unfinished in "$work"/*; do
    [ ! -e "$unfinished" ] || log "not finished: .work/${unfinished##*/}, $(size_of "$unfinished") bytes. The next backup clears it."
  done
}

main "$@"
