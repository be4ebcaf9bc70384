#!/bin/bash
# Dumps a database into a work folder, proves the dump, gives it its final name, and only then prunes.
# usage: backup.sh      with the environment that BackupCronJob gives it, and for a dump on demand
#   BACKUP_HOLD    the time for which it is not pruned, in spite of the retention: P30D, P4W or PT12H
#   BACKUP_LABEL   its name in the manifest and in the list, e.g. before-upgrade-v5
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/checks.sh
. "$scripts/lib/checks.sh"
# shellcheck source=lib/secrets.sh
. "$scripts/lib/secrets.sh"
# shellcheck source=lib/rights.sh
. "$scripts/lib/rights.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# The new dump: its name, the folder in which it is written, its path there, and its beginning in seconds since 1970.
name=
draft=
target=
begun=
# The seconds for which a person wants it held, and the end of that time; empty without a hold.
hold_seconds=
hold_until=
# The report of the heartbeat: the success, or the reasons why a restore would fail.
summary=
findings=

main() {
  local database_bytes
  check_connection_settings
  check_storage_settings
  : "${COMPRESSION:?is not set: it is the value of pg_dump --compress}"
  : "${DUMP_FORMAT:?is not set: custom or directory}" "${DUMP_JOBS:?is not set: 1 for the custom format}"
  : "${LOCK_TIMEOUT:?is not set: milliseconds}" "${ROW_COUNTS:?is not set: true or false}"
  : "${CONTENT_HASH_BYTES:?is not set: 0 for none}" "${BACKUP_LABEL:=}" "${EXCLUDE_TABLE_DATA:=}"
  : "${RESTORE_ROLE:?is not set: it names the role that restores}"
  [ -z "${BACKUP_HOLD:-}" ] || hold_seconds=$(seconds_of BACKUP_HOLD "$BACKUP_HOLD")
  check_label
  check_secrets_were_checked
  on_exit clean_up
  watch_storage
  check_server
  lock backup
  # From here on, no other run writes to the folder.
  check_writable
  clear_work
  choose_name
  database_bytes=$(query "$MAINTENANCE_DATABASE" <<<"SELECT pg_database_size(:'db')") ||
    fail "there is no database \"$database\" on $PGHOST, or $PGUSER may not connect to it. Earlier dumps are untouched."
  make_space "$database_bytes"
  dump "$database_bytes"
  bash "$scripts/prune.sh" "$name" ||
    fail "$name.dump is complete and verified, but old dumps could not be removed, see the message above. Check the storage."
  log "$summary; $(dump_names | wc -l) dumps are kept, $(free_megabytes) MB are free"
  tell_storage
  findings=$(restore_findings)
  [ -z "$findings" ] || fail_for_restore
}

# Tells the report the state of the storage after this run.
tell_storage() {
  local names candidate dumps=0 held=0
  names=$(dump_names)
  for candidate in $names; do
    dumps=$((dumps + 1))
    [ -z "$(holds_of "$candidate")" ] || held=$((held + 1))
  done
  tell_number dumps "$dumps"
  tell_number held "$held"
  tell_number freeBytes "$(free_bytes)"
  tell_number shareBytes "$(share_bytes)"
}

# Prints the reasons why a restore would fail, a sentence per line.
restore_findings() {
  secret_findings || true
  rights_that fails "$scratch/rights"
}

# A label must be safe in a list and in a manifest.
check_label() {
  [[ -z $BACKUP_LABEL || $BACKUP_LABEL =~ ^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$ ]] ||
    fail "BACKUP_LABEL ($BACKUP_LABEL) is not a label: up to 63 letters, digits, \".\", \"_\" and \"-\", a letter or digit first and last." \
      "Write it like before-upgrade-v5."
}

# A dump is better than none, even if a restore of it would fail. But the run must not count as a success.
fail_for_restore() {
  printf '%s: %s\n' "$program" "$name.dump exists, but a restore of it would fail:
$findings" >&2
  exit 3
}

# Tries it: mode bits do not tell if the server of the share has users of its own.
check_writable() {
  rmdir "$BACKUP_DIR/.writable" 2>/dev/null || true
  { mkdir -p "$work/.writable" && mv "$work/.writable" "$BACKUP_DIR/.writable" && rmdir "$BACKUP_DIR/.writable"; } ||
    fail "cannot write to $BACKUP_DIR. Is the claim mounted, and does its folder belong to user $(id -u) or let it write?"
}

