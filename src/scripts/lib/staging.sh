# shellcheck shell=bash
# The staging database, beside the live one: it is made, loaded and kept quiet. And our marks: comments that tell the purpose
# of a database.
# Needs: server.sh, storage.sh and rights.sh; the function refuse of restore.sh; REQUEST_ID; RESTORE_JOBS and RESTORE_OPTIONS;
# STRUCTURE_REPORT, the file for the findings of pg_amcheck, in a drill that runs it.
# Sets:  by name_databases staging, previous and ours; staging_comment; made_staging; reading.

# The names of the staging database, and of the live one once it is replaced.
staging=
previous=
# The beginning of all our marks.
ours=
# The comment that the staging database will get, if there is no live database that has it.
staging_comment=
# True while there is a staging database that must be dropped if this run fails.
made_staging=false
# The process that reads the whole staging database beside the proof.
reading=

# PostgreSQL would cut names that are too long, and they might then be those of other databases.
name_databases() {
  staging=$(staging_name)
  previous=$(query "$MAINTENANCE_DATABASE" --set=request="$REQUEST_ID" <"$scripts/sql/previous-name.sql")
  ours="cdk8s-postgres-backup: $prefix"
}

# usage: exists DATABASE
exists() {
  [ "$(query "$MAINTENANCE_DATABASE" --set=name="$1" <<<"SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'name')")" = t ]
}

# usage: comment_of DATABASE
comment_of() {
  query "$MAINTENANCE_DATABASE" --set=name="$1" <<<"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'name'"
}

# usage: mark_staging TEXT
mark_staging() {
  query "$MAINTENANCE_DATABASE" --set=staging="$staging" --set=mark="$ours, $1${staging_comment:+$'\n'$staging_comment}" <<<"COMMENT ON DATABASE :\"staging\" IS :'mark'"
}

