#!/bin/bash
# Removes the dumps that no rule of the retention wants, see lib/retention.sh, and that no hold keeps.
# usage: prune.sh [NAME]      NAME is the dump of this run: it stays, and counts even before it exists
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/retention.sh
. "$scripts/lib/retention.sh"

main() {
  check_storage_settings
  : "${KEEP_LAST:?is not set}" "${KEEP_DAILY:?is not set}" "${KEEP_WEEKLY:?is not set}"
  : "${KEEP_MONTHLY:?is not set}" "${KEEP_YEARLY:?is not set}"
  # The whole list comes first: with half a list, other dumps would be unwanted.
  states "${1:-}" >"$scratch/states"
  unwanted "${1:-}" <"$scratch/states" | remove_all
}

# usage: states NAME      a line for each dump and for NAME, newest first: its name and its state
states() {
  local names name
  names=$(dump_names)
  for name in $(printf '%s\n' "$names" "$1" | sort -ru); do
    if is_verified "$name"; then
      echo "$name verified"
    elif has_bytes "$BACKUP_DIR/$name.dump"; then
      echo "$name unverified"
    elif is_gone "$BACKUP_DIR/$name.dump"; then
      echo "$name coming"
    else
      echo "$name empty"
    fi
  done
}

# usage: remove_all <names      goes on after a dump that cannot be removed, and fails at the end
remove_all() {
  local name status stuck=0
  while read -r name; do
    status=0
    remove_dump "$name" || status=$?
    case $status in
      0) log "removed $name: no rule of the retention keeps it" ;;
      1) log "left $name, although no rule of the retention keeps it: it is held" ;;
      *) stuck=1 && warn "could not remove $name, see the message above" ;;
    esac
  done
  return "$stuck"
}

main "$@"
