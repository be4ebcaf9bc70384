# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by the scripts that restore: the database beside the live one, what is loaded into it, and the proof.

line_feed='
'

# Names that are too long for PostgreSQL would be cut, and might then be another database's.
name_databases() {
  side=$(query "$MAINTENANCE_DATABASE" <<'SQL'
SELECT CASE WHEN octet_length(:'db') <= 55 THEN :'db' || '_restore' ELSE 'restore_' || md5(:'db') END
SQL
  )
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
  exists "$side" || return 0
  case $(comment_of "$side") in
    "$ours, "*) ;;
    *)
      [ "$(echo "SELECT count(*) FROM pg_class WHERE oid >= 16384" | query "$side")" = 0 ] ||
        fail "there is a database \"$side\" that no restore made. Rename or drop it: the dump is loaded under that name."
      ;;
  esac
  query "$MAINTENANCE_DATABASE" --set=side="$side" <<'SQL'
DROP DATABASE :"side" WITH (FORCE)
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
  drop_side
  create_missing_roles
  made_side=t
  if exists "$database"; then
    query "$MAINTENANCE_DATABASE" --set=side="$side" --set=mark="$ours, loading $name" <"$scripts/side-database.sql" ||
      fail "cannot make the database \"$side\", see the message above. \"$database\" is untouched."
  else
    side_from_dump
  fi
}

# Without a live database, its owner, locale, grants and settings come from the dump, which knows only the dump's name.
side_from_dump() {
  log "there is no \"$database\" on $PGHOST yet: its settings are taken from the dump"
  pg_restore --create --list "$dump" | awk '$4 ~ /^(DATABASE|ACL|COMMENT)$/ && /DATABASE/' >"$scratch/database.list"
  PGDATABASE=$MAINTENANCE_DATABASE run pg_restore --create --use-list="$scratch/database.list" --file="$scratch/database.sql" "$dump"
  query "$MAINTENANCE_DATABASE" <"$scratch/database.sql" >/dev/null ||
    fail "cannot create the database as the dump describes it, see the message above." \
      "Are the roles that it names in $name.globals.sql beside the dump?"
  side_comment=$(comment_of "$database")
  query "$MAINTENANCE_DATABASE" --set=side="$side" <<'SQL'
ALTER DATABASE :"db" RENAME TO :"side"
SQL
  mark_side "loading $name"
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
    }' "$scratch/roles" "$BACKUP_DIR/$name.globals.sql" >"$scratch/roles.sql"
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

# The empty name makes pg_restore take PGDATABASE as it is, where it would read a name with "=" as settings.
load_dump() {
  tables=$(pg_restore --list "$dump" | grep -c ' TABLE DATA ' || true)
  log "loading $tables tables, $RESTORE_JOBS at a time"
  load_progress 3>&- 4<&- &
  reporter=$!
  PGOPTIONS="$PGOPTIONS $RESTORE_OPTIONS" PGDATABASE=$side run pg_restore --exit-on-error --verbose --jobs="$RESTORE_JOBS" --dbname= "$dump" \
    2>"$scratch/restore.log" || {
    grep -v '^pg_restore: \(creating\|processing\|connecting\|launching\|finished\|entering\|executing\|dropping\|item\|skipping\)' "$scratch/restore.log" |
      tail -n 20 >&2
    fail "pg_restore failed, see its message above. \"$database\" is untouched. $(load_remedy)"
  }
  stop_reporter
}

# What reads the whole database beside the proof. The planner's statistics are not in a dump before PostgreSQL 18; a drill
# needs none, and has its heaps and indexes looked at instead, where it gives a file for what is found.
start_reading() {
  reading=
  if [ "$action" != drill ]; then
    log "gathering the planner's statistics"
    query "$side" --command=ANALYZE 3>&- 4<&- &
    reading=$!
  elif [ -n "${STRUCTURE_REPORT:-}" ]; then
    log "pg_amcheck looks at heaps and indexes"
    PGDATABASE=$side pg_amcheck --install-missing --jobs=2 >"$STRUCTURE_REPORT" 3>&- 4<&- &
    reading=$!
  fi
}