# The lock is held, so the runs that made these files are gone. A share has files of its own, such as @eaDir or .nfs…, which
# are not ours. A folder that cannot be removed because of them is not a reason to go without a backup.
clear_work() {
  local leftover companion orphan orphans
  for leftover in "$work/$prefix"-????????-??????*; do
    [ -e "$leftover" ] || [ -L "$leftover" ] || continue
    log "removing ${leftover##*/}, left behind by a run that was cut off"
    rm -rf "$leftover" || warn "could not remove $leftover, see the message above: the next run tries again"
  done
  for companion in "${companions[@]}" person.hold; do
    orphans=$(names_ending_in "$companion")
    for orphan in $orphans; do
      ! is_gone "$BACKUP_DIR/$orphan.dump" || rm -f "$BACKUP_DIR/$orphan.$companion" || warn "could not remove $orphan.$companion, see the message above"
    done
  done
}

# The time in the name is that of the dump's beginning, in UTC. A clock that was set back must not overwrite a dump.
choose_name() {
  until begun=$(date +%s) && name=$prefix-$(date -u +%Y%m%d-%H%M%S) && [ ! -e "$BACKUP_DIR/$name.dump" ]; do
    run sleep 1
  done
  draft=$work/$name
  target=$draft/$name.dump
  mkdir "$draft"
}

# usage: make_space BYTES      of the database
# If the new dump may not fit, the dumps that would be pruned after it are pruned before it, and no others.
make_space() {
  local last last_bytes='' needed free
  last=$(newest_verified 99999999-999999)
  # A missing estimate does not end the run.
  [ -z "$last" ] || last_bytes=$(manifest_number "$last" bytes) || last_bytes=
  needed=$((${last_bytes:-$1} * 11 / 10))
  free=$(free_bytes)
  [ "${free:-$needed}" -lt "$needed" ] || return 0
  log "$((free / 1000000)) MB are free and the dump may need $((needed / 1000000)) MB: pruning first"
  bash "$scripts/prune.sh" "$name" || warn "old dumps could not be removed, see the message above: trying with the free space"
  free=$(free_bytes)
  [ "${free:-$needed}" -ge "$needed" ] || warn "only $((free / 1000000)) MB are free." \
    "Enlarge the storage or keep fewer dumps; more retention needs more space, not less."
}

# usage: dump BYTES      of the database
dump() {
  local seconds bytes hashing=false
  # Hashing reads each value, and takes longer than counting: it is for databases up to a size.
  if "$ROW_COUNTS" && [ "$1" -le "$CONTENT_HASH_BYTES" ] && [ "$server_version" -ge 140000 ]; then hashing=true; fi
  log "dumping $(($1 / 1000000)) MB of \"$database\" from $PGHOST to $name.dump, $DUMP_FORMAT format, $COMPRESSION"
  write_dump "$hashing"
  settle
  seconds=$(($(date +%s) - begun))
  bytes=$(size_of "$target")
  log "$((bytes / 1000000)) MB written in $seconds s, reading them back"
  verify
  write_globals
  look_at_rights "$RESTORE_ROLE" "$scratch/needs" || fail_to_describe
  write_manifest "$bytes" "$1" "$hashing"
  publish
  summary="$name.dump is complete and verified: $((bytes / 1000000)) MB, dumped in $seconds s, all in $(($(date +%s) - begun)) s"
  tell dump "$name"
  tell_number bytes "$bytes"
  tell_number databaseBytes "$1"
  tell_number seconds $(($(date +%s) - begun))
  tell label "$BACKUP_LABEL"
  tell heldUntil "${hold_until:+$(end_of_hold "$hold_until")}"
  summary+="${BACKUP_LABEL:+; its label is $BACKUP_LABEL}${hold_until:+; it is held until $(end_of_hold "$hold_until")}"
}

