# shellcheck shell=bash
# The wait for sessions to end, the exchange of the names, its record, and the way back.
# Needs: server.sh, storage.sh, staging.sh and quiesce.sh; the functions refuse, command_for and phase of restore.sh and its
# variable started; REQUEST_ID, RESTORE_SESSIONS, SESSIONS_TIMEOUT, KEEP_PREVIOUS; STOP_COMMAND and RESTORE_IGNORE may be set.
# Sets:  exchanged.
#
# The database that takes the name of the live one is named by a word, in the mark of the former database and in the record:
# the name of a dump, or undo for a former database.

# The sentence on the exchange, once the names are exchanged.
exchanged=

check_sessions_setting() {
  case ${RESTORE_SESSIONS:?is not set} in
    wait | disconnect | refuse) ;;
    *) fail "RESTORE_SESSIONS ($RESTORE_SESSIONS) is not one of wait, disconnect, refuse." ;;
  esac
  : "${SESSIONS_TIMEOUT:?is not set: seconds}" "${KEEP_PREVIOUS:?is not set: a number}"
}

# usage: already_done WORD      status 0 if this request was carried out. The server knows, even if a kill came between the
# exchange and the record. The record knows, even if the former database is dropped.
already_done() {
  local record=$BACKUP_DIR/restores/$REQUEST_ID.json
  if ! exists "$previous"; then
    # The folder may have been another server's before, with requests of the same names.
    has_bytes "$record" && exists "$database" || return 1
    [ "$(fact "$record" '"dump"')" = "\"$1\"" ] ||
      fail "the request $REQUEST_ID was used before, see $record. Use another name for the Job."
    log "request $REQUEST_ID is already carried out, nothing to do: see $record"
    return 0
  fi
  [[ $(comment_of "$previous") == "$ours until "*", replaced by $1" ]] ||
    fail "there is a database \"$previous\", but not from restoring $1: the request $REQUEST_ID was used before." \
      "Use another name for the Job."
  log "request $REQUEST_ID is already carried out, nothing to do: the former database is \"$previous\""
  [ -s "$record" ] || record "$1"
}

# Puts the newest former database back in the place of the live one.
undo() {
  staging=$(previous_databases | sed -n 1p)
  [ -n "$staging" ] || fail "there is no former database to go back to."
  cut_over undo "what was \"$staging\""
}

# usage: cut_over WORD TEXT      exchanges the live database with the staging database; TEXT describes it afterwards
cut_over() {
  if exists "$database"; then
    check_replication
    scale_to_zero
    wait_for_sessions
    check_lock
    swap "$1"
    exchanged="\"$database\" is exchanged: it is $2."
    # It is logged before a storage that does not answer can delay it.
    log "$exchanged"
    scale_back || true
  else
    name_staging
    previous=
  fi
  record "$1"
  drop_previous "$KEEP_PREVIOUS" || warn "a former database could not be dropped, see psql's message above. RESTORE_ACTION=drop-previous tries again."
  phase "done" "\"$database\" is now $2${previous:+; the former database is \"$previous\", closed to connections}"
  log "next: check that the service works."
  [ -z "$previous" ] || log "to go back: $(command_for undo)
to free the space of \"$previous\": $(command_for drop-previous)"
}