# Prints the dump that was prepared earlier, or that this request has already put in place.
prepared_dump() {
  local mark
  mark=$(comment_of "$staging")
  if [[ $mark == "$ours, prepared from "* ]]; then
    mark=${mark#"$ours, prepared from "}
    echo "${mark%%$'\n'*}"
    return 0
  fi
  mark=$(comment_of "$previous")
  [[ $mark == "$ours until "*", replaced by $prefix-"* ]] ||
    fail "nothing is prepared: there is no \"$staging\" with a proven restore. Run RESTORE_ACTION=prepare first."
  echo "${mark##*, replaced by }"
}

# A database of that name may be another user's. So it is dropped only if it has our mark, or is empty: a run that is killed
# before it can set the mark leaves an empty database.
drop_staging() {
  stop_reading
  exists "$staging" || return 0
  [[ $(comment_of "$staging") == "$ours, "* ]] ||
    [ "$(query "$staging" <"$scripts/sql/own-relations.sql")" = 0 ] ||
    fail "there is a database \"$staging\" that no restore made. Rename or drop it: the dump is loaded under that name."
  # A copy of a template is a template, too.
  query "$MAINTENANCE_DATABASE" --set=staging="$staging" <<<'ALTER DATABASE :"staging" IS_TEMPLATE false'
  drop_database "$staging"
}

# usage: drop_database NAME      Subscriptions keep a database from being dropped; ours have no slots that could be left behind.
drop_database() {
  local subscribed
  subscribed=$(query "$MAINTENANCE_DATABASE" --set=name="$1" \
    <<<"SELECT EXISTS (SELECT FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = :'name')") || return 1
  if [ "$subscribed" = t ]; then
    query "$MAINTENANCE_DATABASE" --set=name="$1" <<<'ALTER DATABASE :"name" ALLOW_CONNECTIONS true' || return 1
    query "$1" <"$scripts/sql/release-subscriptions.sql" || return 1
    query "$1" <"$scripts/sql/drop-subscriptions.sql" || return 1
  fi
  query "$MAINTENANCE_DATABASE" --set=name="$1" <<<'DROP DATABASE :"name" WITH (FORCE)'
}

# usage: check_space DUMP      A server with a full disk stops, and the live database with it.
check_space() {
  local needed free
  needed=$(query "$MAINTENANCE_DATABASE" <<<"SELECT pg_database_size(:'db')" 2>/dev/null || true)
  ! is_verified "$1" || needed=$(manifest_number "$1" databaseBytes)
  # The write-ahead log of the load comes on top, as far as the server lets it grow.
  needed=$(query "$MAINTENANCE_DATABASE" --set=bytes="${needed:-0}" <<<"SELECT :bytes + least(:bytes, pg_size_bytes(current_setting('max_wal_size')))")
  if ! free=$(query "$MAINTENANCE_DATABASE" <"$scripts/sql/free-space.sql" 2>/dev/null) || [ -z "$free" ]; then
    warn "the free space on the server is unknown, since only a superuser may ask for it, on a server with df:" \
      "about $((needed / 1000000)) MB are needed"
  elif [ "$free" -lt "$needed" ]; then
    refuse space "the server has $((free / 1000000)) MB free, and a second copy of \"$database\" needs about $((needed / 1000000)) MB." \
      "Enlarge its volume, or free the former databases with RESTORE_ACTION=drop-previous."
  else
    log "the server has $((free / 1000000)) MB free, about $((needed / 1000000)) MB are needed"
  fi
}

# usage: prepare_staging DUMP DRILLING
prepare_staging() {
  drop_staging || fail "the database \"$staging\" of an earlier restore cannot be dropped, see the message above. \"$database\" is untouched."
  pg_restore --list "$BACKUP_DIR/$1.dump" >"$scratch/list" ||
    fail "the contents of $1.dump cannot be listed, see pg_restore's message above. \"$database\" is untouched. Choose another dump."
  : >"$scratch/extensions.copied"
  create_missing_roles "$1"
  made_staging=true
  if exists "$database"; then
    query "$MAINTENANCE_DATABASE" <"$scripts/sql/database.sql" >"$scratch/definition.json"
  else
    log "there is no \"$database\" on $PGHOST yet: its settings are taken from the dump"
    definition_of_dump "$1" >"$scratch/definition.json"
    staging_comment=$(definition_comment)
  fi
  if [ -s "$scratch/definition.json" ]; then
    create_staging "$1"
  else
    staging_from_list "$1"
  fi || fail "cannot make the database \"$staging\", see the message above. \"$database\" is untouched." \
    "Are the roles that it needs on the server, or in $1.globals.sql beside the dump?"
  [ -z "$staging_comment" ] || mark_staging "loading $1"
  if "$2" && has_amcheck && ! dump_has_extension amcheck; then query "$staging" <<<'CREATE EXTENSION amcheck SCHEMA pg_catalog'; fi
}

# usage: create_staging DUMP
# A superuser creates every extension in a copy of template0. Another role may not create some of them. Those come with a copy
# of template1, in which a superuser has created them.
create_staging() {
  local template=template0
  if ! "$is_superuser"; then
    inside_template "$PGUSER" | sed -n 's/^extension //p' >"$scratch/extensions.template" || true
    awk 'of == "template" { is_there[$0] = 1; next } $2 == 3079 && $4 == "EXTENSION" && $6 in is_there { print $6 }' \
      of=template "$scratch/extensions.template" of=dump "$scratch/list" >"$scratch/extensions.copied"
  fi
  [ ! -s "$scratch/extensions.copied" ] || {
    template=template1
    log "\"$staging\" is a copy of template1, which has extensions of the dump: $(paste -s -d ' ' "$scratch/extensions.copied")"
    # Their comments are those of template1.
    awk '{ print "\"extension\"\t\"" ($0 ~ /^[a-z_][a-z0-9_]*$/ ? $0 : "\\\"" $0 "\\\"") "\"" }' "$scratch/extensions.copied" >>"$scratch/left-out.structure"
  }
  DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" --set=staging="$staging" --set=mark="$ours, loading $1" \
    --set=template="$template" <"$scripts/sql/database-create.sql" >"$scratch/grants.database" || return 1
  leave_out_lines "grants: " "$scratch/grants.database"
}

# usage: definition_of_dump DUMP
# Prints the definition of the database from the manifest, as database.sql prints it; nothing if the manifest is older or missing.
definition_of_dump() {
  ! is_verified "$1" || MANIFEST=$BACKUP_DIR/$1.json query "$MAINTENANCE_DATABASE" --set=member=definition <"$scripts/sql/member-of-manifest.sql"
}

definition_comment() {
  [ ! -s "$scratch/definition.json" ] || DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" <"$scripts/sql/definition-comment.sql"
}

# usage: staging_from_list DUMP
# A dump without such a definition has its own in the archive, but for the name of the dumped database alone. An unproven
# database must not take the live name, so the staging name replaces it.
staging_from_list() {
  local dump=$BACKUP_DIR/$1.dump
  pg_restore --create --list "$dump" |
    awk '$4 == "DATABASE" || ($4 == "ACL" || $4 == "COMMENT") && $5 == "-" && $6 == "DATABASE"' >"$scratch/database.list"
  PGDATABASE=$MAINTENANCE_DATABASE run pg_restore --create --use-list="$scratch/database.list" --file="$scratch/database.sql" "$dump"
  query "$MAINTENANCE_DATABASE" --set=staging="$staging" <<<"SELECT quote_ident(:'db'), quote_ident(:'staging')" >"$scratch/names"
  awk -F '\t' '
    NR == FNR { from = "DATABASE " $1; to = "DATABASE " $2; next }
    /^\\connect/ { next }
    /^(CREATE DATABASE|ALTER DATABASE|ALTER ROLE|COMMENT ON DATABASE|GRANT|REVOKE) / && (at = index($0, from)) {
      $0 = substr($0, 1, at - 1) to substr($0, at + length(from))
    }
    { print }' "$scratch/names" "$scratch/database.sql" | query "$MAINTENANCE_DATABASE" >/dev/null && {
    staging_comment=$(comment_of "$staging")
    mark_staging "loading $1"
  }
}

