# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by the scripts that restore: the database beside the live one, what is loaded into it, and the proof.

line_feed='
'

# Names that are too long for PostgreSQL would be cut, and might then be another database's.
name_databases() {
  side=$(side_name)
  previous=$(query "$MAINTENANCE_DATABASE" --set=request="$REQUEST_ID" <<'SQL'
SELECT CASE WHEN octet_length(:'db' || :'request') <= 55 THEN :'db' || '_before_' || :'request'
            ELSE 'before_' || md5(:'db' || ' ' || :'request') END
SQL
  )
  ours="cdk8s-postgres-backup: $prefix"
}

# usage: exists DATABASE
exists() {
  [ "$(query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL'
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'name')
SQL
  )" = t ]
}

# usage: comment_of DATABASE      our marks are comments: what a database is for
comment_of() {
  query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL'
SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name'
SQL
}

# usage: mark_side TEXT      keeps the comment that the database will have, where there is no live one that has it
mark_side() {
  query "$MAINTENANCE_DATABASE" --set=side="$side" --set=mark="$ours, $1${side_comment:+$line_feed$side_comment}" <<'SQL'
COMMENT ON DATABASE :"side" IS :'mark'
SQL
}

# The dump that was prepared earlier; or that this request has put in place already.
prepared_dump() {
  side_mark=$(comment_of "$side")
  case $side_mark in
    "$ours, prepared from "*) echo "${side_mark#"$ours, prepared from "}" | head -n 1 ;;
    *)
      previous_mark=$(comment_of "$previous")
      case $previous_mark in
        "$ours until "*", replaced by $prefix-"*) echo "${previous_mark##*, replaced by }" ;;
        *) fail "nothing is prepared: there is no \"$side\" with a proven restore. Run RESTORE_ACTION=prepare first." ;;
      esac
      ;;
  esac
}

# Only what carries our mark is dropped, or is empty, as a run leaves it that is killed before it can set the mark:
# a database of that name may be somebody's.
drop_side() {
  stop_reading
  exists "$side" || return 0
  case $(comment_of "$side") in
    "$ours, "*) ;;
    *)
      [ "$(echo "SELECT count(*) FROM pg_class WHERE oid >= 16384" | query "$side")" = 0 ] ||
        fail "there is a database \"$side\" that no restore made. Rename or drop it: the dump is loaded under that name."
      ;;
  esac
  # A copy of a template is one, too.
  query "$MAINTENANCE_DATABASE" --set=side="$side" <<'SQL'
ALTER DATABASE :"side" IS_TEMPLATE false
SQL
  drop_database "$side"
}

# usage: drop_database NAME      Subscriptions keep a database from being dropped; ours have no slot that could be left behind.
drop_database() {
  [ "$(query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL'
SELECT EXISTS (SELECT FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = :'name')
SQL
  )" = f ] || {
    query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL' &&
ALTER DATABASE :"name" ALLOW_CONNECTIONS true
SQL
      release_subscriptions "$1" && echo "SELECT format('DROP SUBSCRIPTION %I', subname) FROM pg_subscription s
        JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database() \\gexec" | query "$1"
  } || return 1
  query "$MAINTENANCE_DATABASE" --set=name="$1" <<'SQL'
DROP DATABASE :"name" WITH (FORCE)
SQL
}

# usage: release_subscriptions DATABASE      disables them and takes their slots from them, which another database uses
release_subscriptions() {
  query "$1" <<'SQL'
SELECT format(statement, subname)
  FROM pg_subscription JOIN pg_database d ON d.oid = subdbid AND datname = current_database(),
       (VALUES (1, 'ALTER SUBSCRIPTION %I DISABLE'), (2, 'ALTER SUBSCRIPTION %I SET (slot_name = NONE)')) AS statements (number, statement)
 ORDER BY subname, number \gexec
SQL
}

# A server whose disk is full stops, and the live database with it.
check_room() {
  needed=$(echo "SELECT pg_database_size(:'db')" | query "$MAINTENANCE_DATABASE" 2>/dev/null || true)
  ! is_verified "$name" || needed=$(manifest_number "$name" databaseBytes)
  # The write-ahead log of what is loaded comes on top, as far as the server lets it grow.
  needed=$(query "$MAINTENANCE_DATABASE" --set=bytes="${needed:-0}" <<'SQL'
SELECT :bytes + least(:bytes, pg_size_bytes(current_setting('max_wal_size')))
SQL
  )
  if ! free=$(query "$MAINTENANCE_DATABASE" <"$scripts/room.sql" 2>/dev/null) || [ -z "$free" ]; then
    warn "how much room the server has is not known, it tells only superusers whose server has df:" \
      "about $((needed / 1000000)) MB are needed"
  elif [ "$free" -lt "$needed" ]; then
    refuse room "the server has $((free / 1000000)) MB free, and a second copy of \"$database\" needs about $((needed / 1000000)) MB." \
      "Enlarge its volume, or free the databases from before with RESTORE_ACTION=drop-previous."
  else
    log "the server has $((free / 1000000)) MB free, about $((needed / 1000000)) MB are needed"
  fi
}

