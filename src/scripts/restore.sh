#!/bin/bash
# Restores a dump into a database beside the live one, proves it, and only then exchanges their names.
# Until that last moment the live database serves on; a failure before it leaves the live database as it was.
# usage: restore.sh      with the environment that RestoreJob gives it, and
#   RESTORE_ACTION   restore        load, prove, cut over (the default)
#                    rehearse       load and prove, then drop what was loaded
#                    prepare        load and prove, and leave it for a later cutover
#                    cutover        exchange the names with what was prepared
#                    undo           exchange the names with the former database
#                    drop-previous  drop the former databases
#                    preflight      tell what a restore could not do now, and change nothing; status 3 if it would fail
#                    state          tell what a cutover, an undo and a drop-previous would act on now, and change nothing
#                    verify         read every stored dump and compare its checksum, see verify.sh
#                    list           list the dumps, see list.sh
#                    hold, release, evidence, restores, usage
#                                   show or hold other things on the storage, see inventory.sh
#   RESTORE_DUMP     name of a dump, e.g. shop-20261123-020000; empty for the newest verified one
#   RESTORE_BEFORE   newest verified dump at or before this UTC time, e.g. 2026-11-20T08:00:00Z
#   RESTORE_IGNORE   findings that do not stop it: secrets (missing, wrong or not those of the dump), space (too little on the
#                    server), rights (its role lacks some), proof (the restored data differs from the dump), replication (its
#                    consumers stay with the former database)
#   RESTORE_SHA256   the checksum that the dump must have
#   RESTORE_SESSIONS treatment of sessions on the live database: wait, disconnect or refuse
#   REQUEST_ID       name of the request, which is carried out once, however often it is made
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"
# shellcheck source=lib/storage.sh
. "$scripts/lib/storage.sh"
# shellcheck source=lib/choice.sh
. "$scripts/lib/choice.sh"
# shellcheck source=lib/checks.sh
. "$scripts/lib/checks.sh"
# shellcheck source=lib/secrets.sh
. "$scripts/lib/secrets.sh"
# shellcheck source=lib/rights.sh
. "$scripts/lib/rights.sh"
# shellcheck source=lib/staging.sh
. "$scripts/lib/staging.sh"
# shellcheck source=lib/proof.sh
. "$scripts/lib/proof.sh"
# shellcheck source=lib/cutover.sh
. "$scripts/lib/cutover.sh"
# shellcheck source=lib/quiesce.sh
. "$scripts/lib/quiesce.sh"
# shellcheck source=lib/report.sh
. "$scripts/lib/report.sh"

# The action, for the report; the dump that was chosen.
reported_as=
chosen=
# The beginning of the first phase; the present phase, and its beginning.
started=
phase_name=
phase_began=
# True if a finding against the restore ends the run; a preflight only tells it.
refusing=true

main() {
  local action=${RESTORE_ACTION:-restore}
  check_storage_settings
  # A drill watches it already.
  [ "$action" = drill ] || watch_storage
  check_fetched
  check_readable
  case $action in
    verify | list) exec bash "$scripts/$action.sh" ;;
    hold | release | evidence | restores | usage) exec bash "$scripts/inventory.sh" "$action" ;;
    state) report_state ;;
    # The action drill is for a drill alone, which has a server of its own.
    restore | preflight | rehearse | prepare | cutover | undo | drop-previous | "${DRILL_DIR:+drill}") change "$action" ;;
    *)
      fail "RESTORE_ACTION ($action) is not one of restore, list, preflight, state, verify, rehearse, prepare, cutover, undo, drop-previous," \
        "hold, release, evidence, restores, usage."
      ;;
  esac
}

