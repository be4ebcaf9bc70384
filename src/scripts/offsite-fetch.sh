#!/bin/bash
# Fetches a copy from the bucket into the folder where a restore or a drill looks for dumps. Every other copy gets a
# placeholder, its manifest and an empty file of its size: so copies can be listed and chosen like dumps.
# The status is 0 even if it fails: the next container tells the reason.
# usage: offsite-fetch.sh      with the environment that RestoreJob and RestoreDrill give it; RESTORE_DUMP and RESTORE_BEFORE
#   choose as they do for a restore, and
#   OFFSITE_AT       UTC time like 2026-11-20T08:00:00Z: the bucket as it was then, e.g. before a name was overwritten
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/choice.sh
. "$scripts/lib/choice.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/offsite.sh
. "$scripts/lib/offsite.sh"

main() {
  local name began
  check_storage_settings
  check_offsite_settings
  mkdir -p "$report" "$BACKUP_DIR"
  keep_errors :
  choose_source
  [ "$(reported source)" = offsite ] || { log "the drill before was of the bucket: this one is of the claim"; return 0; }
  case ${RESTORE_ACTION:-restore} in
    restore | rehearse | prepare | list | preflight) ;;
    cutover | undo | drop-previous | state) return 0 ;;
    *) fail "RESTORE_ACTION ($RESTORE_ACTION) is about the claim, and this template restores from a bucket. Use the template for the claim." ;;
  esac
  [ -z "${OFFSITE_AT:-}" ] || {
    moment "$OFFSITE_AT" OFFSITE_AT >/dev/null
    export RCLONE_S3_VERSION_AT="$OFFSITE_AT"
  }
  check_bucket_settings
  [ -z "${OFFSITE_AT:-}" ] || check_versions
  list_objects
  # A container that was restarted may have left files.
  rm -rf "${BACKUP_DIR:?}"/*
  fetch_companions
  make_place_holders
  [ -n "$(dump_names)" ] || fail "there is no copy in $OFFSITE_PATH at $OFFSITE_ENDPOINT. Is the prefix right, and did OffsiteCopy ever run?"
  case ${RESTORE_ACTION:-restore} in
    list | preflight) return 0 ;;
  esac
  name=$(chosen_dump)
  check_opened "$name"
  began=$(date +%s)
  fetch "$name"
  report seconds "$(($(date +%s) - began))"
  log "fetched $name.dump, $(($(size_of "$BACKUP_DIR/$name.dump") / 1000000)) MB, in $(reported seconds) s"
}

# A second try of a failed drill takes the same source: otherwise it would hide the failure.
choose_source() {
  local newest former job
  case ${DRILL_SOURCE:-offsite} in
    nas | offsite) report source "${DRILL_SOURCE:-offsite}" ;;
    turn)
      : "${NAS_DIR:?is not set: it names the folder of the dumps}" "${REQUEST_ID:?is not set: it names this drill}"
      newest=$(BACKUP_DIR=$NAS_DIR stored_evidence | sed -n 1p)
      former=offsite job=
      [ -z "$newest" ] || former=$(text_of "$newest" source) job=$(text_of "$newest" job)
      if [ "$job" = "$REQUEST_ID" ]; then
        report source "$former"
      elif [ "$former" = offsite ]; then
        report source nas
      else
        report source offsite
      fi
      ;;
    *) fail "DRILL_SOURCE ($DRILL_SOURCE) is not one of nas, offsite, turn." ;;
  esac
}

check_versions() {
  [ -z "${OFFSITE_REMOTE:-}" ] || "$RCLONE" listremotes --type s3 2>/dev/null | grep -Fqx "$OFFSITE_REMOTE:" ||
    fail "OFFSITE_AT takes a bucket with versions, and rclone cannot read $OFFSITE_ENDPOINT as it was at a time. Leave it out."
}

# A companion that does not open is damaged, or encrypted with another password. It is named, and other copies can be restored.
fetch_companions() {
  local companion filters=() missing object status=0
  : >"$scratch/unopened"
  for companion in "${companions[@]}"; do
    filters+=(--include "/$prefix-*.$companion")
  done
  run "$RCLONE" copy "${filters[@]}" "$copies" "$BACKUP_DIR" 2>"$scratch/rclone.log" || status=$?
  [ "$status" -ne 0 ] || return 0
  grep -q 'bad password' "$scratch/rclone.log" || fail_to_reach "read the manifests in $OFFSITE_PATH"
  missing=$(missing_companions)
  for object in $missing; do
    run "$RCLONE" copyto "$(copy_of "$object")" "$BACKUP_DIR/$object" 2>"$scratch/rclone.log" || {
      grep -q 'bad password' "$scratch/rclone.log" || fail_to_reach "read $OFFSITE_PATH/$object$ending"
      warn "$OFFSITE_PATH/$object$ending does not open: it is damaged, or was encrypted with another password or salt than today's"
      echo "${object:0:${#prefix}+16}" >>"$scratch/unopened"
    }
  done
  [ ! -s "$scratch/unopened" ] || [ -n "$(names_ending_in json)" ] || fail_to_reach "read the manifests in $OFFSITE_PATH"
}

# Prints the companions in the bucket that were not fetched. Our names have no spaces.
missing_companions() {
  local object companion
  while IFS=$'\t' read -r _ object; do
    object=${object%"$ending"}
    for companion in "${companions[@]}"; do
      [[ $object != "$prefix"-+([0-9-])."$companion" ]] || [ -e "$BACKUP_DIR/$object" ] || echo "$object"
    done
  done <"$scratch/objects"
}

# usage: check_opened NAME      checks that NAME is the intended copy: a newer copy that does not open is not silently passed over
check_opened() {
  local others other limit
  others=$(sort -u "$scratch/unopened")
  limit=$prefix-$(moment "${RESTORE_BEFORE:-9999-12-31T23:59:59Z}")
  for other in $others; do
    [ -e "$BACKUP_DIR/$other.dump" ] || continue
    if [ -n "${RESTORE_DUMP:-}" ]; then
      [ "$other" != "$1" ] || fail "the files beside $1.dump in the bucket do not open. $(password_remedy) If it opens others, choose another dump."
    elif [[ $other > $1 && ! $other > $limit ]]; then
      fail "$other is newer than $1, and does not open. $(password_remedy) To restore $1 all the same, set RESTORE_DUMP to it."
    fi
  done
}

# A copy without its dump is not complete, and gets no placeholder.
make_place_holders() {
  local bytes object file
  while IFS=$'\t' read -r bytes object; do
    file=${object%"$ending"}
    [[ $file == "$prefix"-*.dump || $file == "$prefix"-*.dump/toc.dat ]] || continue
    mkdir -p "$BACKUP_DIR/$(dirname "$file")"
    truncate -s "$(copy_bytes "$bytes")" "$BACKUP_DIR/$file"
  done <"$scratch/objects"
}

# usage: fetch NAME
fetch() {
  local bytes free
  bytes=$(awk -F '\t' -v name="$1.dump" 'index($2, name) == 1 { sum += $1 } END { printf "%.0f\n", sum }' "$scratch/objects")
  free=$(free_bytes)
  [ "${free:-$bytes}" -ge "$bytes" ] ||
    fail "the copy has $((bytes / 1000000)) MB, and the node $((free / 1000000)) MB for it. Free space on the node, or let the pod run on another one."
  log "fetching $1.dump, $((bytes / 1000000)) MB"
  rm -rf "$BACKUP_DIR/$1.dump"
  run "$RCLONE" copy --include "/$1.dump" --include "/$1.dump/**" "$copies" "$BACKUP_DIR" 2>"$scratch/rclone.log" || {
    rm -rf "$BACKUP_DIR/$1.dump"
    ! grep -q 'bad password' "$scratch/rclone.log" ||
      fail "$1.dump in the bucket does not decrypt to its end, though its manifest does: it is damaged. Choose another dump," \
        "or set OFFSITE_AT to a time before the damage."
    fail_to_reach "read $OFFSITE_PATH/$1.dump$ending"
  }
}

# usage: copy_bytes BYTES      prints the bytes of the file of an object, see object_bytes
copy_bytes() {
  if [ -z "$ending" ]; then echo "$1"; else echo $(($1 - 32 - 16 * (($1 - 32 + 65551) / 65552))); fi
}

main "$@"
