# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by restore.sh: waiting for the service to let go, the exchange of the names, its record, and the way back.

check_sessions_setting() {
  case ${RESTORE_SESSIONS:?is not set} in
    wait | disconnect | refuse) ;;
    *) fail "RESTORE_SESSIONS ($RESTORE_SESSIONS) is none of wait, disconnect, refuse." ;;
  esac
  : "${SESSIONS_TIMEOUT:?is not set: seconds}" "${KEEP_PREVIOUS:?is not set: a number}"
}

# Whether this request was carried out. The server knows, also where a kill came between the exchange and the record;
# and the record knows, also where the database from before is dropped.
already_done() {
  record_file=$BACKUP_DIR/restores/$REQUEST_ID.json
  if ! exists "$previous"; then
    # The folder may have been another server's before, with requests of the same names.
    [ -s "$record_file" ] && exists "$database" || return 1
    [ "$(fact "$record_file" '"dump"')" = "\"$name\"" ] ||
      fail "the request $REQUEST_ID was used before, see $record_file. Use another name for the Job."
    log "request $REQUEST_ID is already carried out, nothing to do: see $record_file"
    return
  fi
  case $(comment_of "$previous") in
    "$ours until "*", replaced by $name") ;;
    *) fail "there is a database \"$previous\", but not from restoring $name: the request $REQUEST_ID was used before." \
      "Use another name for the Job." ;;
  esac
  log "request $REQUEST_ID is already carried out, nothing to do: the database from before is \"$previous\""
  [ -s "$record_file" ] || record
}

cut_over() {
  now=$name
  if [ "$name" = undo ]; then
    side=$(newest_previous) now=what\ was\ \"$side\"
  fi
  [ -n "$side" ] || fail "there is no database from before to go back to."
  if exists "$database"; then
    check_replication
    scale_to_zero
    wait_for_sessions
    check_lock
    swap
    exchanged="\"$database\" is exchanged: it is $now."
    # Before anything that a storage may keep waiting.
    log "$exchanged"
    scale_back || true
  else
    name_side
  fi
  record
  drop_previous "$KEEP_PREVIOUS" || warn "a database from before could not be dropped, see psql's message above. RESTORE_ACTION=drop-previous tries again."
  phase "done" "\"$database\" is now $now${previous:+; the database from before is \"$previous\", closed to connections}"
  log "next: look whether the service is well."
  [ -z "$previous" ] || log "to go back: $(command_for undo)
to free the space of \"$previous\": $(command_for drop-previous)"
}

# Where there is no live database, the side one only takes the name, and the comment that the dump had.
name_side() {
  side_comment=$(comment_of "$side")
  case $side_comment in *"$line_feed"*) side_comment=${side_comment#*"$line_feed"} ;; *) side_comment= ;; esac
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=comment="$side_comment" <<'SQL'
BEGIN\; ALTER DATABASE :"side" RENAME TO :"db"\; COMMENT ON DATABASE :"db" IS :'comment'\; COMMIT
SQL
  previous=
}

# usage: sessions      who is connected to the live database, one a line
sessions() {
  query "$MAINTENANCE_DATABASE" <<'SQL'
SELECT concat_ws(' ', nullif(backend_type, 'client backend'), usename, 'from', coalesce(host(client_addr), 'a socket'), nullif('as ' || application_name, 'as '), 'pid', pid)
  FROM pg_stat_activity
 WHERE datname = :'db' AND backend_type NOT IN ('autovacuum worker', 'parallel worker') -- the server ends these by itself, or with their leaders
 ORDER BY pid
SQL
}

# What an exchange of the names does not take along: what reads the changes of the live database, or writes changes of another
# one into it. A slot stays with its database, and goes with it when it is dropped.
check_replication() {
  ! exists "$database" || replicated=$(query "$MAINTENANCE_DATABASE" <"$scripts/replication.sql") ||
    fail "whether \"$database\" is replicated could not be looked at, see psql's message above. Nothing was changed."
  [ -z "${replicated:-}" ] || refuse replication "\"$database\" is replicated, and what is restored would not be:
$replicated
Nothing was changed."
}

