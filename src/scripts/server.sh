# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced after common.sh by the scripts that talk to the server: queries, waiting for it, and sessions that stay.

check_connection_settings() {
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
  database=$PGDATABASE
  keep_alive
}

# A peer that has vanished must not hang a run until its deadline: these have no environment variables, but a service has.
keep_alive() {
  PGSERVICEFILE=$scratch/pg_service.conf PGSERVICE=server
  export PGSERVICEFILE PGSERVICE
  printf '%s\n' '[server]' connect_timeout=10 \
    keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000 >"$PGSERVICEFILE"
}

# Settings of the database or the role, such as a time limit, must not end our sessions; and names without a schema
# mean PostgreSQL's own: whoever may create functions in the database must not have them run by us. Compiling our queries
# would take memory of the server.
export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c role=none
  -c default_transaction_read_only=off -c search_path=pg_catalog -c jit=off
  -c standard_conforming_strings=on -c array_nulls=on -c quote_all_identifiers=off'

# usage: query DATABASE [psql option]... <SQL      prints bare values; the SQL knows the database as :db
query() {
  query_database=$1
  shift
  PGDATABASE=$query_database PGCLIENTENCODING=UTF8 psql --no-psqlrc --quiet --tuples-only --no-align \
    --set=ON_ERROR_STOP=1 --set=db="$database" "$@"
}

# The name of the database beside the live one. One that is too long for PostgreSQL would be cut, and might be another's.
side_name() {
  query "$MAINTENANCE_DATABASE" <<'SQL'
SELECT CASE WHEN octet_length(:'db') <= 55 THEN :'db' || '_restore' ELSE 'restore_' || md5(:'db') END
SQL
}

# usage: contents DATABASE HASHING      a line for each table: name, rows, and a hash of them if HASHING is true
contents() {
  query "$1" --field-separator='	' --set=excluded= --set=hashing="$2" <"$scripts/contents.sql"
}

# usage: check_server      waits while the server is starting; fails when nobody answers or its version is another one
check_server() {
  server=$PGHOST:${PGPORT:-5432}
  server_wait=1
  server_waited=0
  until pg_isready --quiet --timeout=5; do
    refusal=$(refusal_of_server)
    ! is_about_tls "$refusal" || fail "$refusal
The connection to $server is not made. $(tls_remedy "$refusal")"
    [ "$server_waited" -lt "$SERVER_TIMEOUT" ] ||
      fail "${refusal:+$refusal
}no server accepts connections at $server after $server_waited s." "Look whether its pod is running and ready."
    log "waiting for the server at $server to accept connections"
    run sleep "$server_wait"
    server_waited=$((server_waited + server_wait))
    [ "$server_wait" -ge 15 ] || server_wait=$((server_wait * 2))
  done
  server_version=$(echo 'SHOW server_version_num' | query "$MAINTENANCE_DATABASE" 2>"$scratch/login") || {
    refusal=$(cat "$scratch/login")
    fail "$refusal
cannot log in to $server as $PGUSER, see psql's message above. $(login_remedy "$refusal")"
  }
  client_version=$(pg_dump --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  [ "$client_version" -eq $((server_version / 10000)) ] ||
    fail "the server is PostgreSQL $((server_version / 10000)), the image has the tools of $client_version." \
      "Set the image's version to the server's: dump and restore need the same one."
}

# What libpq says of the server that pg_isready finds not ready; pg_isready itself tells no reason.
refusal_of_server() {
  { query "$MAINTENANCE_DATABASE" --command='SELECT 1' >/dev/null || true; } 2>&1
}

# usage: is_about_tls MESSAGE
is_about_tls() {
  case $1 in
    *certificate* | *SSL* | *TLS*) ;;
    *) return 1 ;;
  esac
}

