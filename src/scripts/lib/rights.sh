# shellcheck shell=bash
# What a restore needs a right to, and which of these rights its role lacks.
# Needs: server.sh and storage.sh. Sets: nothing.

# usage: missing_rights ROLE NEEDS      of what the file NEEDS has, as needs.sql prints it: a line for each, which says how bad
# it is and what to do, a tab between; see rights.sql
missing_rights() {
  local template=
  # What is in template1 comes with the copy that is made of it.
  ! grep -q '\["extension", ' "$2" || template=$(template_extensions) || return 1
  NEEDS=$2 query "$MAINTENANCE_DATABASE" --set=role="$1" --set=template="$template" <"$scripts/sql/rights.sql"
}

# The extensions of template1.
template_extensions() {
  query template1 <<<'SELECT extname FROM pg_extension WHERE oid >= 16384'
}

# usage: needs_of_dump NAME      as needs.sql prints them; of an older dump nothing is known
needs_of_dump() {
  local needs=
  ! is_verified "$1" || needs=$(MANIFEST=$BACKUP_DIR/$1.json query "$MAINTENANCE_DATABASE" --set=member=needs <"$scripts/sql/member-of-manifest.sql")
  printf '%s\n' "${needs:-[]}"
}

# usage: rights_that SEVERITY FILE      the sentences of one severity
rights_that() {
  awk -F '\t' -v severity="$1" '$1 == severity { print $2 }' "$2"
}
