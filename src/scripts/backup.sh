#!/bin/sh
# Dumps a database into a work folder, proves the dump, gives it its final name, and only then prunes.
# usage: backup.sh      with the environment that BackupCronJob gives it, and for a dump that is taken on purpose
#   BACKUP_HOLD    for how long it is not pruned, whatever the retention says: P30D, P4W or PT12H
#   BACKUP_LABEL   what its manifest and the list call it, e.g. before-upgrade-v5
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"
# shellcheck source=checks.sh
. "$scripts/checks.sh"
# shellcheck source=secrets.sh
. "$scripts/secrets.sh"

main() {
  check_connection_settings
  check_storage_settings
  : "${COMPRESSION:?is not set: it is the value of pg_dump --compress}"
  : "${DUMP_FORMAT:?is not set: custom or directory}" "${DUMP_JOBS:?is not set: 1 for the custom format}"
  : "${LOCK_TIMEOUT:?is not set: milliseconds}" "${ROW_COUNTS:?is not set: true or false}"
  check_purpose
  check_secrets_were_checked
  on_exit clean_up
  watch_storage
  check_writable
  check_server
  lock backup
  clear_work
  choose_name
  make_room
  dump
  verify
  describe
  publish
  sh "$scripts/prune.sh" "$name" ||
    fail "$name.dump is complete and verified, but old dumps could not be removed, see the message above. Check the storage."
  log "$summary; $(dump_names | wc -l | tr -d ' ') dumps are kept, $(free_megabytes) MB are free"
  ! findings=$(secret_findings) || fail_for_secrets
}

# Why this dump is taken, where a person has said so.
check_purpose() {
  hold_seconds=
  [ -z "${BACKUP_HOLD:-}" ] || hold_seconds=$(seconds_of BACKUP_HOLD "$BACKUP_HOLD")
  case ${BACKUP_LABEL:=} in
    '') ;;
    [!A-Za-z0-9]* | *[!A-Za-z0-9._-]* | *[!A-Za-z0-9]) fail_for_label ;;
  esac
  [ "${#BACKUP_LABEL}" -le 63 ] || fail_for_label
}

fail_for_label() {
  fail "BACKUP_LABEL ($BACKUP_LABEL) is not a label: up to 63 letters, digits, \".\", \"_\" and \"-\", a letter or digit first and last." \
    "Write it like before-upgrade-v5."
}

# A dump is better than none, whatever becomes of the secrets; but nobody must take it for enough.
fail_for_secrets() {
  printf '%s: %s\n' "$program" "$name.dump is there, but the secrets that its restore needs are not right:
$findings" >&2
  exit 3
}

# Trying tells what mode bits do not, where the server of the share has users of its own.
check_writable() {
  rmdir "$BACKUP_DIR/.writable" 2>/dev/null || true
  { mkdir -p "$work/.writable" && mv "$work/.writable" "$BACKUP_DIR/.writable" && rmdir "$BACKUP_DIR/.writable"; } ||
    fail "cannot write to $BACKUP_DIR. Is the claim mounted, and does its folder belong to user $(id -u) or let it write?"
}

# The lock is held, so the owners of what a backup names are gone. A share has things of its own, such as @eaDir or .nfs…:
# they are not ours, nor is what cannot be removed because of them a reason to go without a backup.
clear_work() {
  for leftover in "$work/$prefix"-????????-??????*; do
    [ -e "$leftover" ] || [ -L "$leftover" ] || continue
    log "removing ${leftover##*/}, left behind by a run that was cut off"
    rm -rf "$leftover" || warn "could not remove $leftover, see the message above: the next run tries again"
  done
  for companion in $companions person.hold; do
    for orphan in $(names_ending_in "$companion"); do
      ! is_gone "$BACKUP_DIR/$orphan.dump" || rm -f "$BACKUP_DIR/$orphan.$companion" || warn "could not remove $orphan.$companion, see the message above"
    done
  done
}

# The time in the name is that of the dump's beginning, in UTC. A clock that was set back must not overwrite a dump.
choose_name() {
  until begun=$(date +%s) && name=$prefix-$(date -u +%Y%m%d-%H%M%S) && [ ! -e "$BACKUP_DIR/$name.dump" ]; do
    run sleep 1
  done
  mkdir "$work/$name"
  target=$work/$name/$name.dump
}