# usage: tls_remedy MESSAGE
tls_remedy() {
  case $1 in
    *'does not match host name'*) echo "Connect by a name that the server's certificate has, or have it made for this one." ;;
    *expired*) echo "Renew the certificate that has expired." ;;
    *'root certificate'*) echo "Give the certificate of the authority in the file that PGSSLROOTCERT names." ;;
    *'verify failed'* | *'unknown ca'*) echo "The authority in PGSSLROOTCERT has not signed the server's certificate: give the one that has." ;;
    *'does not support SSL'*) echo "Switch on SSL at the server, or do not ask for it with PGSSLMODE." ;;
    *) echo "Look at PGSSLMODE, at the authority in PGSSLROOTCERT and at the server's certificate." ;;
  esac
}

# usage: login_remedy MESSAGE
login_remedy() {
  if is_about_tls "$1"; then
    tls_remedy "$1"
  else
    case $1 in
      *'no pg_hba.conf entry'*) echo "Let the server's pg_hba.conf admit this role from here, with or without encryption as the message says." ;;
      *) echo "Is ${PASSWORD_SOURCE:-PGPASSWORD} its password?" ;;
    esac
  fi
}

# usage: open_session IN OUT DATABASE [psql option]...
# A psql that stays: it reads SQL from descriptor IN and answers on descriptor OUT.
open_session() {
  session_in=$1 session_out=$2
  shift 2
  pipes=$(mktemp -d "$scratch/session.XXXXXX")
  mkfifo "$pipes/in" "$pipes/out"
  query "$@" <"$pipes/in" >"$pipes/out" 3>&- 4<&- 5>&- 6<&- &
  eval "exec $session_in>\"\$pipes/in\" $session_out<\"\$pipes/out\""
  rm -r "$pipes"
}

# usage: answer_of OUT      reads a line of a session's answer into $answer
answer_of() {
  read -r answer <&"$1"
}

# usage: lock NAME      waits until no other run holds it, and holds it until this run ends, however it ends.
# It is an advisory lock of a session of its own: it works across nodes and dies with the session. The server looks
# after the session's peer too, so that the lock of a node that has vanished is free after a minute.
lock() {
  open_session 3 4 "$MAINTENANCE_DATABASE" --set=lock="$1"
  cat >&3 <<'SQL' || true
SELECT set_config(name, value, false)
  FROM (VALUES ('idle_session_timeout', '0'), ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'),
               ('tcp_keepalives_count', '3')) AS wanted (name, value)
  JOIN pg_settings USING (name) \g /dev/null
SELECT hashtextextended('cdk8s-postgres-backup ' || :'lock' || ' ' || :'db', 0) AS id \gset
SELECT pg_try_advisory_lock(:id) AS taken \gset
\if :taken
\else
SELECT 'held by ' || string_agg(application_name || ', since ' || date_trunc('second', backend_start), ' and ')
  FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = :id;
SELECT pg_advisory_lock(:id) \g /dev/null
\endif
\echo locked
SQL
  lock_answer
  while [ "$answer" != locked ]; do
    log "another $1 of this database is running, waiting for it to end: the lock is ${answer:-held}"
    lock_answer
  done
}

# usage: check_lock      fails when the lock was lost, e.g. because the server restarted
check_lock() {
  cat >&3 <<'SQL' || true
SELECT CASE WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted)
            THEN 'locked' ELSE 'lost' END;
SQL
  lock_answer
  [ "$answer" = locked ] || fail "the lock is lost. Run this again."
}

lock_answer() {
  answer_of 4 || fail "the session that holds the lock has ended: the server restarted or dropped it. Run this again."
}

# usage: quiet_event_triggers      where we are allowed to: those of a copy must not act on what we do to it
quiet_event_triggers() {
  [ "$server_version" -ge 170000 ] && [ "$(echo 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user' | query "$MAINTENANCE_DATABASE")" = t ] || return 0
  PGOPTIONS="$PGOPTIONS -c event_triggers=off"
}

# Whether there is an extension that looks at heaps and indexes, and its program.
has_amcheck() {
  command -v pg_amcheck >/dev/null &&
    [ "$(echo "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'" | query "$MAINTENANCE_DATABASE")" != 0 ]
}
