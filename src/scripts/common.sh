# shellcheck shell=sh
# Sourced by the scripts: messages, signals, the server, and the names of dumps.
# Runs under busybox ash and dash, with the options and applets that both images have.

program=${0##*/}
program=${program%.sh}
# shellcheck disable=SC2034 # used by the scripts that call others
scripts=${0%/*}
export LC_ALL=C PGCONNECT_TIMEOUT=10
umask 077

log() {
  printf '%s: %s\n' "$program" "$*"
}

warn() {
  printf '%s: warning: %s\n' "$program" "$*" >&2
}

# usage: fail WHAT REMEDY
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

child=

# usage: run COMMAND...
# A shell handles a signal only after its foreground command has ended, and process 1 of a container gets no signal
# that it does not trap. So long commands run in the background, and the signal is passed on.
run() {
  "$@" &
  child=$!
  wait "$child" && run_status=0 || run_status=$?
  child=
  return "$run_status"
}

on_signal() {
  trap '' HUP INT TERM
  printf '%s: stopped by SIG%s\n' "$program" "$1" >&2
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  exit 143
}

# usage: on_exit FUNCTION      FUNCTION cleans up, whether the script ends, fails or is stopped
on_exit() {
  # shellcheck disable=SC2064 # the name of the function is known now
  trap "$1" EXIT
  trap 'on_signal HUP' HUP
  trap 'on_signal INT' INT
  trap 'on_signal TERM' TERM
}

check_settings() {
  : "${PGHOST:?is not set: it names the database server}"
  : "${PGUSER:?is not set: it names the role that logs in}"
  : "${PGDATABASE:?is not set: it names the database}"
  : "${MAINTENANCE_DATABASE:?is not set: it names the database that holds the locks, usually postgres}"
  : "${BACKUP_DIR:?is not set: it names the folder of the dumps}"
  [ -n "${PGPASSWORD:-}" ] || fail "no password: ${PASSWORD_SOURCE:-PGPASSWORD} is missing or empty." \
    "Create it, e.g. by reconciling the Flux Kustomization that holds the secrets."
  database=$PGDATABASE
  prefix=${BACKUP_DIR##*/}
}

# usage: query DATABASE [psql option]... <SQL      prints bare values; the SQL knows the database as :db
query() {
  query_database=$1
  shift
  PGDATABASE=$query_database PGCLIENTENCODING=UTF8 psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
    --set=db="$database" "$@"
}

# usage: check_server      fails when nobody answers, or when the tools are not those of the server's version
check_server() {
  server_version=$(echo 'SHOW server_version_num' | query "$MAINTENANCE_DATABASE") ||
    fail "cannot log in to $PGHOST:${PGPORT:-5432} as $PGUSER." \
      "See psql's message above: is the server up, and is ${PASSWORD_SOURCE:-PGPASSWORD} its password?"
  client_version=$(pg_dump --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  [ "$client_version" -eq $((server_version / 10000)) ] ||
    fail "the server is PostgreSQL $((server_version / 10000)), the image has the tools of $client_version." \
      "Set the image's version to the server's: dump and restore need the same one."
}

# usage: dump_names      the names of all dumps in the folder, without ending, oldest first
dump_names() {
  for dump in "$BACKUP_DIR/$prefix"-[0-9][0-9][0-9][0-9][01][0-9][0-3][0-9]-[0-2][0-9][0-5][0-9][0-6][0-9].dump; do
    [ -e "$dump" ] || continue
    dump=${dump##*/}
    echo "${dump%.dump}"
  done
}

# usage: is_verified NAME      tells a dump that was proven from one that an older script left there
is_verified() {
  [ -s "$BACKUP_DIR/$1.dump" ] && [ -s "$BACKUP_DIR/$1.dump.sha256" ]
}

# usage: lock NAME      waits until no other run holds it, and holds it until this run ends, however it ends.
# It is an advisory lock of a session of its own: it works across nodes and dies with the session.
lock() {
  locks=$(mktemp -d "${TMPDIR:-/tmp}/lock.XXXXXX")
  mkfifo "$locks/in" "$locks/out"
  query "$MAINTENANCE_DATABASE" --set=lock="$1" <"$locks/in" >"$locks/out" &
  lock_pid=$!
  exec 3>"$locks/in" 4<"$locks/out"
  rm -r "$locks"
  cat >&3 <<'SQL'
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout' \g /dev/null
SELECT pg_try_advisory_lock(hashtextextended('cdk8s-postgres-backup ' || :'lock' || ' ' || :'db', 0)) AS taken \gset
\if :taken
\else
\echo waiting
SELECT pg_advisory_lock(hashtextextended('cdk8s-postgres-backup ' || :'lock' || ' ' || :'db', 0)) \g /dev/null
\endif
\echo locked
SQL
  lock_answer
  if [ "$answer" = waiting ]; then
    log "another $1 of this database is running: waiting for it to end"
    lock_answer
  fi
}

# usage: check_lock      fails when the lock was lost, e.g. because the server restarted
check_lock() {
  printf '\\echo locked\n' >&3
  lock_answer
  [ "$answer" = locked ] || fail "the lock in $MAINTENANCE_DATABASE is lost."
}

lock_answer() {
  read -r answer <&4 ||
    fail "the session that holds the lock has ended: the server restarted or dropped it. Run this again."
}

# usage: unlock
unlock() {
  [ -n "${lock_pid:-}" ] || return 0
  exec 3>&- 4<&-
  wait "$lock_pid" 2>/dev/null || true
  lock_pid=
}