# usage: dump_has_extension NAME      by $scratch/list
dump_has_extension() {
  awk -v name="$1" '$2 == 3079 && $4 == "EXTENSION" && $6 == name { found = 1 } END { exit !found }' "$scratch/list"
}

# usage: create_missing_roles DUMP
# Roles that own objects of the dump and are not on this server come from its globals, without passwords.
# Roles that exist are left as they are.
create_missing_roles() {
  [ -s "$BACKUP_DIR/$1.globals.sql" ] || return 0
  query "$MAINTENANCE_DATABASE" <<<'SELECT quote_ident(rolname) FROM pg_roles' >"$scratch/roles"
  awk '
    NR == FNR { exists[$0] = 1; next }
    /^CREATE ROLE / { role = substr($0, 13, length($0) - 13); if (!(role in exists)) { missing[role] = 1; print } next }
    /^ALTER ROLE / {
      for (role in missing) if (index($0, "ALTER ROLE " role " ") == 1) { print; next }
    }
    /^GRANT / {
      for (role in missing) if (index($0, "GRANT " role " TO ") == 1 || index($0, " TO " role " ") || index($0, " TO " role ";")) { print; next }
    }' "$scratch/roles" "$BACKUP_DIR/$1.globals.sql" |
    # The first superuser of this server grants them: the role that granted them there may have no right to do so here.
    sed 's/ GRANTED BY \("\([^"]\|""\)*"\|[^ "]*\);$/;/' >"$scratch/roles.sql"
  [ -s "$scratch/roles.sql" ] || return 0
  if ! "$is_superuser"; then
    create_roles_as_lesser
    return 0
  fi
  query "$MAINTENANCE_DATABASE" <"$scratch/roles.sql" || fail "the missing roles could not be created, see the message above."
  warn "created roles that were missing: $(created_roles <"$scratch/roles.sql")"
}

