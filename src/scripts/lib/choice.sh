# shellcheck shell=bash
# The choice of the dump to restore.
# Needs: storage.sh; RESTORE_DUMP or RESTORE_BEFORE, unless it is the newest verified dump; OFFSITE_DIR if it comes from a
# bucket. Sets: nothing.

# usage: chosen_dump      prints its name, by RESTORE_DUMP or RESTORE_BEFORE; otherwise the newest verified dump
chosen_dump() {
  local names name limit
  if [ -n "${RESTORE_DUMP:-}" ]; then
    [ -z "${RESTORE_BEFORE:-}" ] || fail "RESTORE_DUMP and RESTORE_BEFORE are both set. Set one of them."
    name=${RESTORE_DUMP%.dump}
    names=$(dump_names)
    grep -Fx -e "$name" <<<"$names" || fail "there is no dump $name in $BACKUP_DIR. There are: ${names//$'\n'/ }"
  else
    limit=$(moment "${RESTORE_BEFORE:-9999-12-31T23:59:59Z}")
    name=$(newest_verified "$limit")
    [ -n "$name" ] || fail "no verified dump${RESTORE_BEFORE:+ from $RESTORE_BEFORE or before} in $BACKUP_DIR. $(choice_remedy)"
    echo "$name"
  fi
}

choice_remedy() {
  local names
  names=$(dump_names | tr '\n' ' ')
  if [ -n "$names" ]; then echo "Name an older script's dump with RESTORE_DUMP. There are: $names"; else echo "Back up first."; fi
}

# usage: moment TIME [VARIABLE]      2026-11-20T08:00:00Z as 20261120-080000
moment() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z) echo "$1" | tr -d 'Z:-' | tr T - ;;
    *) fail "${2:-RESTORE_BEFORE} ($1) is not a time in UTC. Write it like 2026-11-20T08:00:00Z" ;;
  esac
}

# Tells the errors of offsite-fetch.sh, which ran in a container before this: only the log of this container is read.
check_fetched() {
  [ -n "${OFFSITE_DIR:-}" ] || return 0
  [ ! -e "$OFFSITE_DIR/report/errors" ] || {
    cat "$OFFSITE_DIR/report/errors" >&2
    fail "no copy was fetched from the bucket, see the message above. No database was touched."
  }
}
