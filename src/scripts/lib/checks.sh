# shellcheck shell=bash
# The checks: statements that must be true of the restored data.
# Needs: server.sh and storage.sh; CHECKS_DIR if there are any: the query (1.sql) and the name (1.name) of each check, and its
# value (1.expect) if that is known beforehand. Sets: nothing.

# usage: check_paths      prints the path of each check's files, without their endings
check_paths() {
  local file
  for file in ${CHECKS_DIR:+"$CHECKS_DIR"/*.sql}; do
    printf '%s\n' "${file%.sql}"
  done
}

# usage: check_fact CHECK VALUE      a line with the check's name and the value, as JSON, a tab between
check_fact() {
  query "$MAINTENANCE_DATABASE" --set=name="$(<"$1.name")" --set=value="$2" <<<"SELECT to_json(:'name'::text), to_json(:'value'::text)" ||
    fail "the server did not answer, see psql's message above. Nothing was changed; run this again."
}

# usage: write_checks FOLDER      SQL for a session that holds a snapshot: the value of check n goes to FOLDER/check.n
write_checks() {
  local check
  for check in $(check_paths); do
    # A check that fails must not end the dump, nor the transaction with its snapshot.
    printf '%s\n' '\set ON_ERROR_STOP off' 'SAVEPOINT checking;' "\\o $1/check.${check##*/}" "\\i $check.sql" \
      ';' '\o' 'ROLLBACK TO checking;' '\set ON_ERROR_STOP on'
  done
}

# usage: checked FOLDER      prints the values in the folder, a fact each, and warns of each that is not as expected
checked() {
  local check value expected
  for check in $(check_paths); do
    value=$(<"$1/check.${check##*/}")
    if [ -e "$check.expect" ]; then
      expected=$(<"$check.expect")
      [ "$value" = "$expected" ] || warn "check failed in this dump: $(<"$check.name") (expected $expected, found $value)." \
        "A restore of it will be refused."
    fi
    check_fact "$check" "$value"
  done
}

# usage: prove_checks DATABASE DUMP      fails at the first check that is not true of the database
prove_checks() {
  local check name value expected fact recorded
  for check in $(check_paths); do
    name=$(<"$check.name")
    value=$(query "$1" --field-separator='|' --file="$check.sql") ||
      fail "the check \"$name\" could not be evaluated, see psql's message above. \"$database\" is untouched."
    if [ -e "$check.expect" ]; then
      expected=$(<"$check.expect")
      [ "$value" = "$expected" ] ||
        fail "check failed: $name (expected $expected, found $value). \"$database\" is untouched. Choose another dump."
    else
      fact=$(check_fact "$check" "$value")
      recorded=$(! is_verified "$2" || fact "$BACKUP_DIR/$2.json" '"checks"' "${fact%%$'\t'*}")
      case $recorded in
        "${fact#*$'\t'}") ;;
        '') warn "the check \"$name\" was not recorded with this dump: found $value" ;;
        *) fail "check failed: $name is $value and was another value when the dump was taken. \"$database\" is untouched. Choose another dump." ;;
      esac
    fi
    log "check passed: $name ($value)"
  done
}