# Only a superuser may set some attributes of a role, and a new role has their defaults. The creator of a role may act for it
# only by a grant, even if the dump's server had none. A role that may not create roles goes on: the owners of objects were
# checked before.
create_roles_as_lesser() {
  local missing me
  me=$(query "$MAINTENANCE_DATABASE" <<<'SELECT quote_ident(current_user)')
  { awk -v me="$me" '!/^GRANT / || index($0 " ", " TO " me " ") == 0 && index($0, " TO " me ";") == 0' "$scratch/roles.sql" |
      sed '/^ALTER ROLE /s/ NOSUPERUSER\| NOREPLICATION\| NOBYPASSRLS//g'
    sed -n 's/^CREATE ROLE \(.*\);$/GRANT \1 TO :"me";/p' "$scratch/roles.sql"; } |
    query "$MAINTENANCE_DATABASE" --set=ON_ERROR_STOP=0 --set=me="$PGUSER" 2>"$scratch/roles.log"
  query "$MAINTENANCE_DATABASE" <<<'SELECT quote_ident(rolname) FROM pg_roles' >"$scratch/roles"
  missing=$(sed -n 's/^CREATE ROLE \(.*\);$/\1/p' "$scratch/roles.sql" | awk 'NR == FNR { exists[$0] = 1; next } !($0 in exists)' "$scratch/roles" - | paste -s -d , -)
  awk 'NR == FNR { exists[$0] = 1; next } /^CREATE ROLE / { if (!(substr($0, 13, length($0) - 13) in exists)) next } { print }' \
    "$scratch/roles" "$scratch/roles.sql" >"$scratch/roles.made"
  ! grep -q '^CREATE ROLE ' "$scratch/roles.made" || warn "created roles that were missing: $(created_roles <"$scratch/roles.made")"
  [ -z "$missing" ] || leave_out "roles that are not on the server and that $PGUSER may not create: $missing"
  errors_of "$scratch/roles.log" >"$scratch/roles.failed"
  leave_out_lines "roles: " "$scratch/roles.failed"
}

# usage: created_roles <SQL      prints their names, and those that need a password: the roles with LOGIN
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

# usage: load_dump DUMP DRILLING
load_dump() {
  local dump=$BACKUP_DIR/$1.dump tables absent options=()
  tables=$(grep -c ' TABLE DATA ' "$scratch/list" || true)
  log "loading $tables tables, $RESTORE_JOBS at a time"
  : >"$scratch/restore.log"
  start_progress load_progress "$tables"
  absent=$(absent_tablespaces "$1")
  [ -z "$absent" ] || {
    options+=(--no-tablespaces)
    leave_out "tablespaces, since the server lacks some of them, or $PGUSER may not create in them: $absent"
  }
  if ! "$2" && dump_has_extension pg_cron; then
    leave_out_pg_cron
  fi
  "$is_superuser" || leave_out_forbidden "$1"
  load_in_order "$dump" "${options[@]}" || {
    sed '/^pg_restore: \(creating\|processing\|connecting\|launching\|finished\|entering\|executing\|dropping\|item\|skipping\)/d' "$scratch/restore.log" |
      tail -n 20 >&2
    fail "pg_restore failed, see its message above. \"$database\" is untouched. $(load_remedy "$1")"
  }
  stop_progress
  quiet_subscriptions
  [ ! -s "$scratch/definition.json" ] || set_staging
}

# Applies the settings of the database. A setting that the role may not make does not end the restore.
set_staging() {
  local strict=1
  "$is_superuser" || strict=0
  DEFINITION=$scratch/definition.json query "$MAINTENANCE_DATABASE" --set=staging="$staging" --set=ON_ERROR_STOP="$strict" \
    <"$scripts/sql/database-settings.sql" 2>"$scratch/settings.log" || {
    cat "$scratch/settings.log" >&2
    fail "\"$staging\" could not be given its settings, see the message above. \"$database\" is untouched."
  }
  errors_of "$scratch/settings.log" >"$scratch/settings.failed"
  leave_out_lines "settings: " "$scratch/settings.failed"
}