# usage: change ACTION
change() {
  local name
  check_connection_settings
  : "${REQUEST_ID:?is not set: it names this request, e.g. by the name of its Job}"
  case $REQUEST_ID in
    *[!A-Za-z0-9._-]*) fail "REQUEST_ID ($REQUEST_ID) has other characters than letters, digits, \".\", \"_\" and \"-\". Name the request like a Job." ;;
  esac
  check_sessions_setting
  check_ignored
  check_secrets_were_checked
  check_quiesce_settings
  reported_as=$1
  on_exit clean_up
  phase "checks" "nothing is changed"
  check_server
  quiet_event_triggers
  lock restore
  name_databases
  take_over_scale "$1"
  case $1 in
    restore | preflight | rehearse | prepare | drill)
      name=$(chosen_dump)
      hold "$name" "${HOLD_SECONDS:?is not set}" || fail "$name.dump was removed just now. Run this again."
      chosen=$name
      log "chose $name.dump for \"$database\" on $PGHOST"
      ;;
    cutover)
      name=$(prepared_dump)
      chosen=$name
      ;;
  esac
  case $1 in
    restore) already_done "$name" || restore "$name" ;;
    preflight) preflight "$name" ;;
    rehearse) rehearse "$name" ;;
    prepare)
      load "$name" false
      keep_staging "$name"
      log "prepared: $name.dump is in \"$staging\". Next: $(command_for cutover)"
      ;;
    drill)
      load "$name" true
      keep_staging "$name"
      log "restored: $name.dump is in \"$staging\""
      ;;
    cutover) already_done "$name" || cut_over "$name" "$name" ;;
    undo) already_done undo || undo ;;
    drop-previous)
      drop_previous 0 || fail "a former database could not be dropped, see psql's message above. \"$database\" is untouched."
      ;;
  esac
}

# usage: restore DUMP
restore() {
  load "$1" false
  keep_staging "$1"
  cut_over "$1" "$1"
}

# usage: preflight DUMP      goes on after a finding for which a restore refuses, and tells all of them
preflight() {
  local refused=0
  refusing=false
  check_secrets "$1"
  check_space "$1"
  check_rights "$1"
  check_replication
  tell_state
  [ ! -e "$scratch/refused" ] || tell refused "$(tr '\n' ' ' <"$scratch/refused")"
  [ ! -e "$scratch/refused" ] || refused=$(wc -l <"$scratch/refused")
  [ "$refused" -eq 0 ] || {
    printf '%s: a restore of %s.dump would fail, see %s above. Nothing was changed.\n' "$program" "$1" \
      "$([ "$refused" -eq 1 ] && echo "the reason" || echo "the $refused reasons")" >&2
    exit 3
  }
  log "a restore of $1.dump would begin, as far as can be told without loading it. Nothing was changed."
}

# It takes no lock, so it answers while a backup runs.
report_state() {
  check_connection_settings
  : "${REQUEST_ID:?is not set: it names this request, e.g. by the name of its Job}"
  reported_as=state
  on_exit clean_up
  check_server
  name_databases
  tell_state
  log "looked, and changed nothing"
}

# Tells the report the facts that a person needs before the live database is exchanged, or a former database is dropped.
tell_state() {
  local names count=0 newest='' until='' mark live=true
  exists "$database" || live=false
  tell_number live "$live"
  tell_number sessions "$(query "$MAINTENANCE_DATABASE" <"$scripts/sql/sessions.sql" | wc -l)"
  mark=$(comment_of "$staging")
  [[ $mark == "$ours, prepared from "* ]] || mark=
  mark=${mark#"$ours, prepared from "}
  tell prepared "${mark%%$'\n'*}"
  names=$(previous_databases)
  if [ -n "$names" ]; then
    count=$(wc -l <<<"$names")
    newest=${names%%$'\n'*}
    until=$(comment_of "$newest")
    until=${until#"$ours until "}
  fi
  tell previous "$newest"
  tell previousUntil "${until%%,*}"
  tell_number previousCount "$count"
}

# usage: rehearse DUMP
rehearse() {
  load "$1" false
  drop_staging
  made_staging=false
  log "rehearsed: $1.dump can be restored, in $(($(date +%s) - started)) s. \"$database\" was not touched."
}

# usage: load DUMP DRILLING      everything up to the proof; with DRILLING true, the proof compares the contents of tables, too
load() {
  : >"$scratch/left-out"
  check_dump "$@"
  check_secrets "$1"
  check_space "$1"
  check_rights "$1"
  phase "prepare" "\"$database\" serves on; what is loaded goes to \"$staging\" and is dropped if this fails"
  prepare_staging "$@"
  load_dump "$@"
  phase "prove" "\"$database\" serves on"
  start_reading "$2"
  prove "$staging" "$1" "$2"
  wait_for_reading "$2"
}

# usage: keep_staging DUMP      for a cutover, in this run or a later one
keep_staging() {
  mark_staging "prepared from $1"
  made_staging=false
}

# usage: check_dump DUMP DRILLING
check_dump() {
  local dump=$BACKUP_DIR/$1.dump how=()
  if is_verified "$1"; then
    [ "$(manifest_string "$1" database)" = "$(query "$MAINTENANCE_DATABASE" <<<"SELECT to_json(:'db'::text)")" ] ||
      fail "$1.dump is of the database $(manifest_string "$1" database), not of \"$database\". Choose another dump."
    # Bytes that were decoded to their end when they were written need no more than their checksum. The purpose of a drill is
    # to read what the storage has.
    if "$2"; then how=(--stored); else how=(--checksum); fi
  else
    warn "$1.dump was never verified: it has no checksum and no row counts, and is read whole instead"
  fi
  if [ -n "${RESTORE_SHA256:-}" ]; then
    [ "\"$RESTORE_SHA256\"" = "$(manifest_string "$1" sha256)" ] ||
      fail "RESTORE_SHA256 ($RESTORE_SHA256) is not the checksum of $1.dump, $(manifest_string "$1" sha256)."
  fi
  run bash "$scripts/verify.sh" "${how[@]}" "$dump" || fail "the dump is not whole. \"$database\" is untouched. Choose another dump."
}

# usage: check_secrets DUMP      A database that no key decrypts looks restored, and is worth nothing.
check_secrets() {
  local findings verdict secret because
  if findings=$(secret_findings); then
    refuse secrets "the secrets are wrong:
$findings
\"$database\" is untouched. Correct them first."
  fi
  is_verified "$1" || return 0
  compare_fingerprints "$1" >"$scratch/secrets"
  while IFS=$'\t' read -r verdict secret because; do
    case $verdict in
      same) log "$secret has the same value as when $1.dump was taken" ;;
      unknown) warn "it is unknown whether $secret is that of $1.dump: its manifest has no fingerprint of it" ;;
      other)
        refuse secrets "$secret has another value than when $1.dump was taken: $because. \"$database\" is untouched." \
          "Put the former value back, or choose a dump that fits today's value: RESTORE_ACTION=list shows them."
        ;;
    esac
  done <"$scratch/secrets"
}

