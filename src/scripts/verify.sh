#!/bin/sh
# Proves that a dump is whole: it compares the checksum, where there is one, and decodes every byte.
# usage: verify.sh PATH                 one dump
#        verify.sh --checksum PATH      one dump that was decoded when it was written: compares the checksum only
#        verify.sh                      every dump in BACKUP_DIR, a line each; the status is 1 when one of them is not whole
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"

main() {
  on_exit :
  decode=true
  if [ "${1:-}" = --checksum ]; then
    decode=false
    shift
  fi
  if [ $# -gt 0 ]; then
    check "$1" || fail "$1 is not whole: $problem"
  else
    check_stored
  fi
}

check_stored() {
  check_storage_settings
  bad=0 all=0
  for name in $(dump_names); do
    all=$((all + 1))
    if ! check "$BACKUP_DIR/$name.dump"; then
      bad=$((bad + 1))
      log "BAD $name: $problem"
    elif is_verified "$name"; then
      log "ok  $name"
    else
      log "ok  $name (from an older script: it can be read, but there is no checksum to compare it with)"
    fi
  done
  [ "$bad" -eq 0 ] || fail "$bad of $all dumps are not whole. Do not restore them. Check the storage, and back up now."
  log "all $all dumps are whole"
}

# usage: check PATH      otherwise $problem says why not
check() {
  problem="it is missing or empty"
  [ -s "$1" ] || return 1
  if [ -e "$1.sha256" ]; then
    problem="its checksum differs from that of the day it was written"
    cd "${1%/*}"
    run sha256sum -c "${1##*/}.sha256" >/dev/null 2>&1 || return 1
    manifest=${1%.dump}.json
    problem="its checksums are not those that its manifest names"
    [ ! -e "$manifest" ] || [ "$(fact "$manifest" '"sha256"')" = "\"$(checksum "$1")\"" ] || return 1
  fi
  "$decode" || return 0
  # A list of contents is read from the beginning of the file; only decoding it all finds a cut end.
  run pg_restore --file=/dev/null "$1" 2>"$scratch/verify" || {
    problem="it cannot be read to its end: $(tail -n 1 "$scratch/verify")"
    return 1
  }
}

main "$@"