# A service that goes on writing would write into the database from before.
wait_for_sessions() {
  waited=0
  while connected=$(sessions) && [ -n "$connected" ] && [ "$RESTORE_SESSIONS" != disconnect ]; do
    if [ "$RESTORE_SESSIONS" = refuse ] || [ "$waited" -ge "$SESSIONS_TIMEOUT" ]; then
      fail "\"$database\" is still in use after $waited s, by:
$connected
Nothing was changed. What was proven stays in \"$side\": stop the service (${STOP_COMMAND:-scale it to 0 replicas}), then: $(command_for cutover)"
    fi
    [ $((waited % 30)) -ne 0 ] || log "waiting for the service to let go of \"$database\": ${STOP_COMMAND:-scale it to 0 replicas}
$connected"
    run sleep 1
    waited=$((waited + 1))
  done
}

# From here on a signal would only make us forget to say how it went: the server does the whole or nothing.
swap() {
  trap '' HUP INT TERM
  phase "cut over" "\"$database\" is exchanged with \"$side\" in one transaction"
  [ "$(query "$MAINTENANCE_DATABASE" <<'SQL'
SELECT count(*) FROM pg_prepared_xacts WHERE database = :'db'
SQL
  )" = 0 ] || fail "\"$database\" has prepared transactions, which keep it from being renamed. Commit or roll them back: pg_prepared_xacts."
  query "$MAINTENANCE_DATABASE" --set=side="$side" <"$scripts/disconnect.sql" &
  disconnecting=$!
  swapped=true
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=previous="$previous" \
    --set=mark="$ours until $(date -u +%Y-%m-%dT%H:%M:%SZ), replaced by $name" <"$scripts/swap.sql" || swapped=false
  kill "$disconnecting" 2>/dev/null || true
  wait "$disconnecting" || true
  # Where the connection was lost at the very end, the server knows how it went.
  $swapped || exists "$previous" || fail "the names could not be exchanged, see the message above. \"$database\" is as it was; what was proven" \
      "stays in \"$side\". Stop the service (${STOP_COMMAND:-scale it to 0 replicas}), then: $(command_for cutover)"
}

# usage: previous_databases      those from before, newest first
previous_databases() {
  query "$MAINTENANCE_DATABASE" --set=ours="$ours until " <<'SQL'
SELECT datname FROM pg_database
 WHERE starts_with(shobj_description(oid, 'pg_database'), :'ours')
 ORDER BY shobj_description(oid, 'pg_database') DESC, oid DESC
SQL
}

newest_previous() {
  previous_databases | head -n 1
}

# usage: drop_previous KEEP      all but the newest KEEP; goes on after one that cannot be dropped, and fails at the end
drop_previous() {
  previous_databases | tail -n +$(($1 + 1)) | {
    stuck=0
    while IFS= read -r old; do
      if may_go "$old" && drop_database "$old"; then
        log "dropped \"$old\", a database from before"
      else
        stuck=1
      fi
    done
    [ "$stuck" = 0 ]
  }
}

# usage: may_go DATABASE      Slots would go with it, and a subscription would leave one behind on another server.
may_go() {
  attached=$(query "$MAINTENANCE_DATABASE" --set=db="$1" <"$scripts/replication.sql") || return 1
  case "${attached:+ ${RESTORE_DESPITE:-} }" in
    '' | *' replication '*) ;;
    *)
      warn "\"$1\" is not dropped, for it is replicated:
$attached
To drop it all the same, set RESTORE_DESPITE=replication."
      return 1
      ;;
  esac
}

# What was done, for whoever asks later; the server itself is the truth.
record() {
  {
    mkdir -p "$BACKUP_DIR/restores" &&
      printf '{\n  "request": "%s",\n  "action": "%s",\n  "dump": "%s",\n  "ended": "%s",\n  "seconds": %s,\n  "leftOut": %s\n}\n' \
        "$REQUEST_ID" "${RESTORE_ACTION:-restore}" "$name" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(($(date +%s) - started))" "$(left_out)" >"$record_file"
  } ||
    warn "the record could not be written to $BACKUP_DIR/restores. What was done is done."
}

# As JSON; null where it is not known, for a cutover of what was prepared earlier.
left_out() {
  [ -e "$scratch/left-out" ] && query "$MAINTENANCE_DATABASE" --set=lines="$(cat "$scratch/left-out")" 2>/dev/null <<'SQL' || printf null
SELECT to_json(array_remove(string_to_array(:'lines', chr(10)), ''))
SQL
}
