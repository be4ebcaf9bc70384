# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by the scripts that load a dump: which one.

# By RESTORE_DUMP, RESTORE_BEFORE, or the newest verified one; puts its name into $name.
choose_dump() {
  if [ -n "${RESTORE_DUMP:-}" ]; then
    [ -z "${RESTORE_BEFORE:-}" ] || fail "RESTORE_DUMP and RESTORE_BEFORE are both set. Set one of them."
    name=${RESTORE_DUMP%.dump}
    # With -q, grep would end at the name, and the writer of the others would complain.
    [ "$(dump_names | grep -Fcx -- "$name")" -gt 0 ] || fail "there is no dump $name in $BACKUP_DIR. There are: $(dump_names | tr '\n' ' ')"
  else
    limit=$(moment "${RESTORE_BEFORE:-9999-12-31T23:59:59Z}")
    name=$(newest_verified "$limit")
    [ -n "$name" ] || fail "no verified dump${RESTORE_BEFORE:+ from $RESTORE_BEFORE or before} in $BACKUP_DIR. $(choice_remedy)"
  fi
}

choice_remedy() {
  choice=$(dump_names | tr '\n' ' ')
  if [ -n "$choice" ]; then echo "Name an older script's dump with RESTORE_DUMP. There are: $choice"; else echo "Back up first."; fi
}

# usage: moment TIME      2026-11-20T08:00:00Z as 20261120-080000
moment() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z) echo "$1" | tr -d 'Z:-' | tr T - ;;
    *) fail "RESTORE_BEFORE ($1) is not a time in UTC. Write it like 2026-11-20T08:00:00Z" ;;
  esac
}
