# shellcheck shell=bash
# The reports of the containers of a pod to each other, and evidence as JSON.
# Needs: common.sh; for `member` json.sh; report, the folder for the reports. Sets: clearing_away, the function of keep_errors.

clearing_away=:

# usage: report NAME TEXT      for the steps that follow
report() {
  printf '%s\n' "$2" >"$report/$1"
}

# usage: reported NAME      prints the report of an earlier step, or nothing
reported() {
  cat "$report/$1" 2>/dev/null || true
}

# usage: keep_errors CLEAR_AWAY      CLEAR_AWAY STATUS is called at the end
# Errors are kept for the last container, which reports them: this container ends with status 0, or there would be no evidence.
# They are kept apart from the container's own files, which may have taken all the space.
keep_errors() {
  clearing_away=$1
  on_exit hand_over
  exec 2>"$scratch/errors"
}

# usage: hand_over STATUS
hand_over() {
  "$clearing_away" "$1"
  exec 2>&"$log_fd"
  cat "$scratch/errors" >&2
  [ "$1" -ne 143 ] || exit 143
  [ "$1" -ne 0 ] || exit 0
  cp "$scratch/errors" "$report/errors"
  report outcome failed
  exit 0
}

# usage: member NAME TEXT      a line of the evidence; an empty text is null
member() {
  if [ -z "$2" ]; then printf '  "%s": null,\n' "$1"; else printf '  "%s": "%s",\n' "$1" "$(escaped "$2")"; fi
}

# usage: number NAME NUMBER      a line of the evidence; an empty number is null
number() {
  printf '  "%s": %s,\n' "$1" "${2:-null}"
}

# usage: place FILE NEW      moves it to a name that must be free: a link, unlike a rename, replaces nothing. Some shares have no links.
place() {
  ln "$1" "$2" 2>/dev/null || { [ ! -e "$2" ] && mv "$1" "$2"; }
}
