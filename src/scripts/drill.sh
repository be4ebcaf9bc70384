#!/bin/bash
# The last step of a drill: the verdict, its evidence on the NAS, and a summary.
# usage: drill.sh      with the environment that RestoreDrill gives it
# The status is 0 for a proven dump, 1 for a failed drill, 4 for a refuted key, which a retry would refute again, and 5 if
# something could not be proven.
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/secrets.sh
. "$scripts/lib/secrets.sh"
# shellcheck source=lib/drill-server.sh
. "$scripts/lib/drill-server.sh"
# shellcheck source=lib/evidence.sh
. "$scripts/lib/evidence.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# The dump of the drill, the verdict and its reason, which is empty for a proven dump.
name=
verdict=
reason=
# The path of the evidence, once it is written.
written=

main() {
  local status=0 former
  check_drill_settings
  check_storage_settings
  watch_storage
  check_secrets_were_checked
  : "${KEEP_EVIDENCE:?is not set: a number}" "${IMAGE:?is not set}"
  on_exit report_drill
  name=$(reported dump)
  decide || status=$?
  former=$(former_drills)
  write_evidence written
  summarize "$former" "$written"
  exit "$status"
}

# usage: report_drill STATUS
# shellcheck disable=SC2317 # on_exit calls it
report_drill() {
  tell dump "$name"
  tell verdict "$verdict"
  tell source "$(reported source)"
  [ -z "$reason" ] || printf %s "$reason" >"$scratch/failure" || true
  if [ -n "$written" ]; then
    tell lastProven "$(fact "$written" '"lastProven"' '"ended"' | plain)"
    tell lastProvenDump "$(fact "$written" '"lastProven"' '"dump"' | plain)"
    tell_number restoreSeconds "$(fact "$written" '"lastProven"' '"restoreSeconds"')"
    tell_number rtoSeconds "${DRILL_RTO:-}"
    tell_number withinRto "$(within_rto)"
  fi
  print_report drill "$1"
}

# Decides on the verdict; the status is that of the drill.
decide() {
  local findings
  if [ "$(reported outcome)" != restored ]; then
    verdict=failed reason=$(reported errors)
    return 1
  elif keys_are refuted; then
    verdict=refuted reason="the restored data cannot be used with today's key. $(reasons_of refuted)"
    return 4
  elif findings=$(secret_findings) || findings=$(other_secrets) || findings=$(missing_rights_of_dump); then
    verdict=failed reason="a restore would be refused: $findings"
    return 1
  elif [ -e "$report/keys" ] && ! keys_are proven; then
    verdict=inconclusive reason="the dump is restorable, but nothing in it could prove the key. $(reasons_of unproven)"
    return 5
  elif [ -z "$(reported compared)" ]; then
    verdict=inconclusive reason="the dump is restorable, but it has no manifest with rows to compare with"
    return 5
  fi
  verdict=proven
}

# Prints the secrets that are as expected and yet not those of the dump; status 1 if there are none.
other_secrets() {
  # By the manifest of the drilled dump: a backup may have pruned the dump meanwhile, or it is in a bucket.
  local BACKUP_DIR=$report
  [ -s "$BACKUP_DIR/$name.json" ] || return 1
  compare_fingerprints "$name" | awk -F '\t' '$1 == "other" { print $2 " has another value than when the dump was taken: " $3; found = 1 }
    END { exit !found }'
}

# Prints the rights that the restoring role lacked at the newest backup; status 1 if it lacked none.
missing_rights_of_dump() {
  [ -n "$(reported missingRights)" ] && reported missingRights
}

# usage: keys_are VERDICT      status 0 if at least one key has the verdict
keys_are() {
  [ -e "$report/keys" ] && awk -F '\t' -v verdict="$1" '$2 == verdict { found = 1 } END { exit !found }' "$report/keys"
}

# usage: reasons_of VERDICT
reasons_of() {
  awk -F '\t' -v verdict="$1" '$2 == verdict { printf "%skey %s: %s", (seen++ ? "; " : ""), $1, $3 }' "$report/keys"
}

# Prints the seconds of a restore, with those of the fetch of a copy.
recovery_seconds() {
  local fetching
  fetching=$(reported seconds.fetch)
  [ -z "$(reported seconds.restore)" ] || echo $(($(reported seconds.restore) + ${fetching:-0}))
}

# Prints true if a proven restore took no longer than the objective, else false; nothing if there is no objective.
within_rto() {
  [ "$verdict" = proven ] && [ -n "${DRILL_RTO:-}" ] || return 0
  if [ "$(recovery_seconds)" -le "$DRILL_RTO" ]; then echo true; else echo false; fi
}

# usage: former_evidence COUNT      prints the paths of the evidence of the same source, the newest first: drills of dumps prove
# nothing about copies
former_evidence() {
  local evidence source count=0 wanted
  wanted=$(reported source)
  for evidence in $(stored_evidence); do
    source=$(text_of "$evidence" source)
    # Older evidence names no source.
    [ "${source/#-/nas}" = "${wanted:-nas}" ] || continue
    echo "$evidence"
    count=$((count + 1))
    [ "$count" -lt "$1" ] || return 0
  done
}