prepare_side() {
  drop_side || fail "the database \"$side\" of an earlier restore cannot be dropped, see the message above. \"$database\" is untouched."
  create_missing_roles
  made_side=t
  if exists "$database"; then
    query "$MAINTENANCE_DATABASE" <"$scripts/database.sql" >"$scratch/definition.json"
  else
    log "there is no \"$database\" on $PGHOST yet: its settings are taken from the dump"
    definition_of_dump >"$scratch/definition.json"
    side_comment=$(definition_comment)
  fi
  if [ -s "$scratch/definition.json" ]; then
    DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" --set=side="$side" --set=mark="$ours, loading $name" \
      <"$scripts/database-create.sql"
  else
    side_from_list
  fi || fail "cannot make the database \"$side\", see the message above. \"$database\" is untouched." \
    "Are the roles that it needs on the server, or in $name.globals.sql beside the dump?"
  [ -z "${side_comment:-}" ] || mark_side "loading $name"
  [ "$action" != drill ] || ! has_amcheck || dump_has_extension amcheck || echo 'CREATE EXTENSION amcheck SCHEMA pg_catalog' | query "$side"
}

# What the manifest has of the database itself, as database.sql prints it; nothing where it is older, or where there is none.
definition_of_dump() {
  ! is_verified "$name" || MANIFEST=$BACKUP_DIR/$name.json query "$MAINTENANCE_DATABASE" <<'SQL'
\set manifest `cat "$MANIFEST"`
SELECT CAST(:'manifest' AS jsonb) -> 'definition' WHERE CAST(:'manifest' AS jsonb) ? 'definition'
SQL
}

definition_comment() {
  [ ! -s "$scratch/definition.json" ] || DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" <<'SQL'
\set definition `cat "$DEFINITION"`
SELECT CAST(:'definition' AS jsonb) ->> 'comment'
SQL
}

# Of a dump without such a definition pg_restore knows one, but for no other name than the dump's. The live database's name
# must not be taken by what is not proven, so the side one's stands in its place.
side_from_list() {
  pg_restore --create --list "$dump" |
    awk '$4 == "DATABASE" || ($4 == "ACL" || $4 == "COMMENT") && $5 == "-" && $6 == "DATABASE"' >"$scratch/database.list"
  PGDATABASE=$MAINTENANCE_DATABASE run pg_restore --create --use-list="$scratch/database.list" --file="$scratch/database.sql" "$dump"
  query "$MAINTENANCE_DATABASE" --set=side="$side" --field-separator='	' <<'SQL' >"$scratch/names"
SELECT quote_ident(:'db'), quote_ident(:'side')
SQL
  awk -F '\t' '
    NR == FNR { from = "DATABASE " $1; to = "DATABASE " $2; next }
    /^\\connect/ { next }
    /^(CREATE DATABASE|ALTER DATABASE|ALTER ROLE|COMMENT ON DATABASE|GRANT|REVOKE) / && (at = index($0, from)) {
      $0 = substr($0, 1, at - 1) to substr($0, at + length(from))
    }
    { print }' "$scratch/names" "$scratch/database.sql" | query "$MAINTENANCE_DATABASE" >/dev/null && {
    side_comment=$(comment_of "$side")
    mark_side "loading $name"
  }
}

# usage: dump_has_extension NAME
dump_has_extension() {
  pg_restore --list "$dump" | awk -v name="$1" '$2 == 3079 && $4 == "EXTENSION" && $6 == name { found = 1 } END { exit !found }'
}

