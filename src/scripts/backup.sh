#!/bin/sh
# Dumps a database into a work folder, proves the dump, gives it its final name, and only then prunes.
# usage: backup.sh      with the environment that BackupCronJob gives it
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"

main() {
  check_settings
  : "${COMPRESSION:?is not set: it is the value of pg_dump --compress}"
  on_exit clean_up
  work=$BACKUP_DIR/.work
  mkdir -p "$work" || fail "cannot write to $BACKUP_DIR." \
    "Is the claim mounted and does its folder belong to user $(id -u) or let it write?"
  check_server
  lock backup
  clear_work
  choose_name
  dump
  verify
  publish
  sh "$scripts/prune.sh"
  log "$name.dump is complete and verified: $(size_of "$BACKUP_DIR/$name.dump") bytes in $(($(date +%s) - begun)) s;" \
    "$(dump_names | wc -l | tr -d ' ') dumps are kept in $BACKUP_DIR"
}

# The lock is held, so the owners of whatever is there are gone.
clear_work() {
  for leftover in "$work"/*; do
    [ -e "$leftover" ] || continue
    log "removing ${leftover##*/}, left behind by a run that was cut off"
    rm -rf "$leftover"
  done
}

# The time in the name is that of the dump's beginning, in UTC. A clock that was set back must not overwrite a dump.
choose_name() {
  begun=$(date +%s)
  name=$prefix-$(date -u +%Y%m%d-%H%M%S)
  while [ -e "$BACKUP_DIR/$name.dump" ]; do
    sleep 1
    name=$prefix-$(date -u +%Y%m%d-%H%M%S)
  done
  mkdir "$work/$name"
}

# To a file and not to a pipe: only then has the dump the offsets that a parallel restore needs, and is it synced.
dump() {
  log "dumping $PGDATABASE from $PGHOST to $name.dump, compression $COMPRESSION"
  run pg_dump --format=custom --compress="$COMPRESSION" --file="$work/$name/$name.dump" ||
    fail "pg_dump failed, see its message above. Earlier dumps are untouched."
}

verify() {
  log "reading $name.dump back"
  run sh "$scripts/verify.sh" "$work/$name/$name.dump" ||
    fail "the new dump is not whole and is thrown away. Earlier dumps are untouched. Check the storage."
  (cd "$work/$name" && sha256sum "$name.dump" >"$name.dump.sha256")
  sync "$work/$name/$name.dump.sha256"
}

# The dump comes last: under its final name it is complete, and everything about it is there already.
publish() {
  check_lock
  mv "$work/$name/$name.dump.sha256" "$BACKUP_DIR/$name.dump.sha256"
  mv "$work/$name/$name.dump" "$BACKUP_DIR/$name.dump"
  rmdir "$work/$name"
  sync "$BACKUP_DIR"
}

size_of() {
  wc -c <"$1" | tr -d ' '
}

clean_up() {
  [ -z "${name:-}" ] || rm -rf "${work:?}/$name"
  unlock
}

main "$@"
