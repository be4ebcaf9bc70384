# shellcheck shell=bash
# What a restore needs a right to, and which of these rights its role lacks.
# Needs: server.sh and storage.sh. Sets: nothing.

# usage: missing_rights ROLE NEEDS      of what the file NEEDS has, as needs.sql prints it: a line for each, which says how bad
# it is and what to do, a tab between; see rights.sql
missing_rights() {
  local template=
  # What is in template1 comes with the copy that is made of it. A role that may not look there cannot copy it either.
  ! grep -q '\["extension", ' "$2" || template=$(inside_template "$1") || template=
  NEEDS=$2 query "$MAINTENANCE_DATABASE" --set=role="$1" --set=template="$template" <"$scripts/sql/rights.sql"
}

# usage: inside_template ROLE      what template1 has for it, see template.sql
inside_template() {
  local exists
  exists=$(query "$MAINTENANCE_DATABASE" --set=role="$1" <<<"SELECT count(*) FROM pg_roles WHERE rolname = :'role'") || return 1
  [ "$exists" = 1 ] && query template1 --set=role="$1" <"$scripts/sql/template.sql" 2>/dev/null
}

# usage: needs_of_dump NAME      as needs.sql prints them; of an older dump nothing is known
needs_of_dump() {
  local needs=
  ! is_verified "$1" || needs=$(MANIFEST=$BACKUP_DIR/$1.json query "$MAINTENANCE_DATABASE" --set=member=needs <"$scripts/sql/member-of-manifest.sql")
  printf '%s\n' "${needs:-[]}"
}

# usage: look_at_rights ROLE NEEDS      what is missing goes to $scratch/rights, and what only hinders to the log
look_at_rights() {
  local line
  missing_rights "$1" "$2" >"$scratch/rights" || return 1
  while IFS= read -r line; do
    warn "$line"
  done < <(rights_that hinders "$scratch/rights")
}

# usage: rights_that SEVERITY FILE      the sentences of one severity
rights_that() {
  awk -F '\t' -v severity="$1" '$1 == severity { print $2 }' "$2"
}