# usage: load_in_order FILE [option]...      loads the entries of $scratch/list
# pg_restore does not know some orders, or not with several connections. A check that is not valid yet may belong to a domain:
# the rows come before it. A role that grants a privilege must first have been granted it, and the use of the schema: privileges
# are loaded in the order of the list. A role without superuser gives an object away only if its new owner may create in the
# schema: for such a role, the schemas and their privileges come first. Event triggers and the rows of materialized views come
# last, as in pg_restore.
load_in_order() {
  local dump=$1
  shift
  awk -v folder="$scratch" -v owner_needs_grants="$("$is_superuser" || echo yes)" '
    function is_schema() { return owner_needs_grants && $2 == 2615 && $4 == "SCHEMA" }
    function is_schema_grant() { return owner_needs_grants && $4 == "ACL" && $6 == "SCHEMA" }
    function is_grant() { return $4 == "ACL" || $2 == 826 }
    function is_last() {
      return $2 == 3466 || $2 == 0 && $4 == "MATERIALIZED" || ($4 == "COMMENT" || $4 == "SECURITY") && / - EVENT TRIGGER /
    }
    /^;/ { next }
    { print >(folder "/list." (is_schema() ? "schemas" : is_schema_grant() ? "schema-grants" : is_grant() ? "grants" : is_last() ? "last" : "objects")) }' "$scratch/list"
  touch "$scratch"/list.{schemas,schema-grants,grants,last}
  restore_into_staging "$dump" schemas 1 "$@" && restore_grants "$dump" schema-grants "$@" || return 1
  if awk '$2 == 2606 && $4 == "CHECK" { found = 1 } END { exit !found }' "$scratch/list"; then
    restore_into_staging "$dump" objects "$RESTORE_JOBS" "$@" --section=pre-data --section=data &&
      restore_into_staging "$dump" objects "$RESTORE_JOBS" "$@" --section=post-data
  else
    restore_into_staging "$dump" objects "$RESTORE_JOBS" "$@"
  fi &&
    restore_grants "$dump" grants "$@" &&
    restore_into_staging "$dump" last "$RESTORE_JOBS" "$@"
}

# usage: restore_grants FILE LIST [option]...
# A role without superuser makes the grants that it may, one by one: pg_restore would make all grants of an object or none. The
# proof tells the missing grants.
restore_grants() {
  local dump=$1 list=$2
  shift 2
  if "$is_superuser"; then
    restore_into_staging "$dump" "$list" 1 "$@"
  else
    pg_restore --use-list="$scratch/list.$list" --file=- "$dump" |
      query "$staging" --set=ON_ERROR_STOP=0 >/dev/null 2>"$scratch/grants.log"
    errors_of "$scratch/grants.log" >"$scratch/grants.$list"
    leave_out_lines "grants: " "$scratch/grants.$list"
    cat "$scratch/grants.$list" >>"$scratch/grants.failed"
  fi
}

# usage: restore_into_staging FILE LIST JOBS [option]...
# With the empty name, pg_restore takes PGDATABASE as it is. It would read a name with "=" as settings.
restore_into_staging() {
  local dump=$1 list=$scratch/list.$2 jobs=$3
  shift 3
  [ -s "$list" ] || return 0
  PGOPTIONS="$PGOPTIONS $RESTORE_OPTIONS" PGDATABASE=$staging run pg_restore --exit-on-error --verbose --jobs="$jobs" \
    --use-list="$list" "$@" --dbname= "$dump" 2>>"$scratch/restore.log"
}

