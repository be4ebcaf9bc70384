# shellcheck shell=bash
# The database server: queries, waiting for it, sessions that stay, the lock.
# Needs: common.sh; PGHOST, PGUSER, PGDATABASE, MAINTENANCE_DATABASE, SERVER_TIMEOUT, and PGPASSWORD for a server that is
# not behind a socket; PGPORT (5432), and PASSWORD_SOURCE (PGPASSWORD), the name of the password in messages.
# Sets:  by check_connection_settings database, which another script may set instead; by check_server server_version,
# client_version and is_superuser; PGOPTIONS, PGCLIENTENCODING, PGSERVICEFILE and PGSERVICE for all programs; with tls.sh the
# file PGSSLKEY.

# shellcheck source=lib/tls.sh
. "${BASH_SOURCE[0]%/*}/tls.sh"

# The name of the live database, which SQL knows as :db.
database=
# E.g. 170002, and 17.
server_version=
client_version=
# True if our role is a superuser.
is_superuser=

check_connection_settings() {
  local missing
  : "${PGHOST:?is not set: it names the database server}"
  : "${PGUSER:?is not set: it names the role that logs in}"
  : "${PGDATABASE:?is not set: it names the database}"
  : "${MAINTENANCE_DATABASE:?is not set: it names the database that holds the locks, usually postgres}"
  case $PGHOST in
    /*) ;; # a server of our own, behind a socket
    *)
      [ -n "${PGPASSWORD:-}" ] || fail "no password: ${PASSWORD_SOURCE:-PGPASSWORD} is missing or empty." \
        "Create it, e.g. by reconciling the Flux Kustomization that holds the secrets."
      ;;
  esac
  : "${SERVER_TIMEOUT:?is not set: seconds to wait for a server that is starting}"
  missing=$(missing_tls_files)
  [ -z "$missing" ] || fail "the connection to $PGHOST is not made: $missing"
  copy_client_key
  database=$PGDATABASE
  keep_alive
}

# A peer that has vanished must not hang a run until its deadline. These settings have no environment variables, so a service
# file has them.
keep_alive() {
  export PGSERVICEFILE="$scratch/pg_service.conf" PGSERVICE=server
  printf '%s\n' '[server]' connect_timeout=10 \
    keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000 >"$PGSERVICEFILE"
}

# Settings of the database or the role, such as a time limit, must not end our sessions. Names without a schema mean
# PostgreSQL's own: we must not run functions that a user of the database has created. Compiling our queries would take memory
# of the server.
export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c role=none
  -c default_transaction_read_only=off -c search_path=pg_catalog -c jit=off
  -c standard_conforming_strings=on -c array_nulls=on -c quote_all_identifiers=off
  -c gin_fuzzy_search_limit=0 -c row_security=off'
# On one line: poolers read no other.
PGOPTIONS=${PGOPTIONS//$'\n'/}
# Nor must they ask for an encoding that may lack characters of the database.
export PGCLIENTENCODING=UTF8

# usage: query DATABASE [psql option]... <SQL      prints bare values, tabs between; the SQL knows the live database as :db
query() {
  local where=$1
  shift
  PGDATABASE=$where psql --no-psqlrc --quiet --tuples-only --no-align --field-separator=$'\t' \
    --set=ON_ERROR_STOP=1 --set=db="$database" "$@"
}

# Prints the name of the database beside the live one. PostgreSQL would cut a name that is too long, and it might then be that
# of another database.
staging_name() {
  query "$MAINTENANCE_DATABASE" <<<"SELECT CASE WHEN octet_length(:'db') <= 55 THEN :'db' || '_restore' ELSE 'restore_' || md5(:'db') END"
}

# usage: contents DATABASE HASHING      a line for each table: name, rows, and a hash of them if HASHING is true
contents() {
  cat "$scripts/sql"/{text-of-values,contents}.sql | query "$1" --set=excluded= --set=hashing="$2"
}

# usage: check_server      waits while the server is starting; fails if no server answers, or its version is another
check_server() {
  local server=$PGHOST:${PGPORT:-5432} answer refusal search_path pause=1 waited=0
  until is_ready; do
    refusal=$(refusal_of_server)
    ! is_about_tls "$refusal" || fail "$refusal
The connection to $server is not made. $(tls_remedy "$refusal")"
    [ "$waited" -lt "$SERVER_TIMEOUT" ] ||
      fail "${refusal:+$refusal
}no server accepts connections at $server after $waited s." "Check that its pod is running and ready."
    log "waiting for the server at $server to accept connections"
    run sleep "$pause"
    waited=$((waited + pause))
    [ "$pause" -ge 15 ] || pause=$((pause * 2))
  done
  answer=$(query "$MAINTENANCE_DATABASE" --field-separator=' ' 2>"$scratch/login" \
    <<<"SELECT current_setting('server_version_num'), CASE WHEN rolsuper THEN 'true' ELSE 'false' END, current_setting('search_path')
          FROM pg_roles WHERE rolname = current_user") || {
    refusal=$(cat "$scratch/login")
    fail "$refusal
cannot log in to $server as $PGUSER, see psql's message above. $(login_remedy "$refusal")"
  }
  read -r server_version is_superuser search_path <<<"$answer"
  # A pooler may drop unknown settings, and give our session to other clients between two queries: they would have our locks and
  # snapshots.
  [ "$search_path" = pg_catalog ] ||
    fail "the settings of a session do not arrive at $server, which must be a connection pooler. $pooler_remedy"
  client_version=$(pg_dump --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  [ "$client_version" -eq $((server_version / 10000)) ] ||
    fail "the server is PostgreSQL $((server_version / 10000)), the image has the tools of $client_version." \
      "Set the image's version to the server's: dump and restore need the same version."
  # Older servers do not know these limits.
  [ "$client_version" -lt 14 ] || PGOPTIONS+=' -c idle_session_timeout=0'
  [ "$client_version" -lt 17 ] || PGOPTIONS+=' -c transaction_timeout=0'
}

# Asks for the maintenance database: the live database may have a setting that ends waiting sessions.
is_ready() {
  PGDATABASE=$MAINTENANCE_DATABASE pg_isready --quiet --timeout=5 2>/dev/null
}

# Prints the message of libpq about a server that is not ready; pg_isready itself tells no reason.
refusal_of_server() {
  { query "$MAINTENANCE_DATABASE" --command='SELECT 1' >/dev/null || true; } 2>&1
}

# The remedy for a pooler between us and the server.
readonly pooler_remedy="A backup holds locks and a snapshot in sessions of its own: name the server itself, e.g. the Service of the primary, not PgBouncer's."

# usage: login_remedy MESSAGE
login_remedy() {
  if [[ $1 == *'startup parameter'* ]]; then
    echo "$pooler_remedy"
  elif [[ $1 == *'no pg_hba.conf entry'* ]]; then
    echo "Let the server's pg_hba.conf admit this role from here, with or without encryption as the message says;" \
      "the prop tls of the database has which of them the client asks for."
  elif is_about_tls "$1"; then
    tls_remedy "$1"
  elif [ -n "${TLS_CERTIFICATE_SOURCE:-}" ]; then
    # The server's message does not tell whether the name in the certificate is the reason.
    echo "Is ${PASSWORD_SOURCE:-PGPASSWORD} its password? With clientcert=verify-full in pg_hba.conf," \
      "its name must be that in $TLS_CERTIFICATE_SOURCE too."
  else
    echo "Is ${PASSWORD_SOURCE:-PGPASSWORD} its password?"
  fi
}

# usage: open_session NAME DATABASE [psql option]...      starts a psql that stays
open_session() {
  local name=$1 pipes in out
  shift
  pipes=$(mktemp -d "$scratch/session.XXXXXX")
  mkfifo "$pipes/in" "$pipes/out"
  detached query "$@" <"$pipes/in" >"$pipes/out" &
  exec {in}>"$pipes/in" {out}<"$pipes/out"
  rm -r "$pipes"
  session_in+=(["$name"]=$in)
  session_out+=(["$name"]=$out)
}

# usage: close_session NAME
close_session() {
  local in=${session_in[$1]} out=${session_out[$1]}
  exec {in}>&- {out}<&-
  unset "session_in[$1]" "session_out[$1]"
}

# usage: send_to NAME <SQL      A session that has ended is noticed when it does not answer.
send_to() {
  cat >&"${session_in[$1]}" || true
}

# usage: read_answer NAME VARIABLE      reads a line of the session's answer; fails if it has ended
read_answer() {
  read -r -u "${session_out[$1]}" "$2"
}

# usage: lock NAME      waits until no other run holds it, and holds it until this run ends, however it ends.
# It is an advisory lock of a session of its own: it works across nodes and ends with the session. The server, too, checks that
# the session's peer is alive, so that the lock of a node that has vanished is free after a minute.
lock() {
  local answer
  open_session lock "$MAINTENANCE_DATABASE" --set=lock="$1"
  send_to lock <"$scripts/sql/lock.sql"
  read_answer lock answer || fail_for_lock
  while [ "$answer" != locked ]; do
    log "another $1 of this database is running, waiting for it to end: the lock is ${answer:-held}"
    read_answer lock answer || fail_for_lock
  done
}

# usage: check_lock      fails when the lock was lost, e.g. because the server restarted
check_lock() {
  local answer
  send_to lock <"$scripts/sql/lock-check.sql"
  read_answer lock answer || fail_for_lock
  [ "$answer" = locked ] || fail "the lock is lost. Run this again."
}

fail_for_lock() {
  fail "the session that holds the lock has ended: the server restarted or dropped it. Run this again."
}

# usage: quiet_event_triggers      if our role may: the event triggers of a copy must not react to our commands
quiet_event_triggers() {
  [ "$server_version" -lt 170000 ] || ! "$is_superuser" || PGOPTIONS="$PGOPTIONS -c event_triggers=off"
}

# Status 0 if the extension that checks heaps and indexes, and its program, are installed.
has_amcheck() {
  command -v pg_amcheck >/dev/null &&
    [ "$(query "$MAINTENANCE_DATABASE" <<<"SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'")" != 0 ]
}