# If the new dump may not fit, what will be pruned after it goes before it, and nothing else.
make_room() {
  database_bytes=$(echo "SELECT pg_database_size(:'db')" | query "$MAINTENANCE_DATABASE") ||
    fail "there is no database \"$database\" on $PGHOST, or $PGUSER may not connect to it. Earlier dumps are untouched."
  last=$(newest_verified 99999999-999999)
  last_bytes=$([ -z "$last" ] || manifest_number "$last" bytes)
  needed=$((${last_bytes:-$database_bytes} * 11 / 10))
  free=$(free_bytes)
  [ "${free:-$needed}" -lt "$needed" ] || return 0
  log "$((free / 1000000)) MB are free and the dump may need $((needed / 1000000)) MB: pruning first"
  sh "$scripts/prune.sh" "$name"
  free=$(free_bytes)
  [ "${free:-$needed}" -ge "$needed" ] || warn "only $((free / 1000000)) MB are free." \
    "Enlarge the storage or keep fewer dumps; more retention needs more room, not less."
}

# To a file and not to a pipe: only then has the dump the offsets that a parallel restore needs, and is it synced.
# One session holds the snapshot and evaluates the checks in it, another one looks at what is in it, while pg_dump dumps it.
dump() {
  log "dumping $((database_bytes / 1000000)) MB of \"$database\" from $PGHOST to $name.dump, $DUMP_FORMAT format, $COMPRESSION"
  write_checks "$work/$name" >"$scratch/checks.sql"
  open_session 5 6 "$database" --set=checks="$scratch/checks.sql" --set=lock_timeout="$LOCK_TIMEOUT"
  cat "$scripts/snapshot.sql" >&5 || true
  answer_of 6 || fail "cannot take a snapshot of \"$database\", see psql's message above. Earlier dumps are untouched."
  snapshot=$answer
  look 3>&- 4<&- 5>&- 6<&- 2>"$scratch/look.log" &
  looking=$!
  set -- --format="$DUMP_FORMAT" --jobs="$DUMP_JOBS" --snapshot="$snapshot" --lock-wait-timeout="$LOCK_TIMEOUT" --compress="$COMPRESSION"
  exclude=--exclude-table-data
  [ "$client_version" -lt 16 ] || exclude=--exclude-table-data-and-children
  while read -r table; do
    [ -z "$table" ] || set -- "$@" "$exclude=$table"
  done <<TABLES
${EXCLUDE_TABLE_DATA:-}
TABLES
  run_reporting "$target" pg_dump "$@" --file="$target" ||
    fail "pg_dump failed, see its message above. The unfinished dump is thrown away, earlier dumps are untouched." \
      "$(free_megabytes) MB are free on the storage."
  wait "$looking" || {
    cat "$scratch/look.log" >&2
    fail "what is in the dump could not be looked at, see psql's message above. Earlier dumps are untouched."
  }
  answer_of 6 || fail "the checks could not be evaluated, see psql's message above. Earlier dumps are untouched."
  exec 5>&- 6<&-
  settle
}

# What is in the snapshot goes to files in $scratch.
look() {
  query "$database" --field-separator='	' --set=snapshot="$snapshot" --set=lock_timeout="$LOCK_TIMEOUT" --set=excluded="${EXCLUDE_TABLE_DATA:-}" \
    --set=counting="$ROW_COUNTS" --set=hashing="$(hashing)" --set=identities=true --set=scripts="$scripts" --set=structure="$scratch/structure" \
    --set=sequences="$scratch/sequences" --set=identities="$scratch/identities" --set=contents="$scratch/contents" <"$scripts/look.sql"
}

# A snapshot does not shield from TRUNCATE and some forms of ALTER TABLE, nor does it hold sequences still. The locks of
# pg_dump shield its own reading, and end with it. So what was seen counts for what is still the same now, when pg_dump has
# ended; the rows of other tables are counted in the dump itself, and their contents are not hashed.
settle() {
  cat "$scripts/sequences.sql" "$scripts/contents.sql" | query "$database" --field-separator='	' --set=excluded="${EXCLUDE_TABLE_DATA:-}" \
    --set=hashing=false --set=identities=true >"$scratch/after" ||
    fail "what has changed during the dump could not be looked at, see psql's message above. Earlier dumps are untouched."
  awk 'NR == FNR { after[$0] = 1; next } $0 in after' "$scratch/after" "$scratch/sequences" >>"$scratch/structure"
  awk -F '\t' '
    FILENAME ~ /after$/ { same[$0] = 1; next }
    FILENAME ~ /contents$/ { seen[$1] = 1; next }
    !($0 in same && $1 in seen) { print $2 "\t" $1 }' "$scratch/after" "$scratch/contents" "$scratch/identities" >"$scratch/changed"
  "$ROW_COUNTS" && [ -s "$scratch/changed" ] || return 0
  log "$(wc -l <"$scratch/changed" | tr -d ' ') tables were changed meanwhile, as TRUNCATE does: their rows are counted in the dump itself"
  awk -F '\t' 'NR == FNR { changed[$2] = 1; next } !($1 in changed)' "$scratch/changed" "$scratch/contents" >"$scratch/contents.same"
  while IFS='	' read -r oid table; do
    printf '%s\t%s\t\n' "$table" "$(rows_in_dump "$oid")"
  done <"$scratch/changed" >>"$scratch/contents.same"
  sort "$scratch/contents.same" >"$scratch/contents"
}