# usage: write_dump HASHING
# To a file and not to a pipe: only then the dump has the offsets that a parallel restore needs, and is synced. One session
# holds the snapshot and evaluates the checks in it. Another records the contents, while pg_dump dumps them.
write_dump() {
  local encoding snapshot looking options table answer exclude=--exclude-table-data
  write_checks "$draft" >"$scratch/checks.sql"
  open_session snapshot "$database" --field-separator='|' --set=checks="$scratch/checks.sql" --set=lock_timeout="$LOCK_TIMEOUT"
  send_to snapshot <"$scripts/sql/snapshot.sql"
  read_answer snapshot snapshot || fail "cannot take a snapshot of \"$database\", see psql's message above. Earlier dumps are untouched."
  detached look "$snapshot" "$1" 2>"$scratch/look.log" &
  looking=$!
  # A setting of the database or the role may ask for another encoding, which need not have all of its characters.
  encoding=$(query "$database" <<<"SELECT getdatabaseencoding()") ||
    fail "the encoding of \"$database\" is not known, see psql's message above. Earlier dumps are untouched."
  options=(--format="$DUMP_FORMAT" --jobs="$DUMP_JOBS" --encoding="$encoding" --snapshot="$snapshot" --lock-wait-timeout="$LOCK_TIMEOUT" --compress="$COMPRESSION")
  [ "$client_version" -lt 16 ] || exclude=--exclude-table-data-and-children
  while IFS= read -r table; do
    [ -z "$table" ] || options+=("$exclude=$table")
  done <<<"$EXCLUDE_TABLE_DATA"
  start_progress progress_of "$target"
  run pg_dump "${options[@]}" --file="$target" ||
    fail "pg_dump failed, see its message above. The unfinished dump is thrown away. Earlier dumps are untouched." \
      "If $PGUSER lacks a right, docs/least-privilege.md has the SQL that gives it." \
      "$(free_megabytes) MB are free on the storage."
  stop_progress
  wait "$looking" || {
    cat "$scratch/look.log" >&2
    fail "the contents of the dump could not be recorded, see psql's message above. Earlier dumps are untouched."
  }
  read_answer snapshot answer || fail "the checks could not be evaluated, see psql's message above. Earlier dumps are untouched."
  close_session snapshot
}

# usage: look SNAPSHOT HASHING      records the contents of the snapshot in files in $scratch
look() {
  query "$database" --set=snapshot="$1" --set=lock_timeout="$LOCK_TIMEOUT" --set=excluded="$EXCLUDE_TABLE_DATA" \
    --set=counting="$ROW_COUNTS" --set=hashing="$2" --set=identities=true --set=sql="$scripts/sql" --set=structure="$scratch/structure" --set=needs="$scratch/needs" \
    --set=sequences="$scratch/sequences" --set=identities="$scratch/identities" --set=contents="$scratch/contents" <"$scripts/sql/look.sql"
}

# A snapshot does not shield from TRUNCATE and some forms of ALTER TABLE, nor does it hold sequences still. The locks of
# pg_dump shield its own reading, and end with it. So the recorded facts count only for tables and sequences that are still
# the same now, when pg_dump has ended. The rows of other tables are counted in the dump itself, and are not hashed.
settle() {
  local oid table
  cat "$scripts/sql"/{text-of-values,sequences,contents}.sql |
    query "$database" --set=excluded="$EXCLUDE_TABLE_DATA" --set=hashing=false --set=identities=true >"$scratch/after" ||
    fail "the changes during the dump could not be recorded, see psql's message above. Earlier dumps are untouched."
  awk 'NR == FNR { after[$0] = 1; next } $0 in after' "$scratch/after" "$scratch/sequences" >>"$scratch/structure"
  awk -F '\t' '
    FILENAME ~ /after$/ { same[$0] = 1; next }
    FILENAME ~ /contents$/ { seen[$1] = 1; next }
    !($0 in same && $1 in seen) { print $2 "\t" $1 }' "$scratch/after" "$scratch/contents" "$scratch/identities" >"$scratch/changed"
  "$ROW_COUNTS" && [ -s "$scratch/changed" ] || return 0
  log "$(wc -l <"$scratch/changed") tables changed during the dump, as by TRUNCATE: their rows are counted in the dump itself"
  awk -F '\t' 'NR == FNR { changed[$2] = 1; next } !($1 in changed)' "$scratch/changed" "$scratch/contents" >"$scratch/contents.same"
  while IFS=$'\t' read -r oid table; do
    printf '%s\t%s\t\n' "$table" "$(rows_in_dump "$oid")"
  done <"$scratch/changed" >>"$scratch/contents.same"
  sort "$scratch/contents.same" >"$scratch/contents"
}

# usage: rows_in_dump OID      the number of a table's rows: COPY has a line for each
rows_in_dump() {
  pg_restore --list "$target" | awk -v oid="$1" '$2 == 0 && $3 == oid && $4 == "TABLE" && $5 == "DATA"' >"$scratch/entry"
  pg_restore --use-list="$scratch/entry" --data-only --file=- "$target" |
    awk '$0 == "\\." { copying = 0 } copying { rows++ } / FROM stdin;$/ { copying = 1 } END { print rows + 0 }'
}

# The checksum is that of the written data, so it is made before the dump is read back.
verify() {
  run checksums "$draft" "$name.dump" >"$target.sha256" ||
    fail "the new dump cannot be read and is thrown away. Earlier dumps are untouched. Check the storage."
  run bash "$scripts/verify.sh" "$target" ||
    fail "the new dump is not whole and is thrown away. Earlier dumps are untouched. Check the storage."
}