# Roles that own objects of the dump and are not on this server come from its globals, without passwords.
# Roles that exist are left as they are.
create_missing_roles() {
  [ -s "$BACKUP_DIR/$name.globals.sql" ] || return 0
  echo 'SELECT quote_ident(rolname) FROM pg_roles' | query "$MAINTENANCE_DATABASE" >"$scratch/roles"
  awk '
    NR == FNR { exists[$0] = 1; next }
    /^CREATE ROLE / { role = substr($0, 13, length($0) - 13); if (!(role in exists)) { missing[role] = 1; print } next }
    /^ALTER ROLE / {
      for (role in missing) if (index($0, "ALTER ROLE " role " ") == 1) { print; next }
    }
    /^GRANT / {
      for (role in missing) if (index($0, "GRANT " role " TO ") == 1 || index($0, " TO " role " ") || index($0, " TO " role ";")) { print; next }
    }' "$scratch/roles" "$BACKUP_DIR/$name.globals.sql" |
    # The first superuser of this server grants them: another one, who granted them there, may have no right to do so here.
    sed 's/ GRANTED BY \("\([^"]\|""\)*"\|[^ "]*\);$/;/' >"$scratch/roles.sql"
  [ -s "$scratch/roles.sql" ] || return 0
  query "$MAINTENANCE_DATABASE" <"$scratch/roles.sql" || fail "the missing roles could not be created, see the message above."
  warn "created roles that were missing: $(created_roles <"$scratch/roles.sql")"
}

# usage: created_roles <SQL      their names, and which of them need a password: those with LOGIN
created_roles() {
  awk '
    function add(list, role) { return list (list == "" ? "" : ", ") role }
    /^CREATE ROLE / { role[++count] = substr($0, 13, length($0) - 13); all = add(all, role[count]) }
    /^ALTER ROLE / {
      for (i = 1; i <= count; i++) {
        start = "ALTER ROLE " role[i] " WITH"
        if (index($0, start " ") == 1 && substr($0, length(start) + 1) ~ / LOGIN[ ;]/) logins = add(logins, role[i])
      }
    }
    END {
      if (logins == "") print all ". None of them logs in, so none needs a password."
      else print all ". A dump has no passwords. Set those of the roles that log in: " logins "."
    }'
}

load_dump() {
  tables=$(pg_restore --list "$dump" | grep -c ' TABLE DATA ' || true)
  log "loading $tables tables, $RESTORE_JOBS at a time"
  load_progress 3>&- 4<&- &
  reporter=$!
  : >"$scratch/restore.log"
  : >"$scratch/left-out"
  set --
  absent=$(absent_tablespaces)
  [ -z "$absent" ] || {
    set -- --no-tablespaces
    leave_out "tablespaces, since the server has not got all of them: $absent"
  }
  ! leaves_out_pg_cron || set -- "$@" --use-list="$scratch/without"
  if pg_restore --list "$dump" | awk '$2 == 2606 && $4 == "CHECK" { found = 1 } END { exit !found }'; then
    # A check that is not valid yet may be of a domain: its rows come first, and pg_restore knows of no such order.
    restore_into_side "$@" --section=pre-data --section=data && restore_into_side "$@" --section=post-data
  else
    restore_into_side "$@"
  fi || {
    grep -v '^pg_restore: \(creating\|processing\|connecting\|launching\|finished\|entering\|executing\|dropping\|item\|skipping\)' "$scratch/restore.log" |
      tail -n 20 >&2
    fail "pg_restore failed, see its message above. \"$database\" is untouched. $(load_remedy)"
  }
  stop_reporter
  quiet_subscriptions
  [ ! -s "$scratch/definition.json" ] || DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" --set=side="$side" <"$scripts/database-settings.sql" ||
    fail "\"$side\" could not be given its settings, see the message above. \"$database\" is untouched."
}

# usage: restore_into_side [option]...
# The empty name makes pg_restore take PGDATABASE as it is, where it would read a name with "=" as settings.
restore_into_side() {
  PGOPTIONS="$PGOPTIONS $RESTORE_OPTIONS" PGDATABASE=$side run pg_restore --exit-on-error --verbose --jobs="$RESTORE_JOBS" "$@" --dbname= "$dump" \
    2>>"$scratch/restore.log"
}

# Its server lets pg_cron be created in one database, by name, which is not that of a copy; nor may a copy run its jobs.
leaves_out_pg_cron() {
  [ "$action" != drill ] && dump_has_extension pg_cron || return 1
  pg_restore --list "$dump" | awk '
    $4 == "EXTENSION" && $6 == "pg_cron" || $4 == "COMMENT" && $6 == "EXTENSION" && $7 == "pg_cron" { next }
    ($4 " " $5 == "TABLE DATA" || $4 " " $5 == "SEQUENCE SET") && $6 == "cron" || $4 == "ACL" && ($5 == "cron" || $6 " " $7 == "SCHEMA cron") { next }
    { print }' >"$scratch/without"
  leave_out "the extension pg_cron and its jobs: CREATE EXTENSION pg_cron when \"$database\" is exchanged, and schedule them again; pg_restore --data-only --schema=cron --file=- shows them"
}