# usage: rows_in_dump OID      of a table: COPY has a line for each
rows_in_dump() {
  pg_restore --list "$target" | awk -v oid="$1" '$2 == 0 && $3 == oid && $4 == "TABLE" && $5 == "DATA"' >"$scratch/entry"
  pg_restore --use-list="$scratch/entry" --data-only --file=- "$target" |
    awk '$0 == "\\." { copying = 0 } copying { rows++ } / FROM stdin;$/ { copying = 1 } END { print rows + 0 }'
}

# Hashing reads each value, where counting only counts: it is for databases that this does not hold up.
hashing() {
  if "$ROW_COUNTS" && [ "$database_bytes" -le "${CONTENT_HASH_BYTES:?is not set: 0 for none}" ] && [ "$server_version" -ge 140000 ]
  then echo true; else echo false; fi
}

# The checksum is that of what was written, so it comes before what is read back.
verify() {
  dump_seconds=$(($(date +%s) - begun))
  bytes=$(size_of "$target")
  log "$((bytes / 1000000)) MB written in $dump_seconds s, reading them back"
  run checksums "$work/$name" "$name.dump" >"$target.sha256" ||
    fail "the new dump cannot be read and is thrown away. Earlier dumps are untouched. Check the storage."
  run sh "$scripts/verify.sh" "$target" ||
    fail "the new dump is not whole and is thrown away. Earlier dumps are untouched. Check the storage."
}