# usage: leave_out_pg_cron      removes it from $scratch/list
# A server lets pg_cron be created in one database only, by its name, which a copy does not have. Nor may a copy run its jobs.
leave_out_pg_cron() {
  awk '
    $4 == "EXTENSION" && $6 == "pg_cron" || $4 == "COMMENT" && $6 == "EXTENSION" && $7 == "pg_cron" { next }
    ($4 " " $5 == "TABLE DATA" || $4 " " $5 == "SEQUENCE SET") && $6 == "cron" || $4 == "ACL" && ($5 == "cron" || $6 " " $7 == "SCHEMA cron") { next }
    { print }' "$scratch/list" >"$scratch/without"
  mv "$scratch/without" "$scratch/list"
  printf '"extension"\t"pg_cron"\n' >>"$scratch/left-out.structure"
  leave_out "the extension pg_cron and its jobs: CREATE EXTENSION pg_cron when \"$database\" is exchanged, and schedule them again; pg_restore --data-only --schema=cron --file=- shows them"
}

# usage: leave_out TEXT      notes a part that a restore leaves out on purpose, for the log, the record and the evidence
leave_out() {
  warn "left out: $1"
  echo "$1" >>"$scratch/left-out"
}

# usage: errors_of LOG      prints psql's messages of errors, each once
errors_of() {
  sed -n 's/^.*ERROR: *//p' "$1" | sort -u
}

# usage: leave_out_lines TEXT FILE      each line of the file, after the text
leave_out_lines() {
  local line
  while IFS= read -r line; do
    leave_out "$1$line"
  done <"$2"
}

# usage: leave_out_forbidden DUMP      removes from $scratch/list the objects that only a superuser creates, and that no row needs
# A dump with such objects is loaded only if RESTORE_IGNORE names rights. A comment on an extension that came with template1
# belongs to its owner.
leave_out_forbidden() {
  local manifest=$BACKUP_DIR/$1.json kind
  facts "$scratch/needs" | cut -f 3 | sed -n 's/^"the publication \(.*\), of all tables or those of a schema"$/"\1"/p' >"$scratch/publications"
  {
    sed 's/^/"publication"\t/' "$scratch/publications"
    ! is_verified "$1" || for kind in 'event trigger' subscription; do
      fact "$manifest" '"structure"' "\"$kind\"" | cut -f 1 | sed "s/^/\"$kind\"\t/"
    done
  } >>"$scratch/left-out.structure"
  plain <"$scratch/publications" >"$scratch/publications.names"
  awk -v out="$scratch/forbidden" '
    # Names are not quoted, and the owner follows them: a name with a blank is left to the server.
    function is_of(publication, start,    rest) {
      if (index($0, start publication " ") == 0) return 0
      rest = substr($0, index($0, start publication " ") + length(start publication " "))
      return rest != "" && rest !~ / /
    }
    function is_forbidden(    name) {
      if ($2 == 3466 || $2 == 6100 || / - EVENT TRIGGER / || / - SUBSCRIPTION /) return 1
      for (name in publications)
        if ($2 == 6104 && is_of(name, " PUBLICATION - ") || is_of(name, " COMMENT - PUBLICATION ") ||
          $2 == 6106 && $7 == name || $2 == 6237 && $9 == name) return 1
      return 0
    }
    of == "copied" { copied[$0] = 1; next }
    of == "publications" { if (sub(/^"/, "")) { sub(/"$/, ""); gsub(/""/, "\"") } publications[$0] = 1; next }
    $4 == "COMMENT" && $6 == "EXTENSION" && $7 in copied { next }
    is_forbidden() { $1 = $2 = $3 = ""; sub(/^ */, ""); print >out; next }
    { print }' of=copied "$scratch/extensions.copied" of=publications "$scratch/publications.names" of=list "$scratch/list" >"$scratch/without"
  mv "$scratch/without" "$scratch/list"
  [ ! -e "$scratch/forbidden" ] || leave_out_lines "what only a superuser creates: " "$scratch/forbidden"
}