# usage: leave_out TEXT      what a restore leaves out on purpose: for the log, the record and the evidence
leave_out() {
  warn "left out: $1"
  echo "$1" >>"$scratch/left-out"
}

# The tablespaces that the dump's tables are in and this server has not got.
absent_tablespaces() {
  ! is_verified "$name" || fact "$BACKUP_DIR/$name.json" '"definition"' '"tablespaces"' | cut -f 2 >"$scratch/tablespaces"
  [ ! -s "$scratch/tablespaces" ] || {
    echo 'SELECT to_json(spcname) FROM pg_tablespace' | query "$MAINTENANCE_DATABASE" >"$scratch/tablespaces.here"
    awk 'NR == FNR { here[$0] = 1; next } !($0 in here) { printf "%s%s", (seen++ ? ", " : ""), $0 }' "$scratch/tablespaces.here" "$scratch/tablespaces"
  }
}

# A copy must not act: its subscriptions would take from the slots that the live database reads from.
quiet_subscriptions() {
  subscriptions=$(echo "SELECT string_agg(quote_ident(subname), ', ') FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
    WHERE datname = current_database()" | query "$side")
  [ -n "$subscriptions" ] || return 0
  release_subscriptions "$side" || fail "the subscriptions in \"$side\" could not be disabled, see the message above. \"$database\" is untouched."
  leave_out "the slots of subscriptions, which are disabled: $subscriptions"
}

# What reads the whole database beside the proof. The planner's statistics are not in a dump before PostgreSQL 18; a drill
# needs none, and has its heaps and indexes looked at instead, where it gives a file for what is found.
start_reading() {
  reading=
  if [ "$action" != drill ]; then
    log "gathering the planner's statistics"
    query "$side" --set=ON_ERROR_STOP=0 <"$scripts/analyze.sql" 3>&- 4<&- 2>"$scratch/reading" &
    reading=$!
  elif [ -n "${STRUCTURE_REPORT:-}" ]; then
    log "pg_amcheck looks at heaps and indexes"
    # It reads a name with "=" as settings: so it gets settings.
    pg_amcheck --jobs=2 "dbname='$(printf %s "$side" | sed "s/[\\\\']/\\\\&/g")'" >"$STRUCTURE_REPORT" 3>&- 4<&- 2>"$scratch/reading" &
    reading=$!
  fi
}

wait_for_reading() {
  [ -n "$reading" ] || return 0
  read_well=true
  wait "$reading" || read_well=false
  reading=
  if [ "$action" = drill ]; then
    "$read_well" || {
      cat "$scratch/reading" >&2
      fail "pg_amcheck found damage, or could not look for it: $(head -n 3 "$STRUCTURE_REPORT")"
    }
  elif [ -s "$scratch/reading" ]; then
    # The rows are there without them; the planner guesses until autovacuum has been there.
    warn "the planner's statistics are not complete: $(grep . "$scratch/reading" | head -n 1). ANALYZE gathers them later."
  fi
}

# What it says of a database that is dropped beneath it helps nobody.
stop_reading() {
  [ -n "${reading:-}" ] || return 0
  kill "$reading" 2>/dev/null || true
  wait "$reading" 2>/dev/null || true
  reading=
}

# What helps against the usual reasons, all of them on the server.
load_remedy() {
  case $(grep 'ERROR: ' "$scratch/restore.log") in
    *'role "'*'" does not exist'*) echo "Create the role, then run this again: $name.globals.sql beside the dump does not have it." ;;
    *'extension "'*'" is not available'*) echo "Install the extension on the server, then run this again." ;;
    *'No space left on device'*) echo "Make room on the server: it holds a second copy until the restore is done." ;;
    *'can only create extension in database'*) echo "Let the setting of the server that the message names be the name of the copy, or drop the extension before the next dump." ;;
    *'must be a superuser'* | *'must be superuser'*) echo "Restore with a role that is a superuser, and let the owners that are named be what they were on the dump's server." ;;
    *) echo "Mend what the message tells of, or choose a dump that has not got it." ;;
  esac
}

load_progress() {
  while sleep "${PROGRESS_SECONDS:-30}" >/dev/null 2>&1; do
    loaded=$(echo "SELECT pg_database_size(:'side') / 1000000" | query "$MAINTENANCE_DATABASE" --set=side="$side")
    log "$(grep -c 'processing data for table' "$scratch/restore.log") of $tables tables begun, $loaded MB loaded"
  done
}