wait_for_reading() {
  [ -z "$reading" ] || wait "$reading" || case $action in
    drill) fail "pg_amcheck found damage: $(head -n 3 "$STRUCTURE_REPORT")" ;;
    *) fail "cannot analyze \"$side\", see the message above. \"$database\" is untouched." ;;
  esac
}

# What helps against the usual reasons, all of them on the server.
load_remedy() {
  case $(grep 'ERROR: ' "$scratch/restore.log") in
    *'role "'*'" does not exist'*) echo "Create the role, then run this again: $name.globals.sql beside the dump does not have it." ;;
    *'extension "'*'" is not available'*) echo "Install the extension on the server, then run this again." ;;
    *'No space left on device'*) echo "Make room on the server: it holds a second copy until the restore is done." ;;
    *) echo "Choose another dump, or mend what the message tells of." ;;
  esac
}

load_progress() {
  while sleep "${PROGRESS_SECONDS:-30}" >/dev/null 2>&1; do
    loaded=$(echo "SELECT pg_database_size(:'side') / 1000000" | query "$MAINTENANCE_DATABASE" --set=side="$side")
    log "$(grep -c 'processing data for table' "$scratch/restore.log") of $tables tables begun, $loaded MB loaded"
  done
}

# usage: prove DATABASE      that all of the dump is there
prove() {
  pg_restore --list "$dump" | awk '
    $2 == 1259 && $4 == "TABLE" { tables++ }
    $2 == 1259 && $4 == "INDEX" { indexes++ }
    $2 == 2606 && ($4 == "CONSTRAINT" || $5 == "CONSTRAINT") { constraints++ }
    END { printf "%d tables, %d indexes, %d constraints\n", tables, indexes, constraints }' >"$scratch/expected"
  query "$1" <"$scripts/objects.sql" >"$scratch/found" || fail_to_prove "$1"
  cmp -s "$scratch/expected" "$scratch/found" ||
    fail "the dump lists $(cat "$scratch/expected"); restored are $(cat "$scratch/found"). \"$database\" is untouched. Choose another dump."
  prove_rows "$1"
  prove_checks "$1"
  log "proved: $(cat "$scratch/found")$rows_proved"
}

fail_to_prove() {
  fail "\"$1\" could not be read, see psql's message above. \"$database\" is untouched. Run this again."
}

# usage: not_found OBJECT      what the manifest expects and the restored database has not
not_found() {
  awk '{ sub(/,$/, "") } NR == FNR { found[$0] = 1; next } !($0 in found)' "$scratch/$1.found" "$scratch/$1.expected"
}

# The manifest was counted in the dump's own snapshot, so the numbers must be the same.
prove_rows() {
  rows_proved=
  is_verified "$name" || return 0
  manifest_members "$name" rows >"$scratch/rows.expected"
  [ -s "$scratch/rows.expected" ] || return 0
  manifest_members "$name" hashes >"$scratch/hashes.expected"
  hashing=false
  [ "$action" != drill ] || [ ! -s "$scratch/hashes.expected" ] || hashing=true
  contents "$1" "$hashing" >"$scratch/contents" || fail_to_prove "$1"
  members 2 <"$scratch/contents" >"$scratch/rows.found"
  missing=$(not_found rows)
  [ -z "$missing" ] || fail "tables do not have the rows that were counted for the dump:
$missing
\"$database\" is untouched. Choose another dump."
  rows_proved=", and the rows of $(wc -l <"$scratch/rows.expected" | tr -d ' ') tables are those of the dump"
  "$hashing" || return 0
  members 3 <"$scratch/contents" >"$scratch/hashes.found"
  changed=$(not_found hashes)
  [ -z "$changed" ] || fail "tables do not have the contents that were hashed for the dump:
$changed
\"$database\" is untouched. Choose another dump."
  rows_proved="$rows_proved, by count and by content"
}