# usage: absent_tablespaces DUMP      prints the tablespaces of the dump's tables in which our role cannot create objects here
absent_tablespaces() {
  is_verified "$1" || return 0
  fact "$BACKUP_DIR/$1.json" '"definition"' '"tablespaces"' | cut -f 2 >"$scratch/tablespaces"
  query "$MAINTENANCE_DATABASE" <<<"SELECT to_json(spcname) FROM pg_tablespace WHERE has_tablespace_privilege(oid, 'CREATE')" |
    awk 'of == "server" { here[$0] = 1; next } !($0 in here) { printf "%s%s", (seen++ ? ", " : ""), $0 }' of=server - of=dump "$scratch/tablespaces"
}

# A copy must not act: its subscriptions would consume the slots of the live database.
quiet_subscriptions() {
  local subscriptions
  subscriptions=$(query "$staging" <"$scripts/sql/subscriptions.sql")
  [ -n "$subscriptions" ] || return 0
  query "$staging" <"$scripts/sql/release-subscriptions.sql" ||
    fail "the subscriptions in \"$staging\" could not be disabled, see the message above. \"$database\" is untouched."
  leave_out "the slots of subscriptions, which are disabled: $subscriptions"
}

# usage: start_reading DRILLING
# Starts a process that reads the whole database beside the proof. The planner's statistics are not in a dump before
# PostgreSQL 18, so a restore gathers them. A drill needs none: it checks its heaps and indexes if it has a file for findings.
start_reading() {
  if ! "$1"; then
    log "gathering the planner's statistics"
    detached query "$staging" --set=ON_ERROR_STOP=0 <"$scripts/sql/analyze.sql" 2>"$scratch/reading" &
    reading=$!
  elif [ -n "${STRUCTURE_REPORT:-}" ]; then
    log "pg_amcheck looks at heaps and indexes"
    # pg_amcheck reads a name with "=" as settings, so it gets settings.
    detached pg_amcheck --jobs=2 "dbname='$(printf %s "$staging" | sed "s/[\\\\']/\\\\&/g")'" >"$STRUCTURE_REPORT" 2>"$scratch/reading" &
    reading=$!
  fi
}

# usage: wait_for_reading DRILLING
wait_for_reading() {
  local status=0
  [ -n "$reading" ] || return 0
  wait "$reading" || status=$?
  reading=
  if "$1"; then
    [ "$status" -eq 0 ] || {
      cat "$scratch/reading" >&2
      fail "pg_amcheck found damage, or could not look for it: $(sed -n 1,3p "$STRUCTURE_REPORT")"
    }
  elif [ -s "$scratch/reading" ]; then
    # The rows are complete without them; the planner guesses until autovacuum has run.
    warn "the planner's statistics are not complete: $(sed '/./!d;q' "$scratch/reading"). ANALYZE gathers them later."
  fi
}

# Ends it before the database is dropped: its messages about that would help no reader.
stop_reading() {
  [ -z "$reading" ] || end_process "$reading"
  reading=
}

# usage: load_remedy DUMP      prints the remedy for the usual reasons, all of them on the server
load_remedy() {
  case $(grep 'ERROR: ' "$scratch/restore.log") in
    *'role "'*'" does not exist'*) echo "Create the role, then run this again: $1.globals.sql beside the dump does not have it." ;;
    *'extension "'*'" is not available'*) echo "Install the extension on the server, then run this again." ;;
    *'No space left on device'*) echo "Free space on the server: it holds a second copy until the restore is done." ;;
    *'can only create extension in database'*) echo "Set the setting of the server that the message names to \"$staging\", or drop the extension before the next dump." ;;
    *'must be a superuser'* | *'must be superuser'*) echo "Restore with a superuser, and give the named owners the attributes that they had on the dump's server." ;;
    *) echo "Correct what the message names, or choose a dump without it." ;;
  esac
}

# usage: load_progress TABLES
load_progress() {
  local loaded
  while sleep "${PROGRESS_SECONDS:-30}" >/dev/null 2>&1; do
    loaded=$(query "$MAINTENANCE_DATABASE" --set=staging="$staging" <<<"SELECT pg_database_size(:'staging') / 1000000")
    log "$(grep -c 'processing data for table' "$scratch/restore.log" || true) of $1 tables begun, $loaded MB loaded"
  done
}