# usage: check_rights DUMP      tells the missing rights of the role before an hour of loading
check_rights() {
  local findings
  needs_of_dump "$1" >"$scratch/needs"
  look_at_rights "$PGUSER" "$scratch/needs" ||
    fail "the rights of $PGUSER could not be queried, see psql's message above. \"$database\" is untouched. Run this again."
  findings=$(rights_that fails "$scratch/rights")
  [ -z "$findings" ] || refuse rights "$PGUSER lacks rights that this restore needs:
$findings
\"$database\" is untouched."
}

# usage: refuse WHAT TEXT...      fails, unless RESTORE_IGNORE names WHAT
refuse() {
  local what=$1
  shift
  [[ " ${RESTORE_IGNORE:-} " == *" $what "* ]] || {
    "$refusing" || {
      warn "$*"
      echo "$what" >>"$scratch/refused"
      return 0
    }
    fail "$* To restore all the same, set RESTORE_IGNORE=$what."
  }
  warn "$*
RESTORE_IGNORE=$what is set: going on."
}

check_ignored() {
  local what
  for what in ${RESTORE_IGNORE:-}; do
    case $what in
      secrets | space | rights | proof | replication) ;;
      *) fail "RESTORE_IGNORE ($RESTORE_IGNORE) must be some of secrets, space, rights, proof, replication, with spaces between." ;;
    esac
  done
}

# usage: command_for ACTION      prints the command that a person can copy
command_for() {
  if [ -z "${RESTORE_TEMPLATE:-}" ]; then
    echo "RESTORE_ACTION=$1, with a template for restores"
    return 0
  fi
  printf '\n  %s\n' "kubectl -n $NAMESPACE create job $1-$(date -u +%H%M%S) --from=cronjob/$RESTORE_TEMPLATE --dry-run=client -o yaml | \\
    kubectl set env --local -f - RESTORE_ACTION=$1 -o yaml | kubectl create -f -"
}

# usage: phase NAME WHAT_IT_LEAVES
phase() {
  [ -z "$phase_name" ] || log "$phase_name took $(($(date +%s) - phase_began)) s"
  phase_name=$1
  phase_began=$(date +%s)
  started=${started:-$phase_began}
  log "== $1: $2"
}

# usage: clean_up STATUS
clean_up() {
  local status=$1
  scale_back || status=1
  ! "$made_staging" || drop_staging || true
  release
  tell dump "$chosen"
  tell_number seconds "${started:+$(($(date +%s) - started))}"
  tell previous "${exchanged:+$previous}"
  # A drill prints a report of its own.
  [ "$reported_as" = drill ] || print_report "$reported_as" "$status"
  exit "$status"
}

main "$@"
