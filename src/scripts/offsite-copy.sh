#!/bin/bash
# Copies the verified dumps that are not in the bucket yet, the newest first. It only reads the storage. It hands its results
# over to offsite.sh, in the next container, and its status is 0 even if it failed.
# usage: offsite-copy.sh      with the environment that OffsiteCopy gives it
# A name is written once. A copy counts when all its files are in the bucket; the dump itself is the last of them. So the next
# run completes the copy of a killed run.
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/retention.sh
. "$scripts/lib/retention.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/offsite.sh
. "$scripts/lib/offsite.sh"

# The first bytes of each object of crypt.
readonly CRYPT_MAGIC=52434c4f4e450000

# True if the server refuses to overwrite a name; a remote of another kind than a bucket is not asked.
conditional=true

main() {
  local names name bad=0 waiting=0 stuck=0
  check_storage_settings
  check_offsite_settings
  mkdir -p "$report"
  keep_errors :
  watch_storage
  report began "$(date +%s)"
  : "${OFFSITE_READ_BACK:?is not set: true or false}" "${OFFSITE_SECONDS:?is not set}"
  check_bucket_settings
  [ -z "${OFFSITE_REMOTE:-}" ] || conditional=false
  [ -e "$BACKUP_DIR" ] || fail "there is no $BACKUP_DIR, so nothing was backed up yet, or not to this claim. Back up first."
  check_readable
  look_again
  check_encryption
  : >"$report/copies"
  names=$(dump_names | sort -r)
  unwanted_dumps "$names" >"$scratch/unwanted"
  for name in $names; do
    is_verified "$name" || continue
    [ -n "$(reported newest)" ] || report newest "$name"
    ! grep -Fqx -e "$name" "$scratch/unwanted" || continue
    if is_copied "$name"; then
      log "$name is there already"
    elif [ $(($(date +%s) - $(reported began))) -ge "$OFFSITE_SECONDS" ]; then
      waiting=$((waiting + 1))
    else
      copy "$name" || bad=$((bad + 1))
    fi
  done
  report waiting "$waiting"
  # It may have been pruned meanwhile.
  is_verified "$(reported newest)" || {
    name=$(newest_verified 99999999-999999)
    report newest "$name"
  }
  [ -n "$(reported newest)" ] || fail "no verified dump in $BACKUP_DIR. Back up first."
  [ "$waiting" -eq 0 ] || log "$waiting older dumps wait for the next run: the time of this one is up"
  [ "$bad" -eq 0 ] || fail "$bad dumps are not safely off site, see above."
  [ -z "${KEEP_LAST:-}" ] || remove_unwanted
  [ "$stuck" -eq 0 ] || fail "not all copies could be removed that no rule of the retention keeps, see above." \
    "All dumps are copied. Give the key the right to delete, or leave retention out and let a rule of the bucket do it."
  report outcome copied
}

# Lists the bucket, also for the next container.
look_again() {
  list_objects
  cut -f 2 "$scratch/objects" >"$report/objects"
}