# Prints the verdict, the seconds of the restore and the time of former drills.
former_drills() {
  local evidence
  former_evidence 5 | while IFS= read -r evidence; do
    { fact "$evidence" '"verdict"'; fact "$evidence" '"seconds"' '"restore"'; fact "$evidence" '"ended"'; } |
      awk '{ gsub(/"/, ""); printf "%s%s", (NR > 1 ? " " : ""), $0 } END { print "" }'
  done
}

# usage: write_evidence VARIABLE      gets the path of the file
write_evidence() {
  local drills=$BACKUP_DIR/drills draft=$BACKUP_DIR/drills/.$PGAPPNAME ended stamp old
  ended=$(date +%s)
  mkdir -p "$drills" || fail_to_record "$draft"
  # Another drill may end in the same second. Not every share takes colons in names.
  until stamp=$(date -u +%Y%m%d-%H%M%S) && evidence "$(utc_time "$stamp")" "$ended" >"$draft" && sync "$draft" &&
    place "$draft" "$drills/$stamp.json"; do
    [ -e "$drills/$stamp.json" ] || fail_to_record "$draft"
    run sleep 1
  done
  # Some shares have no links: a copy is as good.
  { { ln -sf "$stamp.json" "$draft" 2>/dev/null || cp "$drills/$stamp.json" "$draft"; } && mv "$draft" "$drills/latest.json"; } || fail_to_record "$draft"
  stored_evidence | tail -n +$((KEEP_EVIDENCE + 1)) | while IFS= read -r old; do
    rm -f "$old" || warn "$old could not be removed"
  done
  printf -v "$1" %s "$drills/$stamp.json"
}

# usage: fail_to_record DRAFT
fail_to_record() {
  rm -f "$1" || true
  fail "the evidence could not be written to $BACKUP_DIR/drills, see the message above. The verdict was: $verdict. $reason"
}

# usage: evidence TIME ENDED      as JSON
evidence() {
  local step began
  began=$(reported began)
  echo "{"
  member verdict "$verdict"
  member reason "$reason"
  last_proven "$1"
  member dump "$name"
  member source "$(reported source)"
  [ -z "${REQUEST_ID:-}" ] || member job "$REQUEST_ID"
  member sha256 "$(reported sha256)"
  member database "$PGDATABASE"
  member ended "$1"
  member image "$IMAGE"
  member scripts "$(scripts_digest)"
  member compared "$(reported compared)"
  member structure "$(reported structure)"
  member leftOut "$(reported leftOut)"
  number rtoSeconds "${DRILL_RTO:-}"
  number withinRto "$(within_rto)"
  number rows "$(reported rows)"
  number checks "$(reported checks)"
  printf '  "keys": [\n%s\n  ],\n' "$(keys_of_evidence)"
  echo '  "seconds": {'
  for step in fetch server restore key; do
    [ -z "$(reported "seconds.$step")" ] || printf '    "%s": %s,\n' "$step" "$(reported "seconds.$step")"
  done
  printf '    "all": %s\n  }\n}\n' "$(($2 - ${began:-$2}))"
}

# usage: last_proven TIME
# Prints when a restore was last proven: now, or at the time in the former evidence. So this fact outlives the evidence of its day.
last_proven() {
  local former
  if [ "$verdict" = proven ]; then
    printf '  "lastProven": { "ended": "%s", "dump": "%s", "restoreSeconds": %s },\n' "$1" "$name" "$(recovery_seconds)"
  else
    former=$(former_evidence 1)
    { [ -z "$former" ] || fact "$former" '"lastProven"'; } | awk -F '\t' '
      NF == 2 { members = members (members == "" ? "" : ",") " " $1 ": " $2 }
      END { printf "  \"lastProven\": %s,\n", (members == "" ? "null" : "{" members " }") }'
  fi
}

keys_of_evidence() {
  local key key_verdict key_reason comma=
  [ ! -e "$report/keys" ] || while IFS=$'\t' read -r key key_verdict key_reason; do
    printf '%s    { "id": "%s", "verdict": "%s", "reason": "%s" }' "$comma" "$(escaped "$key")" "$(escaped "$key_verdict")" "$(escaped "$key_reason")"
    comma=$',\n'
  done <"$report/keys"
}

# usage: summarize FORMER FILE
summarize() {
  local key key_verdict key_reason
  log "== verdict: $verdict${reason:+. $reason}"
  [ -z "$name" ] || log "dump: $name, $(utc_time "${name#"$prefix-"}")$([ "$(reported source)" != offsite ] || echo ', as it is in the bucket')"
  [ -z "$(reported compared)" ] || log "compared with the manifest: $(reported compared); structure: $(reported structure)"
  [ ! -e "$report/keys" ] || while IFS=$'\t' read -r key key_verdict key_reason; do
    log "key $key: $key_verdict${key_reason:+, $key_reason}"
  done <"$report/keys"
  [ -z "$(recovery_seconds)" ] || log "a restore takes $(recovery_seconds) s here; the time to decide comes on top"
  case $(within_rto) in
    true) log "the objective is $DRILL_RTO s, and is met" ;;
    false) warn "the restore took longer than the objective of $DRILL_RTO s. Raise parallelJobs, or the CPU and memory of the server and the drill; or agree on another rto." ;;
  esac
  [ -z "$1" ] || log "former drills (verdict, seconds of the restore, time):
$1"
  log "evidence: $2"
}

main "$@"
