# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by the scripts that evaluate the checks: CHECKS of them, each with CHECK_n_NAME, CHECK_n_QUERY and, where the
# value is known beforehand, CHECK_n_EXPECT.

# usage: write_checks FOLDER      SQL for a session that holds a snapshot: the value of check n goes to FOLDER/check.n
write_checks() {
  check_number=0
  while [ "$check_number" -lt "${CHECKS:?is not set}" ]; do
    check_number=$((check_number + 1))
    check_part QUERY >"$scratch/check.$check_number.sql"
    # A check that fails must not end the dump, nor the transaction with its snapshot.
    printf '%s\n' '\set ON_ERROR_STOP off' 'SAVEPOINT checking;' "\\o $1/check.$check_number" "\\i $scratch/check.$check_number.sql" \
      ';' '\o' 'ROLLBACK TO checking;' '\set ON_ERROR_STOP on'
  done
}

# usage: check_members FOLDER      the values as members of a JSON object, and a warning where one is not as expected
check_members() {
  check_number=0
  while [ "$check_number" -lt "$CHECKS" ]; do
    check_number=$((check_number + 1))
    check_value=$(cat "$1/check.$check_number")
    if check_expected && [ "$check_value" != "$expected_value" ]; then
      warn "check failed in this dump: $(check_part NAME) (expected $expected_value, found $check_value)." \
        "A restore of it will be refused."
    fi
    [ "$check_number" -eq 1 ] || echo ,
    check_fact "$check_value"
    printf '    %s: %s' "${check_fact%%	*}" "${check_fact#*	}"
  done
  [ "$CHECKS" -eq 0 ] || echo
}

# usage: check_fact VALUE      puts the name of the current check and the value into $check_fact: JSON, and a tab between
check_fact() {
  check_fact=$(query "$MAINTENANCE_DATABASE" --field-separator='	' --set=name="$(check_part NAME)" --set=value="$1" <<'SQL'
SELECT to_json(:'name'::text), to_json(:'value'::text)
SQL
  ) || fail "the server did not answer, see psql's message above. Nothing was changed; run this again."
}

# usage: check_part NAME|QUERY|EXPECT      of the current check; the number and the word are ours, the value is not evaluated
check_part() {
  eval "printf '%s\n' \"\${CHECK_${check_number}_$1}\""
}

check_expected() {
  eval "[ -n \"\${CHECK_${check_number}_EXPECT+set}\" ]" && expected_value=$(check_part EXPECT)
}

# usage: prove_checks DATABASE      fails at the first that is not true of it
prove_checks() {
  check_number=0
  while [ "$check_number" -lt "${CHECKS:?is not set}" ]; do
    check_number=$((check_number + 1))
    check_name=$(check_part NAME)
    check_part QUERY >"$scratch/check.sql"
    check_value=$(query "$1" --file="$scratch/check.sql") ||
      fail "the check \"$check_name\" could not be evaluated, see psql's message above. \"$database\" is untouched."
    if check_expected; then
      [ "$check_value" = "$expected_value" ] ||
        fail "check failed: $check_name (expected $expected_value, found $check_value). \"$database\" is untouched. Choose another dump."
    else
      check_fact "$check_value"
      recorded_value=$(! is_verified "$name" || fact "$BACKUP_DIR/$name.json" '"checks"' "${check_fact%%	*}")
      case $recorded_value in
        "${check_fact#*	}") ;;
        '') warn "the check \"$check_name\" was not recorded with this dump: found $check_value" ;;
        *) fail "check failed: $check_name is $check_value and was another value when the dump was taken. \"$database\" is untouched. Choose another dump." ;;
      esac
    fi
    log "check passed: $check_name ($check_value)"
  done
}