# The roles that own the objects of the dump.
write_globals() {
  local globals=$draft/$name.globals.sql
  run pg_dumpall --roles-only --no-role-passwords --database="$MAINTENANCE_DATABASE" --file="$globals" ||
    fail "the roles could not be dumped, see the message above. Earlier dumps are untouched."
  # pg_dumpall does not notice a full disk.
  grep -q '^-- PostgreSQL database cluster dump complete' "$globals" ||
    fail "the roles could not be written. Earlier dumps are untouched. Is the storage full?"
}

# usage: write_manifest BYTES DATABASE_BYTES HASHING      describes the contents of the dump
write_manifest() {
  local manifest
  query "$database" <"$scripts/sql/database.sql" >"$scratch/definition" || fail_to_describe
  checked "$draft" >"$scratch/checks"
  cp "$SECRETS_REPORT/fingerprints" "$scratch/secrets"
  manifest=$(FACTS=$scratch query "$MAINTENANCE_DATABASE" --set=excluded="$EXCLUDE_TABLE_DATA" --set=label="$BACKUP_LABEL" \
    --set=client="$(pg_dump --version | sed 's/^pg_dump (PostgreSQL) //')" \
    --set=began="$(utc_time "${name#"$prefix-"}")" --set=seconds=$(($(date +%s) - begun)) \
    --set=format="$DUMP_FORMAT" --set=compression="$COMPRESSION" --set=bytes="$1" --set=database_bytes="$2" \
    --set=sha256="$(checksum "$target")" --set=scripts="$(scripts_digest)" \
    --set=counting="$ROW_COUNTS" --set=hashing="$3" --set=restorer="$RESTORE_ROLE" <"$scripts/sql/manifest.sql") || fail_to_describe
  printf '%s\n' "$manifest" >"$draft/$name.json" || fail "the manifest could not be written. Earlier dumps are untouched. Is the storage full?"
}

fail_to_describe() {
  fail "the facts for the manifest could not be queried, see psql's message above. Earlier dumps are untouched."
}

# The dump comes last: under its final name it is complete, and all files beside it exist already.
publish() {
  local companion
  check_lock
  if [ -n "$hold_seconds" ]; then
    hold_until=$(($(date +%s) + hold_seconds))
    echo "$hold_until" >"$draft/$name.person.hold" || fail_to_publish
  fi
  for companion in "${companions[@]}" ${hold_until:+person.hold}; do
    { sync "$draft/$name.$companion" && mv "$draft/$name.$companion" "$BACKUP_DIR/$name.$companion"; } || fail_to_publish
  done
  mv "$target" "$BACKUP_DIR/$name.dump" || fail_to_publish
  sync_folder "$BACKUP_DIR" ||
    fail "$name.dump is complete and verified and has its final name, but the storage has not confirmed that it keeps it, see the message above." \
      "Earlier dumps are untouched. Check the storage."
  rm -rf "$draft" || warn "could not remove $draft, see the message above: the next run tries again"
}

fail_to_publish() {
  fail "the dump could not be given its final name, see the message above. Earlier dumps are untouched. Check the storage."
}

# usage: clean_up STATUS      On a storage that is gone, nothing can be removed: the next run does that. The heartbeat comes first:
# on a storage that does not answer, the function would not get beyond the removal.
clean_up() {
  if [ "$1" -eq 0 ]; then
    heartbeat "${HEARTBEAT_URL:-}" "$summary"
  else
    heartbeat "${HEARTBEAT_FAILURE_URL:-}" "the backup of $prefix failed${findings:+: $findings}"
  fi
  tell secrets "$([ -s "$SECRETS_REPORT/findings" ] && echo wrong || echo ok)"
  tell findings "$findings"
  print_report backup "$1"
  if [ -n "$name" ]; then
    rm -rf "${work:?}/$name" || true
    ! is_gone "$BACKUP_DIR/$name.dump" || rm -f "$BACKUP_DIR/$name.person.hold" || true
  fi
}

# usage: heartbeat URL TEXT      A failure does not change the status of the backup.
# wget's own limit is on silence: a monitor that sends a byte now and then would hold the run until its deadline.
heartbeat() {
  [ -n "$1" ] || return 0
  timeout 20 wget -q -T 10 -O /dev/null --post-data "$2" "$1" >/dev/null 2>&1 ||
    warn "the heartbeat was not accepted. Is its URL right, and has the image wget?"
}

main "$@"