# What belongs to the dump: the roles that own its objects, and a manifest that says what is in it.
describe() {
  globals=$work/$name/$name.globals.sql
  run pg_dumpall --roles-only --no-role-passwords --database="$MAINTENANCE_DATABASE" --file="$globals" ||
    fail "the roles could not be dumped, see the message above. Earlier dumps are untouched."
  # pg_dumpall does not notice a full disk.
  grep -q '^-- PostgreSQL database cluster dump complete' "$globals" ||
    fail "the roles could not be written. Earlier dumps are untouched. Is the storage full?"
  facts=$(query "$MAINTENANCE_DATABASE" --set=excluded="${EXCLUDE_TABLE_DATA:-}" <<'SQL'
SELECT format('  "database": %s,', to_json(:'db'::text)),
       format('  "server": %s,', to_json(current_setting('server_version'))),
       format('  "excludedTableData": %s,', to_json(array_remove(string_to_array(:'excluded', chr(10)), ''))),
       format('  "preload": %s,', to_json(current_setting('shared_preload_libraries'))) \g (fieldsep='\n')
SQL
  ) || fail_to_describe
  definition=$(query "$database" <"$scripts/database.sql") || fail_to_describe
  check_members "$work/$name" >"$scratch/checks.json"
  label=null
  [ -z "$BACKUP_LABEL" ] || label="\"$BACKUP_LABEL\""
  {
    printf '{\n%s\n  "definition": %s,\n' "$facts" "$definition" &&
      printf '  "client": "%s",\n' "$(pg_dump --version | sed 's/^pg_dump (PostgreSQL) //')" &&
      printf '  "began": "%s",\n  "seconds": %s,\n' "$(utc_time "${name#"$prefix"-}")" "$(($(date +%s) - begun))" &&
      printf '  "label": %s,\n' "$label" &&
      printf '  "format": "%s",\n  "compression": "%s",\n' "$DUMP_FORMAT" "$COMPRESSION" &&
      printf '  "bytes": %s,\n  "databaseBytes": %s,\n' "$bytes" "$database_bytes" &&
      printf '  "sha256": "%s",\n  "scripts": "%s",\n' "$(checksum "$target")" "$(scripts_digest)" &&
      printf '  "secrets": {\n' && fingerprint_members && printf '  },\n' &&
      printf '  "checks": {\n' && cat "$scratch/checks.json" && printf '  },\n' &&
      printf '  "rows": ' && rows_object && printf ',\n  "hashes": ' && hashes_object &&
      printf ',\n  "structure": ' && structure_object && printf '\n}\n'
  } >"$work/$name/$name.json" || fail "the manifest could not be written. Earlier dumps are untouched. Is the storage full?"
}

fail_to_describe() {
  fail "the server did not say what the manifest needs, see psql's message above. Earlier dumps are untouched."
}

rows_object() {
  if "$ROW_COUNTS"; then cut -f 1,2 "$scratch/contents" | object '  '; else printf null; fi
}

hashes_object() {
  if [ "$(hashing)" = true ]; then awk -F '\t' '$3 != "" { printf "%s\t\"%s\"\n", $1, $3 }' "$scratch/contents" | object '  '; else printf null; fi
}

# An object for each kind, of the names and hashes.
structure_object() {
  cut -f 1 "$scratch/structure" | sort -u >"$scratch/kinds"
  printf '{'
  while read -r kind; do
    printf '%s\n    %s: ' "${comma:-}" "$kind"
    KIND=$kind awk -F '\t' '$1 == ENVIRON["KIND"] { print $2 "\t" $3 }' "$scratch/structure" | object '    '
    comma=,
  done <"$scratch/kinds"
  printf '\n  }'
}

# usage: object INDENTATION <FILE      a JSON object of lines with a name and a value, tabs between
object() {
  awk -F '\t' -v indentation="$1" '{ printf "%s\n  %s%s: %s", (NR > 1 ? "," : "{"), indentation, $1, $2 } END { printf "%s", (NR ? "\n" indentation "}" : "{}") }'
}

# The dump comes last: under its final name it is complete, and everything about it is there already.
publish() {
  check_lock
  hold_until=
  if [ -n "$hold_seconds" ]; then
    hold_until=$(($(date +%s) + hold_seconds))
    echo "$hold_until" >"$work/$name/$name.person.hold" || fail_to_publish
  fi
  for companion in $companions ${hold_until:+person.hold}; do
    { sync "$work/$name/$name.$companion" && mv "$work/$name/$name.$companion" "$BACKUP_DIR/$name.$companion"; } || fail_to_publish
  done
  mv "$target" "$BACKUP_DIR/$name.dump" || fail_to_publish
  sync_folder "$BACKUP_DIR" ||
    fail "$name.dump is complete and verified and has its final name, but the storage has not confirmed that it keeps it, see the message above." \
      "Earlier dumps are untouched. Check the storage."
  rm -rf "${work:?}/$name" || warn "could not remove $work/$name, see the message above: the next run tries again"
  summary="$name.dump is complete and verified: $((bytes / 1000000)) MB, dumped in $dump_seconds s, all in $(($(date +%s) - begun)) s"
  summary="$summary${BACKUP_LABEL:+; its label is $BACKUP_LABEL}${hold_until:+; it is held until $(end_of_hold "$hold_until")}"
}

fail_to_publish() {
  fail "the dump could not be given its final name, see the message above. Earlier dumps are untouched. Check the storage."
}

# usage: clean_up STATUS      on a storage that is gone, nothing can be removed: the next run does. The heartbeat comes first,
# since on one that does not answer this ends with the removal.
clean_up() {
  if [ "$1" -eq 0 ]; then
    heartbeat "${HEARTBEAT_URL:-}" "${summary:-}"
  else
    heartbeat "${HEARTBEAT_FAILURE_URL:-}" "the backup of $prefix failed${findings:+: $findings}"
  fi
  if [ -n "${name:-}" ]; then
    rm -rf "${work:?}/$name" || true
    ! is_gone "$BACKUP_DIR/$name.dump" || rm -f "$BACKUP_DIR/$name.person.hold" || true
  fi
}

# usage: heartbeat URL TEXT      whatever becomes of it, the backup is what it is.
# wget's own limit is one of silence: a monitor that sends a byte now and then would hold the run until its deadline.
heartbeat() {
  [ -n "$1" ] || return 0
  timeout 20 wget -q -T 10 -O /dev/null --post-data "$2" "$1" >/dev/null 2>&1 ||
    warn "the heartbeat was not accepted. Is its URL right, and has the image wget?"
}

main "$@"
