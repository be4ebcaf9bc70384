#!/bin/sh
# The second step of a drill, in a container that sees the key and not the dumps: does it open what was restored?
# usage: drill-decrypt.sh      with DRILL_DIR, PROOF_SQL and PROOF_KEY, the paths of the proof's SQL and of the key
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=drill-server.sh
. "$scripts/drill-server.sh"

main() {
  check_drill_settings
  [ "$(told outcome)" = restored ] || return 0
  keep_errors
  database=$(told database)
  begin_step key "the key opens what was restored, or it does not"
  if [ ! -s "${PROOF_KEY:?is not set}" ]; then
    printf '%s\t%s\t%s\n' - unproven "the key is missing or empty" >"$report/keys"
  else
    start_server
    # What it writes to stderr may be about the key.
    run query "$database" --field-separator='	' --set=key_file="$PROOF_KEY" --file="${PROOF_SQL:?is not set}" >"$report/keys" 2>/dev/null ||
      printf '%s\t%s\t%s\n' - unproven "the proof could not be carried out" >"$report/keys"
    stop_server immediate
  fi
  end_step
}

main "$@"
