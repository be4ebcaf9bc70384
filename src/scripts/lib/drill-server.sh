# shellcheck shell=bash
# A throwaway PostgreSQL of the drill's own, behind a socket.
# Needs: common.sh and evidence.sh; DRILL_DIR, the folder for it and for the reports of the steps of a drill.
# Sets:  by check_drill_settings report; PGHOST, PGPORT and PGUSER for all programs.

# The folder with the reports.
report=

check_drill_settings() {
  : "${DRILL_DIR:?is not set: it names the folder for the server and for what the steps report to each other}"
  report=$DRILL_DIR/report
  # The pod's variables are for another server.
  export PGHOST="$DRILL_DIR/socket" PGPORT=5432 PGUSER=postgres
}

# The text of a query must not get into a log: one of the queries is about a key.
make_server() {
  rm -rf "$DRILL_DIR/data" "$PGHOST"
  mkdir "$PGHOST"
  run initdb --pgdata="$DRILL_DIR/data" --username="$PGUSER" --auth=trust --encoding=UTF8 --no-sync >"$scratch/initdb" 2>&1 || {
    tail -n 5 "$scratch/initdb" >&2
    fail "initdb could not make a server in $DRILL_DIR, see the message above.$(space_remedy)"
  }
  cat >>"$DRILL_DIR/data/postgresql.conf" <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$PGHOST'
dynamic_shared_memory_type = mmap
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 1h
autovacuum = off
jit = off
log_min_messages = fatal
log_min_error_statement = panic
SETTINGS
}

start_server() {
  run pg_ctl start --wait --silent --timeout=120 --pgdata="$DRILL_DIR/data" --log="$DRILL_DIR/server.log" || {
    tail -n 5 "$DRILL_DIR/server.log" >&2
    fail "the drill's own server does not start, see the message above.$(space_remedy)"
  }
}

# Prints the remedy if a message so far is about space.
space_remedy() {
  ! grep -q 'No space left on device\|MB free, and a second copy' "$scratch/errors" ||
    echo " The drill's volume is too small: raise the drill's scratchSize, or free space on the node."
}

stop_server() {
  [ ! -e "$DRILL_DIR/data/postmaster.pid" ] || pg_ctl stop --silent --mode="$1" --pgdata="$DRILL_DIR/data" >/dev/null 2>&1 || true
}

# usage: clear_away STATUS      stops the server, and removes it after a failure
clear_away() {
  stop_server immediate
  case $1 in
    0 | 143) ;;
    *) rm -rf "$DRILL_DIR/data" ;;
  esac
}

# usage: step NAME WHAT COMMAND...      reports the seconds that it took
step() {
  local name=$1 begun
  begun=$(date +%s)
  log "== $1: $2"
  shift 2
  "$@"
  report "seconds.$name" $(($(date +%s) - begun))
  log "$name took $(reported "seconds.$name") s"
}
