#!/bin/bash
# Lists the dumps on the storage: whether each is verified and can be restored, and the end of its hold.
# usage: list.sh      with the environment that RestoreJob gives it; it needs no server, and no secret
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/secrets.sh
. "$scripts/lib/secrets.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# The dumps that were listed, as members of a JSON array.
listed=

main() {
  local names name findings
  on_exit report_list
  check_storage_settings
  check_readable
  check_secrets_were_checked
  names=$(dump_names)
  line NAME 'TIME (UTC)' AGE MB VERIFIED SECRETS ROWS 'HELD UNTIL' LABEL SERVER
  for name in $names; do
    list "$name"
  done
  ! findings=$(secret_findings) || warn "$findings"
}

# usage: report_list STATUS
report_list() {
  [ "$1" -ne 0 ] || told+=",\"dumps\":[$listed]"
  print_report list "$1"
}

# usage: line FIELD...
line() {
  printf '%-32s %-21s %8s %10s %-10s %-8s %12s %-21s %-20s %s\n' "$@"
}

# usage: list NAME
list() {
  local verified=no secrets=- rows=- label=- server=- time bytes held
  if is_verified "$1"; then
    verified=yes
    secrets=$(secrets_of "$1")
    rows=$(rows_of "$1")
    label=$(text_of "$BACKUP_DIR/$1.json" label)
    server=$(manifest_string "$1" server)
  fi
  time=$(utc_time "${1#"$prefix-"}")
  bytes=$(size_of "$BACKUP_DIR/$1.dump")
  held=$(held_until "$1")
  line "$1" "$time" "$(age_of "$1")" "$((bytes / 1000000))" "$verified" "$secrets" "${rows:--}" "$held" "$label" "$server"
  listed+=$(member_of_list "$1" "$time" "$bytes" "$verified" "$secrets" "$rows" "$held" "$label" "$server")
}

# usage: member_of_list NAME TIME BYTES VERIFIED SECRETS ROWS HELD LABEL SERVER      with the comma before it; - is null
member_of_list() {
  local told=
  tell dump "$1"
  tell taken "$2"
  tell_number bytes "$3"
  tell_number verified "$([ "$4" = yes ] && echo true || echo false)"
  tell secrets "${5#-}"
  tell_number rows "${6#-}"
  tell heldUntil "${7#-}"
  tell label "${8#-}"
  tell server "$(plain <<<"${9#-}")"
  echo "${listed:+,}{${told#,}}"
}

# usage: secrets_of NAME      prints same, other or unknown: whether today's secrets are those of the dump
secrets_of() {
  compare_fingerprints "$1" | awk -F '\t' '{ seen[$1] = 1 }
    END { print (seen["other"] ? "other" : seen["unknown"] ? "unknown" : seen["same"] ? "same" : "-") }'
}

# usage: age_of NAME      prints its age in days and hours
age_of() {
  local begun hours
  begun=$(add_seconds <<<"$1")
  hours=$((($(date +%s) - ${begun##* }) / 3600))
  echo "$((hours / 24))d$((hours % 24))h"
}

# usage: held_until NAME      prints the end of the last of its holds, or -
held_until() {
  local last
  last=$(holds_of "$1" | sort -n | tail -n 1)
  if [ -z "$last" ]; then echo -; else end_of_hold "${last%% *}"; fi
}

main "$@"
