#!/bin/sh
# Restores a dump into a database beside the live one, proves it, and only then exchanges their names.
# Until that last moment the live database serves on; whatever fails before leaves it as it was.
# usage: restore.sh      with the environment that RestoreJob gives it, and
#   RESTORE_ACTION   restore        load, prove, cut over (the default)
#                    rehearse       load and prove, then drop what was loaded
#                    prepare        load and prove, and leave it for a later cutover
#                    cutover        exchange the names with what was prepared
#                    undo           exchange the names with the database from before
#                    drop-previous  drop the databases from before
#                    verify         read every stored dump and compare its checksum, see verify.sh
#                    list, hold, release, evidence, restores, usage
#                                   what is on the storage, see inventory.sh
#   RESTORE_DUMP     name of a dump, e.g. shop-20261123-020000; empty for the newest verified one
#   RESTORE_BEFORE   newest verified dump at or before this UTC time, e.g. 2026-11-20T08:00:00Z
#   RESTORE_DESPITE  what does not stop it: secrets (missing, wrong or not those of the dump), room (too little on the server),
#                    proof (what is restored is not what was dumped), replication (its consumers stay with the database from before)
#   RESTORE_SHA256   the checksum that the dump must have
#   RESTORE_SESSIONS what to do with sessions on the live database: wait, disconnect or refuse
#   REQUEST_ID       the same request is carried out once, however often it is made
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"
# shellcheck source=choice.sh
. "$scripts/choice.sh"
# shellcheck source=checks.sh
. "$scripts/checks.sh"
# shellcheck source=secrets.sh
. "$scripts/secrets.sh"
# shellcheck source=side.sh
. "$scripts/side.sh"
# shellcheck source=proof.sh
. "$scripts/proof.sh"
# shellcheck source=cutover.sh
. "$scripts/cutover.sh"
# shellcheck source=quiesce.sh
. "$scripts/quiesce.sh"

main() {
  action=${RESTORE_ACTION:-restore}
  check_storage_settings
  # A drill watches it already.
  [ "$action" = drill ] || watch_storage
  check_readable
  case $action in
    verify) exec sh "$scripts/verify.sh" ;;
    list | hold | release | evidence | restores | usage) exec sh "$scripts/inventory.sh" "$action" ;;
    # The last is for the drill alone, which has a server of its own.
    restore | rehearse | prepare | cutover | undo | drop-previous | "${DRILL_DIR:+drill}") change ;;
    *)
      fail "RESTORE_ACTION ($action) is none of restore, list, verify, rehearse, prepare, cutover, undo, drop-previous," \
        "hold, release, evidence, restores, usage."
      ;;
  esac
}

change() {
  check_connection_settings
  : "${REQUEST_ID:?is not set: it names this request, e.g. by the name of its Job}"
  case $REQUEST_ID in
    *[!A-Za-z0-9._-]*) fail "REQUEST_ID ($REQUEST_ID) has other characters than letters, digits, \".\", \"_\" and \"-\". Name the request like a Job." ;;
  esac
  check_sessions_setting
  check_despite
  check_secrets_were_checked
  check_quiesce_settings
  on_exit clean_up
  phase "checks" "nothing is changed"
  check_server
  quiet_event_triggers
  lock restore
  name_databases
  take_over_scale
  case $action in
    restore | rehearse | prepare | drill) load ;;
    cutover) name=$(prepared_dump) ;;
    undo) name=undo ;;
    drop-previous)
      drop_previous 0 || fail "a database from before could not be dropped, see psql's message above. \"$database\" is untouched."
      return
      ;;
  esac
  case $action in
    rehearse) log "rehearsed: $name.dump can be restored, in $(($(date +%s) - started)) s. \"$database\" was not touched." ;;
    drill) log "restored: $name.dump is in \"$side\"" ;;
    prepare) log "prepared: $name.dump is in \"$side\". Next: $(command_for cutover)" ;;
    nothing) ;;
    *) already_done || cut_over ;;
  esac
}

# Everything up to the proof. The dump is held, so that no backup prunes it meanwhile.
load() {
  hold_dump
  if [ "$action" = restore ] && already_done; then
    action=nothing
    return
  fi
  check_dump
  check_secrets
  check_room
  phase "prepare" "\"$database\" serves on; what is loaded goes to \"$side\" and is dropped if this fails"
  prepare_side
  load_dump
  phase "prove" "\"$database\" serves on"
  start_reading
  prove "$side"
  wait_for_reading
  if [ "$action" = rehearse ]; then drop_side; else mark_side "prepared from $name"; fi
  made_side=
}

