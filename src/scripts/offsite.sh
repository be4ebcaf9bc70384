#!/bin/bash
# The last step of a copy: the evidence on the NAS, and a summary. It has no key of the bucket.
# usage: offsite.sh      with the environment that OffsiteCopy gives it
# The status is 0 if every verified dump is in the bucket, 1 if something failed, and 3 if all is copied but the expected
# secrets are wrong.
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/secrets.sh
. "$scripts/lib/secrets.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/offsite.sh
. "$scripts/lib/offsite.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

main() {
  local ended findings evidence=$BACKUP_DIR/offsite
  check_storage_settings
  check_offsite_settings
  : "${OFFSITE_PATH:?is not set}" "${OFFSITE_ENDPOINT:?is not set}" "${OFFSITE_ENCRYPTION:?is not set}"
  watch_storage
  check_secrets_were_checked
  on_exit report_copy
  ended=$(utc_time "$(date -u +%Y%m%d-%H%M%S)")
  mkdir -p "$evidence" || fail_to_record
  write_copies "$ended"
  remove_old
  summary "$ended" | record latest
  if [ "$(reported outcome)" != copied ]; then
    reported errors >&2
    fail "the copy has failed, see the messages above. What the bucket has stays as it is."
  fi
  if [ "$(reported waiting)" = 0 ]; then
    log "every verified dump is in $OFFSITE_PATH. The newest is $(reported newest)."
  else
    log "$(reported waiting) older dumps are not in $OFFSITE_PATH yet: the next run copies them. The newest is $(reported newest)."
  fi
  ! findings=$(secret_findings) || {
    warn "$findings"
    exit 3
  }
}

# usage: report_copy STATUS
# shellcheck disable=SC2317 # on_exit calls it
report_copy() {
  local newest='' evidence
  [ ! -d "$BACKUP_DIR/offsite" ] || newest=$(newest_copied)
  evidence=$BACKUP_DIR/offsite/$newest.json
  [ ! -s "$report/errors" ] || cp "$report/errors" "$scratch/failure"
  tell newest "$(reported newest)"
  tell newestCopied "$newest"
  tell_number waiting "$(reported waiting)"
  tell path "$OFFSITE_PATH"
  tell encryption "$OFFSITE_ENCRYPTION"
  tell_number readBack "$(fact "$evidence" '"readBack"')"
  tell objectLock "$(fact "$evidence" '"objectLock"' | sed '/^null$/d' | plain)"
  tell lockedUntil "$(fact "$evidence" '"lockedUntil"' | sed '/^null$/d' | plain)"
  print_report copy "$1"
}

# usage: write_copies TIME      writes the evidence of each dump that was copied now
write_copies() {
  local name sum bytes back mode until seconds
  [ -e "$report/copies" ] || return 0
  while IFS=$'\t' read -r name sum bytes back mode until seconds; do
    copied "$1" "$name" "$sum" "$bytes" "$back" "${mode#-}" "${until#-}" "$seconds" | record "$name"
    if [ "$mode" = - ]; then
      warn "no protection of $name against deletion is visible to this key. Set an object lock on the bucket, see docs/offsite-bucket.md."
    else
      log "$name is locked until $until ($mode)"
    fi
  done <"$report/copies"
}

# usage: copied TIME NAME SHA256 BYTES READ_BACK LOCK UNTIL SECONDS
copied() {
  echo "{"
  member verdict copied
  member dump "$2"
  member sha256 "$3"
  number bytes "$4"
  member endpoint "$OFFSITE_ENDPOINT"
  member path "$OFFSITE_PATH"
  member encryption "$OFFSITE_ENCRYPTION"
  printf '  "readBack": %s,\n' "$5"
  member objectLock "$6"
  member lockedUntil "$7"
  member ended "$1"
  member scripts "$(scripts_digest)"
  printf '  "seconds": %s\n}\n' "$8"
}

# usage: summary TIME
summary() {
  local verdict=failed newest
  [ "$(reported outcome)" != copied ] || verdict=copied
  newest=$(newest_copied)
  echo "{"
  member verdict "$verdict"
  member reason "$([ "$verdict" = copied ] || reported errors)"
  member newest "$(reported newest)"
  member newestCopied "$newest"
  number waiting "$(reported waiting)"
  member ended "$1"
  member scripts "$(scripts_digest)"
  printf '  "seconds": %s\n}\n' $(($(date +%s) - $(reported began)))
}

# Prints the newest dump with evidence.
newest_copied() {
  local names name
  names=$(cd "$BACKUP_DIR/offsite" && printf '%s\n' "$prefix"-*.json | sort -r)
  for name in $names; do
    [ ! -e "$BACKUP_DIR/offsite/$name" ] || { echo "${name%.json}"; return 0; }
  done
}

# Removes the evidence of copies that are not in the bucket any more. Without a list of the bucket, nothing is removed.
remove_old() {
  local file name
  [ -s "$report/objects" ] || return 0
  for file in "$BACKUP_DIR/offsite/$prefix"-*.json; do
    [ -e "$file" ] || continue
    name=${file##*/} name=${name%.json}
    grep -Eq -e "^${name}[.]dump([.]bin|/.*)?\$" "$report/objects" ||
      rm -f "$file" || warn "$file could not be removed"
  done
}

# usage: record NAME <evidence      whole or not at all
record() {
  local draft=$BACKUP_DIR/offsite/.${PGAPPNAME:?is not set}
  { cat >"$draft" && sync "$draft" && mv "$draft" "$BACKUP_DIR/offsite/$1.json"; } || {
    rm -f "$draft" || true
    fail_to_record
  }
}

fail_to_record() {
  fail "the evidence could not be written to $BACKUP_DIR/offsite, see the message above. What was copied is in the bucket, and the next run looks again."
}

main "$@"
