# shellcheck shell=bash
# The rights that a restore needs, and those of them that its role lacks.
# Needs: server.sh and storage.sh. Sets: nothing.

# usage: missing_rights ROLE NEEDS      prints a line for each right that the role lacks of those in the file NEEDS, as needs.sql
# prints them: the severity, a tab, and the remedy; see rights.sql
missing_rights() {
  local template=
  # A copy of template1 brings its contents along. A role that may not read them cannot copy them either.
  ! grep -q '\["extension", ' "$2" || template=$(inside_template "$1") || template=
  NEEDS=$2 query "$MAINTENANCE_DATABASE" --set=role="$1" --set=template="$template" <"$scripts/sql/rights.sql"
}

# usage: inside_template ROLE      prints what a copy of template1 has for the role, see template.sql
inside_template() {
  local exists
  exists=$(query "$MAINTENANCE_DATABASE" --set=role="$1" <<<"SELECT count(*) FROM pg_roles WHERE rolname = :'role'") || return 1
  [ "$exists" = 1 ] && query template1 --set=role="$1" <"$scripts/sql/template.sql" 2>/dev/null
}

# usage: needs_of_dump NAME      prints them as needs.sql does; an empty list for an older dump
needs_of_dump() {
  local needs=
  ! is_verified "$1" || needs=$(MANIFEST=$BACKUP_DIR/$1.json query "$MAINTENANCE_DATABASE" --set=member=needs <"$scripts/sql/member-of-manifest.sql")
  printf '%s\n' "${needs:-[]}"
}

# usage: look_at_rights ROLE NEEDS      writes the missing rights to $scratch/rights, and logs those that only hinder
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
