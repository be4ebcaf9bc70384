#!/bin/bash
# The second step of a drill, in a container that sees the key and not the dumps: proves that the key opens the restored data.
# usage: drill-decrypt.sh      with DRILL_DIR, PROOF_SQL and PROOF_KEY, the paths of the proof's SQL and of the key
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/drill-server.sh
. "$scripts/lib/drill-server.sh"

main() {
  : "${PROOF_SQL:?is not set}" "${PROOF_KEY:?is not set}"
  check_drill_settings
  [ "$(reported outcome)" = restored ] || return 0
  keep_errors clear_away
  step key "the key opens what was restored, or it does not" prove_key
}

prove_key() {
  if [ ! -s "$PROOF_KEY" ]; then
    unproven "the key is missing or empty"
    return 0
  fi
  start_server
  database=$(reported database)
  # Its messages on stderr may quote the key.
  run query "$database" --set=key_file="$PROOF_KEY" --file="$PROOF_SQL" >"$report/keys" 2>/dev/null ||
    unproven "the proof could not be carried out"
  stop_server immediate
}

# usage: unproven REASON
unproven() {
  printf '%s\t%s\t%s\n' - unproven "$1" >"$report/keys"
}

main "$@"
