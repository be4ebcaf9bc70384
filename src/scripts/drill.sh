#!/bin/sh
# The last step of a drill: the verdict, its evidence on the NAS, and a summary.
# usage: drill.sh      with the environment that RestoreDrill gives it
# The status is 0 for a dump that is proven, 1 for a drill that failed, 4 for a key that is refuted and will be again,
# 5 where something could not be proven.
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"
# shellcheck source=secrets.sh
. "$scripts/secrets.sh"
# shellcheck source=drill-server.sh
. "$scripts/drill-server.sh"

main() {
  check_drill_settings
  check_storage_settings
  watch_storage
  check_secrets_were_checked
  : "${KEEP_EVIDENCE:?is not set: a number}" "${IMAGE:?is not set}"
  on_exit :
  name=$(told dump)
  decide
  former=$(former_drills)
  write_evidence
  summarize
  exit "$status"
}

decide() {
  if [ "$(told outcome)" != restored ]; then
    verdict=failed status=1 reason=$(told errors)
  elif keys_are refuted; then
    verdict=refuted status=4 reason="what is restored cannot be used with the key that is there. $(reasons_of refuted)"
  elif findings=$(secret_findings) || findings=$(other_secrets); then
    verdict=failed status=1 reason="a restore would be refused: $findings"
  elif [ -e "$report/keys" ] && ! keys_are proven; then
    verdict=inconclusive status=5 reason="the dump is restorable, but nothing in it could prove the key. $(reasons_of unproven)"
  elif [ -z "$(told compared)" ]; then
    verdict=inconclusive status=5 reason="the dump is restorable, but it has no manifest with rows to compare with"
  else
    verdict=proven status=0 reason=
  fi
}

# The secrets that are right and yet not those of the dump; status 1 when there are none.
other_secrets() {
  [ -s "$BACKUP_DIR/$name.json" ] || return 1
  compare_fingerprints "$name" | awk -F '\t' '$1 == "other" { print $2 " is not the one that was there when the dump was taken: " $3; found = 1 }
    END { exit !found }'
}

# usage: keys_are VERDICT      whether one of them is
keys_are() {
  cut -f 2 "$report/keys" 2>/dev/null | grep -qx "$1"
}

# usage: reasons_of VERDICT
reasons_of() {
  awk -F '\t' -v verdict="$1" '$2 == verdict { printf "%skey %s: %s", (seen++ ? "; " : ""), $1, $3 }' "$report/keys"
}

# Verdict, seconds of the restore, time.
former_drills() {
  stored_evidence | sed -n 1,5p | while read -r evidence; do
    { fact "$evidence" '"verdict"'; fact "$evidence" '"seconds"' '"restore"'; fact "$evidence" '"ended"'; } |
      awk '{ gsub(/"/, ""); printf "%s%s", (NR > 1 ? " " : ""), $0 } END { print "" }'
  done
}

# When a restore was last proven: now, or what the evidence before this says, so that it outlives the evidence of its day.
last_proven() {
  if [ "$verdict" = proven ]; then
    printf '  "lastProven": { "ended": "%s", "dump": "%s", "restoreSeconds": %s },\n' "$time" "$name" "$(told seconds.restore)"
  else
    former_evidence=$(stored_evidence | sed -n 1p)
    { [ -z "$former_evidence" ] || fact "$former_evidence" '"lastProven"'; } | awk -F '\t' '
      NF == 2 { members = members (members == "" ? "" : ",") " " $1 ": " $2 }
      END { printf "  \"lastProven\": %s,\n", (members == "" ? "null" : "{" members " }") }'
  fi
}