hold_dump() {
  choose_dump
  dump=$BACKUP_DIR/$name.dump
  hold "$name" "${HOLD_SECONDS:?is not set}" || fail "$name.dump was removed just now. Run this again."
  log "chose $name.dump for \"$database\" on $PGHOST"
}

check_dump() {
  if is_verified "$name"; then
    [ "$(manifest_string "$name" database)" = "$(echo "SELECT to_json(:'db'::text)" | query "$MAINTENANCE_DATABASE")" ] ||
      fail "$name.dump is of the database $(manifest_string "$name" database), not of \"$database\". Choose another dump."
  else
    warn "$name.dump was never verified: it has no checksum and no row counts, and is read whole instead"
  fi
  if [ -n "${RESTORE_SHA256:-}" ]; then
    [ "\"$RESTORE_SHA256\"" = "$(manifest_string "$name" sha256)" ] ||
      fail "RESTORE_SHA256 ($RESTORE_SHA256) is not the checksum of $name.dump, $(manifest_string "$name" sha256)."
  fi
  # Bytes that were decoded to their end when they were written need no more than their checksum. A drill is there to see
  # what the storage has.
  set -- "$dump"
  ! is_verified "$name" || if [ "$action" = drill ]; then set -- --stored "$dump"; else set -- --checksum "$dump"; fi
  run sh "$scripts/verify.sh" "$@" || fail "the dump is not whole. \"$database\" is untouched. Choose another dump."
}

# A database that nobody can decrypt looks restored, and is not.
check_secrets() {
  if findings=$(secret_findings); then
    refuse secrets "the secrets are not right:
$findings
\"$database\" is untouched. Put them right first."
  fi
  ! is_verified "$name" || compare_fingerprints "$name" >"$scratch/secrets"
  [ -s "$scratch/secrets" ] || return 0
  while IFS='	' read -r verdict secret because; do
    case $verdict in
      same) log "$secret is the one that was there when $name.dump was taken" ;;
      unknown) warn "whether $secret is the one of $name.dump is not known: its manifest has no fingerprint of it" ;;
      other)
        refuse secrets "$secret is not the one that was there when $name.dump was taken: $because. \"$database\" is untouched." \
          "Put the former one back, or choose a dump that was taken with this one: RESTORE_ACTION=list shows which."
        ;;
    esac
  done <"$scratch/secrets"
}

# usage: refuse WHAT TEXT...      fails, unless RESTORE_DESPITE names WHAT
refuse() {
  refused=$1
  shift
  case " ${RESTORE_DESPITE:-} " in
    *" $refused "*) warn "$*
RESTORE_DESPITE=$refused is set: going on." ;;
    *) fail "$* To restore all the same, set RESTORE_DESPITE=$refused." ;;
  esac
}

check_despite() {
  for despite in ${RESTORE_DESPITE:-}; do
    case $despite in
      secrets | room | proof | replication) ;;
      *) fail "RESTORE_DESPITE ($RESTORE_DESPITE) is none of secrets, room, proof, replication, nor some of them with spaces between." ;;
    esac
  done
}

# usage: command_for ACTION      what a person would type, to be copied
command_for() {
  if [ -z "${RESTORE_TEMPLATE:-}" ]; then
    echo "RESTORE_ACTION=$1, with a template for restores"
    return
  fi
  printf '\n  %s\n' "kubectl -n $NAMESPACE create job $1-$(date -u +%H%M%S) --from=cronjob/$RESTORE_TEMPLATE --dry-run=client -o yaml | \\
    kubectl set env --local -f - RESTORE_ACTION=$1 -o yaml | kubectl create -f -"
}

# usage: phase NAME WHAT_IT_LEAVES
phase() {
  [ -z "${phase_name:-}" ] || log "$phase_name took $(($(date +%s) - phase_began)) s"
  phase_name=$1 phase_began=$(date +%s) started=${started:-$(date +%s)}
  log "== $1: $2"
}

# usage: clean_up STATUS
clean_up() {
  scale_back || set -- 1
  [ -z "${made_side:-}" ] || drop_side || true
  release
  exit "$1"
}

main "$@"
