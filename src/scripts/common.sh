# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced by every script: messages, signals and long commands.
# Runs under busybox ash and dash, with the options and applets that both images have.

program=${0##*/}
program=${program%.sh}
scripts=${0%/*}
scratch=${TMPDIR:-/tmp}
export LC_ALL=C
umask 077
# Where the log goes, also while a command's messages are kept in a file.
exec 9>&2
# A session that has died is a message of ours, and not the silent end of the script that wrote to it.
trap '' PIPE

log() {
  printf '%s: %s\n' "$program" "$*"
}

warn() {
  printf '%s: warning: %s\n' "$program" "$*" >&2
}

# Of all scripts; the pods' annotation has the same one.
scripts_digest() {
  cat "$scripts"/*.s* | sha256sum | cut -c 1-64
}

# usage: fail WHAT REMEDY
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

child=

# usage: run COMMAND...
# A shell handles a signal only after its foreground command has ended, and process 1 of a container gets no signal
# that it does not trap. So long commands run in the background, and the signal is passed on.
run() {
  child=last
  # Whoever holds a descriptor of a session keeps it from ending.
  "$@" 3>&- 4<&- 5>&- 6<&- &
  child=$!
  wait "$child" && run_status=0 || run_status=$?
  child=
  return "$run_status"
}

# usage: run_reporting PATH COMMAND...      prints now and then how much of the file or folder PATH is written
run_reporting() {
  report "$1" 3>&- 4<&- 5>&- 6<&- &
  reporter=$!
  shift
  run "$@" && reporting_status=0 || reporting_status=$?
  stop_reporter
  return "$reporting_status"
}

report() {
  report_begun=$(date +%s)
  while sleep "${PROGRESS_SECONDS:-30}" >/dev/null 2>&1; do
    report_bytes=$(size_of "$1")
    report_seconds=$(($(date +%s) - report_begun))
    log "$((report_bytes / 1000000)) MB after $report_seconds s, $((report_bytes / 1000 / (report_seconds + 1))) kB/s"
  done
}

stop_reporter() {
  [ -n "${reporter:-}" ] || return 0
  # Nothing else is sure to reach a shell that was forked just now.
  kill -KILL "$reporter" 2>/dev/null || true
  wait "$reporter" 2>/dev/null || true
  reporter=
}

# usage: files_of PATH [ACTION]...      finds the file, or all files of the folder, but what a NAS puts there by itself
files_of() {
  files_path=$1
  shift
  find "$files_path" -name @eaDir -prune -o -name '.nfs*' -o -type f "${@:--print}"
}

# usage: size_of PATH      bytes of a file, or of all files of a folder; 0 where there is none
size_of() {
  files_of "$1" -exec stat -c %s {} + 2>/dev/null | awk '{ bytes += $1 } END { printf "%.0f\n", bytes }'
}

on_signal() {
  trap '' HUP INT TERM
  printf '%s: stopped by SIG%s\n' "$program" "$1" >&9
  [ "$child" != last ] || child=$!
  [ -z "$child" ] || end_child
  exit 143
}

# A process that was forked just now may lose a signal before it has become its command: it is sent again, and then KILL.
end_child() {
  kill "$child" 2>/dev/null || true
  {
    sleep 1
    kill "$child"
    sleep 4
    kill -KILL "$child"
  } >/dev/null 2>&1 &
  insisting=$!
  wait "$child" 2>/dev/null || true
  kill -KILL "$insisting" 2>/dev/null || true
}

# usage: on_exit FUNCTION      FUNCTION cleans up, whether the script ends, fails or is stopped; $1 is the status
on_exit() {
  # shellcheck disable=SC2064 # the name of the function is known now
  trap "ending=\$?; stop_reporter; $1 \$ending" EXIT
  trap 'on_signal HUP' HUP
  trap 'on_signal INT' INT
  trap 'on_signal TERM' TERM
}
