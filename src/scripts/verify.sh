#!/bin/bash
# Proves that a dump is whole: it compares the checksum, if there is one, and decodes every byte. It reads past the memory of
# this node, which still has the data that was just written, whatever the storage has made of it.
# usage: verify.sh PATH                 one dump
#        verify.sh --stored PATH        one dump that was decoded when it was written: compares the checksum only
#        verify.sh --checksum PATH      the same, for a dump that is read next: the memory of this node may serve it
#        verify.sh                      every dump in BACKUP_DIR, a line each; the status is 1 if a dump is not whole
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# True if the storage takes direct reads; empty until that is tried.
direct=

main() {
  local look=whole problem
  on_exit :
  case ${1:-} in
    --stored | --checksum) look=${1#--} && shift ;;
  esac
  if [ $# -gt 0 ]; then
    read_dump "$look" "$1"
    problem=$(problem_of "$1")
    [ -z "$problem" ] || fail "$1 is not whole: $problem"
  else
    on_exit report_verify
    check_stored
  fi
}

# usage: report_verify STATUS
report_verify() {
  print_report verify "$1"
}

check_stored() {
  local names name problem bad=0 all=0
  check_storage_settings
  names=$(dump_names)
  for name in $names; do
    all=$((all + 1))
    read_dump whole "$BACKUP_DIR/$name.dump"
    problem=$(problem_of "$BACKUP_DIR/$name.dump")
    if [ -n "$problem" ]; then
      bad=$((bad + 1))
      log "BAD $name: $problem"
    elif is_verified "$name"; then
      log "ok  $name"
    else
      log "ok  $name (from an older script: it can be read, but there is no checksum to compare it with)"
    fi
  done
  tell_number dumps "$all"
  tell_number bad "$bad"
  [ "$bad" -eq 0 ] || fail "$bad of $all dumps are not whole. Do not restore them. Check the storage, and back up now."
  log "all $all dumps are whole"
}

# usage: read_dump whole|stored|checksum PATH      leaves its checksums in $scratch, and the errors of reading and decoding
read_dump() {
  local path=$2
  : >"$scratch/checksums"
  : >"$scratch/unread"
  : >"$scratch/undecoded"
  ! is_gone "$path" || return 0
  [ "$1" = checksum ] || try_direct_reads "$path"
  case $1 in
    whole) run whole_checksums "${path%/*}" "${path##*/}" ;;
    stored) run stored_checksums "${path%/*}" "${path##*/}" ;;
    checksum) run checksums "${path%/*}" "${path##*/}" 2>"$scratch/unread" ;;
  esac >"$scratch/checksums" || true
}

# usage: problem_of PATH      prints why the dump that was read is not whole; nothing if it is
problem_of() {
  local manifest=${1%.dump}.json
  if [ -s "$scratch/unread" ]; then
    echo "it cannot be read: $(tail -n 1 "$scratch/unread"). Is the storage well?"
  elif [ ! -s "$1" ]; then
    echo "it is missing or empty"
  elif ! is_gone "$1.sha256" && ! has_checksums "$1"; then
    echo "its checksum differs from that of the day it was written"
  elif ! is_gone "$1.sha256" && ! is_gone "$manifest" && [ "$(fact "$manifest" '"sha256"')" != "\"$(checksum "$1")\"" ]; then
    echo "its checksums are not those that its manifest names"
  elif [ -s "$scratch/undecoded" ]; then
    echo "it cannot be read to its end: $(tail -n 1 "$scratch/undecoded")"
  fi
}

# usage: has_checksums PATH      status 0 if the checksums that were made are those beside the dump
has_checksums() {
  sed 's/ \*/  /' "$1.sha256" | sort >"$scratch/expected"
  sort "$scratch/checksums" | cmp -s - "$scratch/expected"
}

# usage: try_direct_reads PATH      tells what is not proven if the storage, e.g. in memory, refuses them
try_direct_reads() {
  local file
  [ -z "$direct" ] || return 0
  direct=true
  file=$(files_of "$1" | sed -n 1p)
  dd if="$file" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null || {
    direct=false
    warn "the storage takes no direct reads: the read-back may come from the memory of this node"
  }
}

# usage: stored_bytes FILE [SKIP COUNT]      all of it, or COUNT blocks of 4 MiB after the first SKIP
stored_bytes() {
  local part=(iflag=direct)
  "$direct" || {
    part=(iflag=fullblock)
    # GNU's dd can at least ask the kernel to drop its cache of the file.
    dd if="$1" of=/dev/null count=0 iflag=nocache 2>/dev/null || true
  }
  [ $# -eq 1 ] || part+=(skip="$2" count="$3")
  dd if="$1" bs=4M "${part[@]}" status=none 2>>"$scratch/unread"
}

# usage: stored_checksums FOLDER NAME      as `checksums` prints them
stored_checksums() {
  local file
  cd "$1" || return 1
  files_of "$2" | sort | while IFS= read -r file; do
    printf '%s  %s\n' "$(stored_bytes "$file" | sha256sum | cut -c 1-64)" "$file"
  done
}

# usage: whole_checksums FOLDER NAME      prints the same, and decodes the dump: a single file in the same pass
# The list of contents is at the beginning of a dump; only decoding all of it finds a cut end.
whole_checksums() {
  local decoding hashing
  cd "$1" || return 1
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
    feed "$2" "$scratch/decode" "$scratch/hash"
    wait "$decoding" "$hashing"
  fi
}

# usage: feed FILE FIFO FIFO      reads it once for both, part by part: the tee of busybox takes as much time as a dump
feed() {
  local first second blocks=0
  exec {first}>"$2" {second}>"$3"
  while stored_bytes "$1" "$blocks" 4 >"$scratch/part" && [ -s "$scratch/part" ]; do
    cat "$scratch/part" >&"$first" &
    cat "$scratch/part" >&"$second" || true
    wait "$!" || true
    # A part that is removed at once is never written to a disk.
    rm "$scratch/part"
    blocks=$((blocks + 4))
  done
  exec {first}>&- {second}>&-
}

# usage: decode [FOLDER]      or the standard input
decode() {
  pg_restore --file=/dev/null "$@" 2>"$scratch/decoding" ||
    { tail -n 1 "$scratch/decoding" | grep . || echo "pg_restore failed"; } >"$scratch/undecoded"
}

main "$@"
