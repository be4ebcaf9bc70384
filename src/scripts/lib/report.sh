# shellcheck shell=bash
# The line of JSON with which the log of a Job ends, for programs; kubectl-pgbackup reads it. It is flat and has no spaces
# between its members: {"pgbackup":"backup","status":0,...}. Only the last member may be an array or an object.
# Needs: common.sh and json.sh. Sets: told.

# The members so far.
told=

# usage: tell NAME TEXT      an empty text is null
tell() {
  if [ -z "$2" ]; then told+=",\"$1\":null"; else told+=",\"$1\":\"$(escaped "$2")\""; fi
}

# usage: tell_number NAME NUMBER      a number, true or false, unchanged; an empty text is null
tell_number() {
  told+=",\"$1\":${2:-null}"
}

# usage: print_report KIND STATUS      after a failure with the message of the last `fail` as its reason
print_report() {
  [ "$2" -eq 0 ] || tell reason "$(cat "$scratch/failure" 2>/dev/null || true)"
  printf '{"pgbackup":"%s","status":%s%s}\n' "$1" "$2" "$told"
}
