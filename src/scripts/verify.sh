#!/bin/sh
# Proves that a dump is whole: it compares the checksum, where there is one, and decodes every byte. It reads what the
# storage has: the memory of this node still has what was written just now, whatever the storage has made of it.
# usage: verify.sh PATH                 one dump
#        verify.sh --stored PATH        one dump that was decoded when it was written: compares the checksum only
#        verify.sh --checksum PATH      the same, for a dump that is read next: the memory of this node may serve it
#        verify.sh                      every dump in BACKUP_DIR, a line each; the status is 1 when one of them is not whole
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"

main() {
  on_exit :
  look=whole
  case ${1:-} in
    --stored | --checksum) look=${1#--} && shift ;;
  esac
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
  : >"$scratch/unread"
  : >"$scratch/undecoded"
  [ "$look" = checksum ] || try_direct_reads "$1"
  case $look in
    whole) run whole_checksums "${1%/*}" "${1##*/}" ;;
    stored) run stored_checksums "${1%/*}" "${1##*/}" ;;
    checksum) run checksums "${1%/*}" "${1##*/}" 2>"$scratch/unread" ;;
  esac >"$scratch/checksums" || true
  problem="it cannot be read: $(tail -n 1 "$scratch/unread"). Is the storage well?"
  [ ! -s "$scratch/unread" ] || return 1
  if [ -e "$1.sha256" ]; then
    problem="its checksum differs from that of the day it was written"
    sed 's/ \*/  /' "$1.sha256" | sort >"$scratch/expected"
    sort "$scratch/checksums" | cmp -s - "$scratch/expected" || return 1
    manifest=${1%.dump}.json
    problem="its checksums are not those that its manifest names"
    [ ! -e "$manifest" ] || [ "$(fact "$manifest" '"sha256"')" = "\"$(checksum "$1")\"" ] || return 1
  fi
  problem="it cannot be read to its end: $(tail -n 1 "$scratch/undecoded")"
  [ ! -s "$scratch/undecoded" ]
}

# usage: try_direct_reads PATH      sets $direct; says what is not proven where the storage, such as one in memory, refuses them
try_direct_reads() {
  [ -z "${direct:-}" ] || return 0
  direct=true
  dd if="$(files_of "$1" | head -n 1)" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null || {
    direct=false
    warn "the storage takes no direct reads: what is read back may come from the memory of this node"
  }
}

# usage: stored_bytes FILE [SKIP COUNT]      all of it, or COUNT blocks of 4 MiB after the first SKIP
stored_bytes() {
  # GNU's dd can at least ask the kernel to forget what it has.
  "$direct" || dd if="$1" of=/dev/null count=0 iflag=nocache 2>/dev/null || true
  dd if="$1" bs=4M ${2:+skip="$2" count="$3"} iflag="$("$direct" && echo direct || echo fullblock)" status=none 2>>"$scratch/unread"
}

# usage: stored_checksums FOLDER NAME      as `checksums` prints them
stored_checksums() {
  cd "$1" || return
  files_of "$2" | sort | while read -r each; do
    printf '%s  %s\n' "$(stored_bytes "$each" | sha256sum | cut -c 1-64)" "$each"
  done
}

# usage: whole_checksums FOLDER NAME      the same, and decodes it: a file in the same pass
# A list of contents is read from the beginning of a dump; only decoding it all finds a cut end.
whole_checksums() {
  cd "$1" || return
  if [ -d "$2" ]; then
    decode "$2"
    stored_checksums "$1" "$2"
  else
    rm -f "$scratch/decode" "$scratch/hash"
    mkfifo "$scratch/decode" "$scratch/hash"
    { decode; cat >/dev/null; } <"$scratch/decode" &
    decoding=$!
    sha256sum <"$scratch/hash" | sed "s/-\$/$2/" &
    hashing=$!
    feed "$2" 7>"$scratch/decode" 8>"$scratch/hash"
    wait "$decoding" "$hashing"
  fi
}

# usage: feed FILE 7>FIFO 8>FIFO      reads it once for both, part by part: the tee of busybox takes as much time as a dump
feed() {
  blocks=0
  while stored_bytes "$1" "$blocks" 4 >"$scratch/part" && [ -s "$scratch/part" ]; do
    cat "$scratch/part" >&7 &
    cat "$scratch/part" >&8
    wait "$!"
    # A part that is gone soon is never written to a disk.
    rm "$scratch/part"
    blocks=$((blocks + 4))
  done
}

# usage: decode [FOLDER]      or what comes on stdin
decode() {
  pg_restore --file=/dev/null "$@" 2>"$scratch/decoding" ||
    { tail -n 1 "$scratch/decoding" | grep . || echo "pg_restore failed"; } >"$scratch/undecoded"
}

main "$@"
