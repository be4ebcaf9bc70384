# shellcheck shell=bash
# The proof that all of a dump is restored. The manifest has the results of queries in the dump's own snapshot. The same queries
# must have the same results in the restored database.
# Needs: server.sh, storage.sh and checks.sh; the function refuse of restore.sh. Sets: nothing.

# usage: prove DATABASE DUMP HASHING      with HASHING true, also by the hashes of the rows if the dump has them
prove() {
  local rows
  cat "$scripts/sql"/{text-of-values,structure,sequences}.sql | query "$1" >"$scratch/structure.found" || fail_to_prove "$1"
  prove_structure "$2"
  rows=$(prove_rows "$@")
  prove_checks "$1" "$2"
  log "proved: $(count_kinds)$rows"
}

fail_to_prove() {
  fail "\"$1\" could not be read, see psql's message above. \"$database\" is untouched. Run this again."
}

# Prints the numbers of the kinds of objects that people ask for.
count_kinds() {
  awk -F '\t' '{ count[$1]++; all++ } END {
    printf "%d tables, %d indexes, %d constraints, %d objects in all", count["\"table\""], count["\"index\""], count["\"constraint\""], all }' "$scratch/structure.found"
}

# usage: prove_same EXPECTED FOUND WHAT      compares files whose lines end in a value: refuses lines that are missing or have
# another value
prove_same() {
  local different
  # Either file may be empty, so they are told apart by name.
  different=$(awk '
    of == "found" { found[name()] = value(); next }
    !(name() in found) { print "  " name() ": missing" }
    name() in found && found[name()] != value() { print "  " name() ": " value() ", but " found[name()] " is there" }
    function value() { return substr($0, match($0, /[^\t]*$/)) }
    function name() { return substr($0, 1, match($0, /\t[^\t]*$/) - 1) }' of=found "$2" of=expected "$1" | sed -n 1,50p | tr '\t' ' ')
  [ -z "$different" ] || refuse proof "$3:
$different
\"$database\" is untouched. Choose another dump, unless it differs in the same way."
}

# usage: prove_structure DUMP
prove_structure() {
  ! is_verified "$1" || fact "$BACKUP_DIR/$1.json" '"structure"' >"$scratch/structure.expected"
  if [ ! -s "$scratch/structure.expected" ]; then
    warn "the structure is not compared: the dump has no manifest that lists it. pg_restore has made it without an error."
    return 0
  fi
  without "$scratch/left-out.structure" "$scratch/structure.expected"
  [ ! -s "$scratch/grants.failed" ] || prove_grants
  prove_same "$scratch/structure.expected" "$scratch/structure.found" "objects are not what they were in the dump, by the hashes of their definitions"
}

# usage: without NAMES FILE      removes the lines of the file that begin with a line of NAMES and a tab
without() {
  [ -s "$1" ] || return 0
  awk -F '\t' 'NR == FNR { gone[$0] = 1; next } !($1 "\t" $2 in gone)' "$1" "$2" >"$2.without"
  mv "$2.without" "$2"
}

# Grants that a role may not make are not refused. They are told, object by object, and the comparison then ignores grants.
prove_grants() {
  local object file
  awk -F '\t' '
    of == "found" { found[$1 "\t" $2] = $3; next }
    found[$1 "\t" $2] != $3 && (is_grant() || bare(found[$1 "\t" $2]) == bare($3)) { print $1 " " $2 }
    function is_grant() { return $1 == "\"column grants\"" || $1 == "\"default acl\"" }
    function bare(hash) { sub(/ [0-9a-f]*"$/, "\"", hash); return hash }' of=found "$scratch/structure.found" of=expected "$scratch/structure.expected" |
    tr -d '"' >"$scratch/grants.missing"
  while IFS= read -r object; do
    leave_out "grants: those of the $object are not what they were"
  done <"$scratch/grants.missing"
  for file in "$scratch/structure.found" "$scratch/structure.expected"; do
    awk -F '\t' '$1 != "\"column grants\"" && $1 != "\"default acl\"" { sub(/ [0-9a-f]*"$/, "\""); print }' "$file" >"$file.bare"
    mv "$file.bare" "$file"
  done
}

# usage: prove_rows DATABASE DUMP HASHING      prints what was proved, as the end of a sentence
# The manifest was counted in the dump's own snapshot, so the numbers must be the same.
prove_rows() {
  local hashing=$3 proved
  is_verified "$2" || return 0
  fact "$BACKUP_DIR/$2.json" '"rows"' >"$scratch/rows.expected"
  # Null, and not an object: the rows were not counted.
  [ "$(cat "$scratch/rows.expected")" != null ] || return 0
  fact "$BACKUP_DIR/$2.json" '"hashes"' | sed '/^null$/d' >"$scratch/hashes.expected"
  [ -s "$scratch/hashes.expected" ] || hashing=false
  contents "$1" "$hashing" >"$scratch/contents" || fail_to_prove "$1"
  cut -f 1,2 "$scratch/contents" >"$scratch/rows.found"
  prove_same "$scratch/rows.expected" "$scratch/rows.found" "tables do not have the rows that were counted for the dump"
  proved=", and the rows of $(wc -l <"$scratch/rows.expected") tables are those of the dump"
  "$hashing" || { echo "$proved"; return 0; }
  awk -F '\t' '{ printf "%s\t\"%s\"\n", $1, $3 }' "$scratch/contents" >"$scratch/hashes.found"
  prove_same "$scratch/hashes.expected" "$scratch/hashes.found" "tables do not have the contents that were hashed for the dump"
  echo "$proved, by count and by content"
}