# Existing copies must be as the settings say, and must open with today's password: nothing is added beside unreadable copies.
check_encryption() {
  local other names name
  other=$(awk -F '\t' -v start="$prefix-" -v ending="$ending" '
    index($2, start) == 1 && (ending == "" ? $2 ~ /[.]bin$/ : substr($2, length($2) - length(ending) + 1) != ending) { print $2; exit }' "$scratch/objects")
  [ -z "$other" ] || if [ -n "$ending" ]; then
    fail "$OFFSITE_PATH/$other is not encrypted, and encryption is on. Remove it, or use another prefix."
  else
    fail "$OFFSITE_PATH/$other is encrypted, and encryption is off. Use another prefix for copies that are not."
  fi
  [ -n "$ending" ] || return 0
  names=$(awk -F '\t' -v ending=".json$ending" '
    substr($2, length($2) - length(ending) + 1) == ending { sub(/[.]bin$/, "", $2); print $2 }' "$scratch/objects" | sort -r | sed -n 1,3p)
  [ -n "$names" ] || return 0
  # One of them may be damaged.
  for name in $names; do
    ! run "$RCLONE" cat "$(copy_of "$name")" 2>"$scratch/rclone.log" >/dev/null || return 0
    grep -q 'bad password' "$scratch/rclone.log" || break
  done
  fail_to_reach "read $OFFSITE_PATH/$name$ending"
}

# usage: files_of_dump NAME      in the order in which they are copied: the file without which the others mean nothing comes last
files_of_dump() {
  local companion
  for companion in "${companions[@]}"; do
    [ ! -e "$BACKUP_DIR/$1.$companion" ] || echo "$1.$companion"
  done
  (cd "$BACKUP_DIR" && files_of "$1.dump" | sort | awk '
    $0 ~ "/toc[.]dat$" { last = $0; next } { print } END { if (last != "") print last }')
}

# usage: bytes_there FILE      prints the bytes of its object, or nothing
bytes_there() {
  awk -F '\t' -v name="$1$ending" '$2 == name { print $1; exit }' "$scratch/objects"
}

# usage: is_copied NAME      status 0 if an earlier run has proven it, and all its objects still exist
is_copied() {
  local evidence=$BACKUP_DIR/offsite/$1.json files file
  [ "$(fact "$evidence" '"verdict"')" = '"copied"' ] || return 1
  [ "$(fact "$evidence" '"sha256"')" = "$(manifest_string "$1" sha256)" ] || return 1
  [ "$(text_of "$evidence" path)" = "$OFFSITE_PATH" ] && [ "$(text_of "$evidence" encryption)" = "$OFFSITE_ENCRYPTION" ] || return 1
  [ "$(fact "$evidence" '"readBack"')" = true ] || [ "$OFFSITE_READ_BACK" = false ] || return 1
  files=$(files_of_dump "$1") || return 1
  while IFS= read -r file; do
    [ "$(bytes_there "$file")" = "$(object_bytes "$(stat -c %s "$BACKUP_DIR/$file")")" ] || return 1
  done <<<"$files"
}

# usage: copy NAME      status 1 if the copy failed, but that of another dump may succeed. A dump that is pruned meanwhile does
# not fail the run.
copy() {
  local name=$1 began files sum bytes
  began=$(date +%s)
  files=$(files_of_dump "$name")
  sum=$(text_of "$BACKUP_DIR/$name.json" sha256)
  bytes=$(size_of "$BACKUP_DIR/$name.dump")
  check_source "$name" || return "$(status_of_gone "$name")"
  log "copying $name.dump, $((bytes / 1000000)) MB"
  send_missing "$files" || return "$(status_of_gone "$name")"
  check_arrived "$files" || return "$(status_of_gone "$name")"
  [ "$OFFSITE_READ_BACK" = false ] || read_back "$name" "$files" || return 1
  look_at_lock "$name.dump" "$files"
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$sum" "$bytes" "$OFFSITE_READ_BACK" "$(cat "$scratch/lock")" $(($(date +%s) - began)) >>"$report/copies"
  log "$name is off site, in $(($(date +%s) - began)) s$([ "$OFFSITE_READ_BACK" = false ] || echo ', read back and compared')"
}

# usage: status_of_gone NAME      prints 0 if the dump was pruned while it was copied
status_of_gone() {
  if is_gone "$BACKUP_DIR/$1.dump"; then echo 0; else echo 1; fi
}

# usage: names_in_bucket      prints the names of the copies, complete or not
names_in_bucket() {
  cut -f 2 "$scratch/objects" | awk -v start="$prefix-" '
    index($0, start) == 1 { name = substr($0, 1, length(start) + 15); if (!seen[name]++) print name }'
}

# usage: is_proven NAME      status 0 if this run or an earlier run has proven the copy
is_proven() {
  local evidence=$BACKUP_DIR/offsite/$1.json
  ! cut -f 1 "$report/copies" | grep -Fqx -e "$1" || return 0
  [ "$(text_of "$evidence" verdict)" = copied ] && [ "$(text_of "$evidence" path)" = "$OFFSITE_PATH" ]
}

# usage: states_in_bucket      prints the states of the copies, as retention.sh reads them: an unproven copy does not stand for a
# day. A copy that the next run completes has no state yet.
states_in_bucket() {
  local names name
  names=$(names_in_bucket)
  for name in $names; do
    if [ -z "$(bytes_there "$name.dump")$(bytes_there "$name.dump/toc.dat")" ]; then
      [ -e "$BACKUP_DIR/$name.dump" ] || echo "$name empty"
    elif is_proven "$name"; then
      echo "$name verified"
    else
      echo "$name unverified"
    fi
  done
}

# usage: unwanted_dumps NAMES      prints the dumps that no rule wants beside the copies in the bucket: their copies would be
# removed again
unwanted_dumps() {
  local name
  [ -n "${KEEP_LAST:-}" ] || return 0
  {
    states_in_bucket
    for name in $1; do
      ! is_verified "$name" || echo "$name verified"
    done
  } | sort -r | awk '!seen[$1]++' | unwanted ''
}

# usage: remove_unwanted      sets stuck of its caller to 1 if the key may not delete
# The dump is removed before its companions: leftovers then do not count as a copy.
remove_unwanted() {
  local name names object objects_of
  names=$(states_in_bucket | sort -r | unwanted '')
  for name in $names; do
    objects_of=$(cut -f 2 "$scratch/objects" | awk -v name="$name" -v ending="$ending" '
      $0 == name ".dump" ending || $0 == name ".dump/toc.dat" ending { print; next }
      index($0, name ".") == 1 { others = others $0 "\n" }
      END { printf "%s", others }')
    while IFS= read -r object; do
      run "$RCLONE" deletefile "$objects$object" 2>"$scratch/rclone.log" || {
        warn "$OFFSITE_PATH/$object could not be removed: $(bucket_answer)"
        stuck=1
        continue 2
      }
    done <<<"$objects_of"
    log "removed the copy $name: no rule of the retention keeps it"
  done
  look_again
}

# usage: check_source NAME      A dump that was damaged after its verification is not copied. Reading it also makes sending it quick.
check_source() {
  local status=0
  run bash "$scripts/verify.sh" --checksum "$BACKUP_DIR/$1.dump" || status=$?
  ! is_gone "$BACKUP_DIR/$1.dump" || log "$1 was pruned before it was copied"
  [ "$status" -eq 0 ] || return 1
}

# usage: send_missing FILES      sends the last file after all others; status 1 if a file is not in the bucket afterwards
send_missing() {
  local file there wanted last=${1##*$'\n'}
  : >"$scratch/missing"
  while IFS= read -r file; do
    wanted=$(object_bytes "$(stat -c %s "$BACKUP_DIR/$file")") || return 1
    there=$(bytes_there "$file")
    if [ -n "$there" ] && [ "$there" != "$wanted" ]; then
      warn "$OFFSITE_PATH/$file$ending has $there bytes and not $wanted: it is not what was copied. Nothing is overwritten." \
        "Find out who wrote it, and remove it with a key that may."
      return 1
    fi
    [ -n "$there" ] || echo "$file" >>"$scratch/missing"
  done <<<"$1"
  grep -Fvx -e "$last" "$scratch/missing" >"$scratch/sending" || true
  [ ! -s "$scratch/sending" ] || send || ! are_here "$1" || fail_to_write
  are_here "$1" || return 1
  grep -Fx -e "$last" "$scratch/missing" >"$scratch/sending" || return 0
  send || ! are_here "$1" || fail_to_write
  are_here "$1" || return 1
}

fail_to_write() {
  fail_to_reach "write $OFFSITE_PATH/$(head -n 1 "$scratch/sending")$ending"
}

# usage: are_here FILES      status 0 if a backup has pruned none of them meanwhile: rclone silently ignores missing files
are_here() {
  local file
  while IFS= read -r file; do
    ! is_gone "$BACKUP_DIR/$file" || { log "$file was pruned while it was copied"; return 1; }
  done <<<"$1"
}

# usage: send      sends the files that $scratch/sending names
# The server itself refuses an existing name: a file of a killed run may arrive after the list was made, and another run may be
# under way. Some servers do not know that condition. A second try would send all files again.
send() {
  local status=0 arguments=(--retries 1 --files-from-raw "$scratch/sending" "$BACKUP_DIR" "$copies")
  "$conditional" || { run "$RCLONE" copy --ignore-existing "${arguments[@]}" 2>"$scratch/rclone.log" || status=1; return "$status"; }
  # Without this, the condition would also apply to rclone's check of the written object.
  RCLONE_CONFIG_BUCKET_NO_HEAD=true run "$RCLONE" copy --no-traverse --no-check-dest --header 'If-None-Match: *' "${arguments[@]}" \
    2>"$scratch/rclone.log" || status=1
  if grep -q NotImplemented "$scratch/rclone.log"; then
    warn "$OFFSITE_ENDPOINT cannot refuse an existing name: never start a copy while another one runs"
    conditional=false
    send || return 1
  elif grep -q 'PreconditionFailed\|ConditionalRequestConflict' "$scratch/rclone.log"; then
    log "some of these are there already: $(tr '\n' ' ' <"$scratch/sending")"
  else
    return "$status"
  fi
}

# usage: check_arrived FILES      status 0 if all of them are in the bucket, with the right size and encryption
check_arrived() {
  local file there
  look_again
  are_encrypted "$1" || return 1
  while IFS= read -r file; do
    there=$(bytes_there "$file")
    [ "$there" = "$(object_bytes "$(stat -c %s "$BACKUP_DIR/$file")")" ] || {
      warn "$OFFSITE_PATH/$file$ending has ${there:-no} bytes, which are not those that were sent. Nothing is overwritten." \
        "Find out who wrote it, and remove it with a key that may."
      return 1
    }
  done <<<"$1"
}

# usage: read_back NAME FILES      compares the decrypted bytes from the bucket with the checksums of the dump and its companions
read_back() {
  local file status=0
  (cd "$BACKUP_DIR" && for file in "${companions[@]}"; do [ ! -e "$1.$file" ] || sha256sum "$1.$file"; done && cat "$1.dump.sha256") |
    sed 's/ \*/  /' | sort >"$scratch/expected"
  echo "$2" >"$scratch/reading"
  run "$RCLONE" hashsum sha256 --download --retries 1 --files-from-raw "$scratch/reading" "$copies" >"$scratch/arrived" 2>"$scratch/rclone.log" || status=$?
  # The password has opened others: an object that does not open is damaged.
  [ "$status" -eq 0 ] || grep -q 'bad password' "$scratch/rclone.log" || fail_to_reach "read $OFFSITE_PATH/$1.dump$ending"
  sort "$scratch/arrived" | cmp -s - "$scratch/expected" || {
    warn "what the bucket gives for $1 is not what was sent: $(sort "$scratch/arrived" | grep -Fvx -f - "$scratch/expected" | sed -e 's/^[^ ]*  //' -e 1q)." \
      "Nothing is overwritten. Remove the objects of $1 with a key that may, and run this again."
    return 1
  }
}

# usage: are_encrypted FILES      reads the objects themselves, and does not rely on the settings
are_encrypted() {
  local file
  [ -n "$ending" ] || return 0
  while IFS= read -r file; do
    [ -z "$(bytes_there "$file")" ] || echo "$file$ending"
  done <<<"$1" >"$scratch/reading"
  [ -s "$scratch/reading" ] || return 0
  are_magic "$scratch/reading" || while IFS= read -r file; do
    echo "$file" >"$scratch/one"
    are_magic "$scratch/one" || {
      warn "$OFFSITE_PATH/$file is not encrypted, and encryption is on. Remove it with a key that may."
      return 1
    }
  done <"$scratch/reading"
}

# usage: are_magic LIST      status 0 if each object of the list begins with the bytes of crypt
are_magic() {
  run "$RCLONE" cat --count 8 --retries 1 --files-from-raw "$1" "$objects" 2>"$scratch/rclone.log" >"$scratch/heads" ||
    fail_to_reach "read $OFFSITE_PATH/$(head -n 1 "$1")"
  od -An -v -tx1 "$scratch/heads" | tr -d ' \n' | awk -v magic="$CRYPT_MAGIC" -v count="$(wc -l <"$1")" '{ exit !(gsub(magic, "") == count && $0 == "") }'
}

# usage: look_at_lock DUMP FILES      leaves in $scratch/lock the mode and the end of the last file's object lock; - if it has none
look_at_lock() {
  local last=${2##*$'\n'}
  echo $'-\t-' >"$scratch/lock"
  run "$RCLONE" lsjson --stat --metadata "$objects$last$ending" >"$scratch/stat" 2>"$scratch/rclone.log" ||
    fail_to_reach "look at $OFFSITE_PATH/$last$ending"
  fact "$scratch/stat" '"Metadata"' | tr -d '"' | awk -F '\t' '
    $1 == "object-lock-mode" { mode = $2 } $1 == "object-lock-retain-until-date" { until = $2 }
    END { if (mode != "" && until != "") print mode "\t" until; else print "-\t-" }' >"$scratch/lock"
}

main "$@"
