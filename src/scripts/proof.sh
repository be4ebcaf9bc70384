# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by restore.sh: the proof that all of a dump is there. The manifest has what was found in the dump's own snapshot;
# the same queries must find the same in what was restored.

# usage: prove DATABASE
prove() {
  rows_proved=
  cat "$scripts/structure.sql" "$scripts/sequences.sql" | query "$1" --field-separator='	' >"$scratch/structure.found" || fail_to_prove "$1"
  prove_structure
  prove_rows "$1"
  prove_checks "$1"
  log "proved: $(count_kinds)$rows_proved"
}

fail_to_prove() {
  fail "\"$1\" could not be read, see psql's message above. \"$database\" is untouched. Run this again."
}

# How many of the kinds that people ask for are there.
count_kinds() {
  awk -F '\t' '{ count[$1]++; all++ } END {
    printf "%d tables, %d indexes, %d constraints, %d objects in all", count["\"table\""], count["\"index\""], count["\"constraint\""], all }' "$scratch/structure.found"
}

# usage: differences EXPECTED FOUND      of lines that end in a value: what is not there, or has another value
differences() {
  awk '
    NR == FNR { found[name()] = value(); next }
    !(name() in found) { print "  " name() ": missing" }
    name() in found && found[name()] != value() { print "  " name() ": " value() ", but " found[name()] " is there" }
    function value() { return substr($0, match($0, /[^\t]*$/)) }
    function name() { return substr($0, 1, match($0, /\t[^\t]*$/) - 1) }' "$2" "$1" | tr '\t' ' '
}

prove_structure() {
  ! is_verified "$name" || fact "$BACKUP_DIR/$name.json" '"structure"' >"$scratch/structure.expected"
  if [ ! -s "$scratch/structure.expected" ]; then
    warn "the structure is not compared: the dump has no manifest that knows it. It is what pg_restore made without an error."
    return
  fi
  # The copy has not got what was left out.
  [ ! -e "$scratch/without" ] || printf '"extension"\t"pg_cron"\t%s\n' "$(fact "$BACKUP_DIR/$name.json" '"structure"' '"extension"' '"pg_cron"')" >>"$scratch/structure.found"
  different=$(differences "$scratch/structure.expected" "$scratch/structure.found")
  [ -z "$different" ] || refuse_proof "objects are not what they were in the dump, by the hashes of their definitions" "$different"
}

# usage: refuse_proof WHAT LIST
refuse_proof() {
  refuse proof "$1:
$(printf '%s\n' "$2" | head -n 50)
\"$database\" is untouched. Choose another dump, if it has not got the same."
}

# The manifest was counted in the dump's own snapshot, so the numbers must be the same.
prove_rows() {
  is_verified "$name" || return 0
  fact "$BACKUP_DIR/$name.json" '"rows"' >"$scratch/rows.expected"
  # Not an object: they were not counted.
  [ "$(cat "$scratch/rows.expected")" != null ] || return 0
  fact "$BACKUP_DIR/$name.json" '"hashes"' | grep -v '^null$' >"$scratch/hashes.expected" || true
  hashing=false
  [ "$action" != drill ] || [ ! -s "$scratch/hashes.expected" ] || hashing=true
  contents "$1" "$hashing" >"$scratch/contents" || fail_to_prove "$1"
  cut -f 1,2 "$scratch/contents" >"$scratch/rows.found"
  different=$(differences "$scratch/rows.expected" "$scratch/rows.found")
  [ -z "$different" ] || refuse_proof "tables do not have the rows that were counted for the dump" "$different"
  rows_proved=", and the rows of $(wc -l <"$scratch/rows.expected" | tr -d ' ') tables are those of the dump"
  "$hashing" || return 0
  awk -F '\t' '{ printf "%s\t\"%s\"\n", $1, $3 }' "$scratch/contents" >"$scratch/hashes.found"
  different=$(differences "$scratch/hashes.expected" "$scratch/hashes.found")
  [ -z "$different" ] || refuse_proof "tables do not have the contents that were hashed for the dump" "$different"
  rows_proved="$rows_proved, by count and by content"
}