write_evidence() {
  ended=$(date +%s)
  drills=$BACKUP_DIR/drills draft=$BACKUP_DIR/drills/.$PGAPPNAME
  mkdir -p "$drills" || fail_to_record
  # Another drill may end in the same second. Not every share takes colons in names.
  until stamp=$(date -u +%Y%m%d-%H%M%S) && time=$(utc_time "$stamp") && evidence >"$draft" && sync "$draft" &&
    place "$draft" "$drills/$stamp.json"; do
    [ -e "$drills/$stamp.json" ] || fail_to_record
    run sleep 1
  done
  # Some shares have no links: a copy is as good.
  { { ln -sf "$stamp.json" "$draft" 2>/dev/null || cp "$drills/$stamp.json" "$draft"; } && mv "$draft" "$drills/latest.json"; } || fail_to_record
  stored_evidence | tail -n +$((KEEP_EVIDENCE + 1)) | while read -r old; do
    rm -f "$old" || warn "$old could not be removed"
  done
}

# usage: place FILE NEW      under a name that must be free: a link, unlike a rename, replaces nothing. Some shares have no links.
place() {
  ln "$1" "$2" 2>/dev/null || { [ ! -e "$2" ] && mv "$1" "$2"; }
}

evidence() {
  echo "{"
  member verdict "$verdict"
  member reason "$reason"
  last_proven
  member dump "$name"
  member sha256 "$(told sha256)"
  member database "$PGDATABASE"
  member ended "$time"
  member image "$IMAGE"
  member scripts "$(scripts_digest)"
  member compared "$(told compared)"
  member structure "$(told structure)"
  member leftOut "$(told leftOut)"
  number rows "$(told rows)"
  number checks "$(told checks)"
  printf '  "keys": [\n%s\n  ],\n' "$(keys_of_evidence)"
  echo '  "seconds": {'
  for step in server restore key; do
    [ -z "$(told "seconds.$step")" ] || printf '    "%s": %s,\n' "$step" "$(told "seconds.$step")"
  done
  printf '    "all": %s\n  }\n}\n' "$((ended - $(told began | grep . || echo "$ended")))"
}

fail_to_record() {
  rm -f "$draft" || true
  fail "the evidence could not be written to $BACKUP_DIR/drills, see the message above. The verdict was: $verdict. $reason"
}

# usage: member NAME TEXT      a line of the evidence; an empty text is null
member() {
  if [ -z "$2" ]; then printf '  "%s": null,\n' "$1"; else printf '  "%s": "%s",\n' "$1" "$(escaped "$2")"; fi
}

# usage: number NAME NUMBER      a line of the evidence; none is null
number() {
  printf '  "%s": %s,\n' "$1" "${2:-null}"
}

keys_of_evidence() {
  [ ! -e "$report/keys" ] || while IFS='	' read -r key key_verdict key_reason; do
    printf '%s    { "id": "%s", "verdict": "%s", "reason": "%s" }' "${comma:-}" "$(escaped "$key")" "$(escaped "$key_verdict")" "$(escaped "$key_reason")"
    comma=",$line_feed"
  done <"$report/keys"
}

line_feed='
'

# usage: escaped TEXT      as it stands in a JSON string
escaped() {
  printf '%s\n' "$1" | tr '\t\r' '  ' | tr -d '\000-\010\013-\037' | sed 's/[\\"]/\\&/g' | awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'
}

summarize() {
  log "== verdict: $verdict${reason:+. $reason}"
  [ -z "$name" ] || log "dump: $name, $(utc_time "${name#"$prefix"-}")"
  [ -z "$(told compared)" ] || log "compared with the manifest: $(told compared); structure: $(told structure)"
  [ ! -e "$report/keys" ] || while IFS='	' read -r key key_verdict key_reason; do
    log "key $key: $key_verdict${key_reason:+, $key_reason}"
  done <"$report/keys"
  [ -z "$(told seconds.restore)" ] || log "a restore takes $(told seconds.restore) s here: an honest recovery time, without the decision to begin"
  [ -z "$former" ] || log "former drills (verdict, seconds of the restore, time):
$former"
  log "evidence: $drills/$stamp.json"
}

main "$@"