# Without a live database, the staging database only takes the name, and the comment that the dump had.
name_staging() {
  local comment
  comment=$(comment_of "$staging")
  if [[ $comment == *$'\n'* ]]; then comment=${comment#*$'\n'}; else comment=; fi
  query "$MAINTENANCE_DATABASE" --set=staging="$staging" --set=comment="$comment" <"$scripts/sql/name.sql"
}

# Refuses if the live database is replicated, in either direction: an exchange of the names does not take that along. A slot
# stays with its database, and is dropped with it.
check_replication() {
  local replicated
  replicated=$(query "$MAINTENANCE_DATABASE" <"$scripts/sql/replication.sql") ||
    fail "whether \"$database\" is replicated could not be queried, see psql's message above. Nothing was changed."
  [ -z "$replicated" ] || refuse replication "\"$database\" is replicated, and what is restored would not be:
$replicated
Nothing was changed."
}

# A service that goes on writing would write into the former database.
wait_for_sessions() {
  local connected waited=0
  while connected=$(query "$MAINTENANCE_DATABASE" <"$scripts/sql/sessions.sql") && [ -n "$connected" ] && [ "$RESTORE_SESSIONS" != disconnect ]; do
    if [ "$RESTORE_SESSIONS" = refuse ] || [ "$waited" -ge "$SESSIONS_TIMEOUT" ]; then
      fail "\"$database\" is still in use after $waited s, by:
$connected
Nothing was changed. What was proven stays in \"$staging\": stop the service (${STOP_COMMAND:-scale it to 0 replicas}), then: $(command_for cutover)"
    fi
    [ $((waited % 30)) -ne 0 ] || log "waiting for the service to close its sessions on \"$database\": ${STOP_COMMAND:-scale it to 0 replicas}
$connected"
    run sleep 1
    waited=$((waited + 1))
  done
}

# usage: swap WORD
# From here on, a signal would only keep the script from telling the result: the server does the whole or nothing.
swap() {
  local prepared disconnecting swapped=true
  trap '' HUP INT TERM
  phase "cut over" "\"$database\" is exchanged with \"$staging\" in one transaction"
  prepared=$(query "$MAINTENANCE_DATABASE" <<<"SELECT count(*) FROM pg_prepared_xacts WHERE database = :'db'")
  [ "$prepared" = 0 ] || fail "\"$database\" has prepared transactions, which keep it from being renamed. Commit or roll them back: pg_prepared_xacts."
  detached query "$MAINTENANCE_DATABASE" --set=staging="$staging" <"$scripts/sql/disconnect.sql" &
  disconnecting=$!
  query "$MAINTENANCE_DATABASE" --set=staging="$staging" --set=previous="$previous" \
    --set=mark="$ours until $(date -u +%Y-%m-%dT%H:%M:%SZ), replaced by $1" <"$scripts/sql/swap.sql" || swapped=false
  kill "$disconnecting" 2>/dev/null || true
  wait "$disconnecting" || true
  # If the connection was lost at the very end, the server knows the result.
  "$swapped" || exists "$previous" || fail "the names could not be exchanged, see the message above. \"$database\" is as it was; what was proven" \
    "stays in \"$staging\". Stop the service (${STOP_COMMAND:-scale it to 0 replicas}), then: $(command_for cutover)"
}

# Prints the former databases, the newest first.
previous_databases() {
  query "$MAINTENANCE_DATABASE" --set=mark="$ours until " <"$scripts/sql/previous-databases.sql"
}

# usage: drop_previous KEEP      drops all but the newest KEEP; goes on after a database that cannot be dropped, and fails at the end
drop_previous() {
  local list names name status=0
  list=$(previous_databases) || return 1
  mapfile -t names <<<"$list"
  for name in "${names[@]:$1}"; do
    [ -n "$name" ] || continue
    if may_go "$name" && drop_database "$name"; then
      log "dropped \"$name\", a former database"
    else
      status=1
    fi
  done
  return "$status"
}

# usage: may_go DATABASE      Slots would be dropped with it, and a subscription would leave a slot on another server.
may_go() {
  local attached
  attached=$(query "$MAINTENANCE_DATABASE" --set=db="$1" <"$scripts/sql/replication.sql") || return 1
  [ -z "$attached" ] || [[ " ${RESTORE_IGNORE:-} " == *' replication '* ]] || {
    warn "\"$1\" is not dropped, for it is replicated:
$attached
To drop it all the same, set RESTORE_IGNORE=replication."
    return 1
  }
}

# usage: record WORD      records the action, for later questions; the server itself is the truth
record() {
  {
    mkdir -p "$BACKUP_DIR/restores" &&
      printf '{\n  "request": "%s",\n  "action": "%s",\n  "dump": "%s",\n  "ended": "%s",\n  "seconds": %s,\n  "leftOut": %s\n}\n' \
        "$REQUEST_ID" "${RESTORE_ACTION:-restore}" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(($(date +%s) - started))" "$(left_out)" \
        >"$BACKUP_DIR/restores/$REQUEST_ID.json"
  } || warn "the record could not be written to $BACKUP_DIR/restores. The action itself is done."
}

# Prints the parts that were left out, as JSON; null if that is not known, for a cutover of an earlier preparation.
left_out() {
  [ -e "$scratch/left-out" ] && query "$MAINTENANCE_DATABASE" --set=lines="$(cat "$scratch/left-out")" 2>/dev/null \
    <<<"SELECT to_json(array_remove(string_to_array(:'lines', chr(10)), ''))" || printf null
}
