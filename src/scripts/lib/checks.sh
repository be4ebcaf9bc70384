# shellcheck shell=bash
# The checks: what must be true of what is restored.
# Needs: server.sh and storage.sh; CHECKS, how many there are, each with CHECK_n_NAME, CHECK_n_QUERY and, where the value is
# known beforehand, CHECK_n_EXPECT. Sets: nothing.

# usage: check_part NUMBER NAME|QUERY|EXPECT
check_part() {
  local variable=CHECK_$1_$2
  printf '%s\n' "${!variable}"
}

# usage: is_expected NUMBER      whether the value is known beforehand
is_expected() {
  [[ -v CHECK_$1_EXPECT ]]
}

# usage: check_fact NUMBER VALUE      a line with the check's name and the value, as JSON, a tab between
check_fact() {
  query "$MAINTENANCE_DATABASE" --set=name="$(check_part "$1" NAME)" --set=value="$2" <<<"SELECT to_json(:'name'::text), to_json(:'value'::text)" ||
    fail "the server did not answer, see psql's message above. Nothing was changed; run this again."
}

# usage: write_checks FOLDER      SQL for a session that holds a snapshot: the value of check n goes to FOLDER/check.n
write_checks() {
  local n
  for ((n = 1; n <= ${CHECKS:?is not set}; n++)); do
    check_part "$n" QUERY >"$scratch/check.$n.sql"
    # A check that fails must not end the dump, nor the transaction with its snapshot.
    printf '%s\n' '\set ON_ERROR_STOP off' 'SAVEPOINT checking;' "\\o $1/check.$n" "\\i $scratch/check.$n.sql" \
      ';' '\o' 'ROLLBACK TO checking;' '\set ON_ERROR_STOP on'
  done
}

# usage: checked FOLDER      the values that are in the folder, a fact each, and a warning where one is not as expected
checked() {
  local n value expected
  for ((n = 1; n <= CHECKS; n++)); do
    value=$(cat "$1/check.$n")
    if is_expected "$n"; then
      expected=$(check_part "$n" EXPECT)
      [ "$value" = "$expected" ] || warn "check failed in this dump: $(check_part "$n" NAME) (expected $expected, found $value)." \
        "A restore of it will be refused."
    fi
    check_fact "$n" "$value"
  done
}

# usage: prove_checks DATABASE DUMP      fails at the first that is not true of the database
prove_checks() {
  local n name value expected fact recorded
  for ((n = 1; n <= ${CHECKS:?is not set}; n++)); do
    name=$(check_part "$n" NAME)
    check_part "$n" QUERY >"$scratch/check.sql"
    value=$(query "$1" --field-separator='|' --file="$scratch/check.sql") ||
      fail "the check \"$name\" could not be evaluated, see psql's message above. \"$database\" is untouched."
    if is_expected "$n"; then
      expected=$(check_part "$n" EXPECT)
      [ "$value" = "$expected" ] ||
        fail "check failed: $name (expected $expected, found $value). \"$database\" is untouched. Choose another dump."
    else
      fact=$(check_fact "$n" "$value")
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
