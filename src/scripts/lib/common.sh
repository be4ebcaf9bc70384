# shellcheck shell=bash
# Messages, signals and long commands: sourced first by every script that bash runs.
# Needs: nothing. TMPDIR (/tmp) is where small files go, PROGRESS_SECONDS (30) how often a long command is reported.
# Sets:  program, scripts, scratch and log_fd, which never change; running and progress_pid, its own state; session_in and
# session_out, which server.sh fills.
# The commands that it calls are what busybox and GNU share.

# As at the top level, a command that fails in a substitution ends it.
shopt -s inherit_errexit
export LC_ALL=C
umask 077

program=${0##*/}
program=${program%.sh}
# The folder with the entry points.
scripts=${BASH_SOURCE[0]%/lib/*}
scratch=${TMPDIR:-/tmp}
# The log goes here, also while a command's messages are kept in a file.
exec {log_fd}>&2
# A session that has died is a message of ours, and not the silent end of the script that wrote to it.
trap '' PIPE

# Whether a long command is running: it is the last one that went to the background.
running=false
# The process that reports how a long command gets on.
progress_pid=
# Of the sessions that stay, by name: the descriptors that they read SQL from, and those that they answer on.
declare -A session_in=() session_out=()

log() {
  printf '%s: %s\n' "$program" "$*"
}

warn() {
  printf '%s: warning: %s\n' "$program" "$*" >&2
}

# usage: fail WHAT REMEDY
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  # For the report, which also a failure in a subshell has to reach.
  { printf %s "$*" >"$scratch/failure"; } 2>/dev/null || true
  exit 1
}

# Of all scripts; the pods' annotation has the same one.
scripts_digest() {
  (cd "$scripts" && cat -- *.sh lib/*.sh sql/*.sql) | sha256sum | cut -c 1-64
}

# usage: detached COMMAND... &      a command for the background, without the descriptors of sessions:
# a session lasts as long as any process holds one.
detached() {
  local fd
  for fd in "${session_in[@]}" "${session_out[@]}"; do
    exec {fd}>&-
  done
  if declare -F "$1" >/dev/null; then "$@"; else exec "$@"; fi
}

# usage: run COMMAND...
# A shell handles a signal only after its foreground command has ended, and process 1 of a container gets no signal
# that it does not trap. So long commands run in the background, and the signal is passed on.
run() {
  local status=0
  running=true
  detached "$@" &
  wait "$!" || status=$?
  running=false
  return "$status"
}

# usage: start_progress COMMAND...      until stop_progress
start_progress() {
  detached "$@" &
  progress_pid=$!
  # The shell shall not report that it was killed.
  disown "$progress_pid"
}

stop_progress() {
  # Nothing else is sure to reach a shell that was forked just now.
  [ -z "$progress_pid" ] || kill -KILL "$progress_pid" 2>/dev/null || true
  progress_pid=
}

# usage: progress_of PATH      prints now and then how much of a file or folder is written
progress_of() {
  local begun bytes seconds
  begun=$(date +%s)
  while sleep "${PROGRESS_SECONDS:-30}" >/dev/null 2>&1; do
    bytes=$(size_of "$1")
    seconds=$(($(date +%s) - begun))
    log "$((bytes / 1000000)) MB after $seconds s, $((bytes / 1000 / (seconds + 1))) kB/s"
  done
}

# usage: files_of PATH [ACTION]...      finds the file, or all files of the folder, except those of the NAS itself
files_of() {
  local path=$1
  shift
  find "$path" -name @eaDir -prune -o -name '.nfs*' -o -type f "${@:--print}"
}

# usage: size_of PATH      bytes of a file, or of all files of a folder; 0 where there is none
size_of() {
  { files_of "$1" -exec stat -c %s {} + 2>/dev/null || true; } | awk '{ bytes += $1 } END { printf "%.0f\n", bytes }'
}

on_signal() {
  trap '' HUP INT TERM
  printf '%s: stopped by SIG%s\n' "$program" "$1" >&"$log_fd"
  if "$running" && [ -n "${!-}" ]; then end_process "$!"; fi
  exit 143
}

# usage: end_process PID      ends it, and returns when it has ended
# A process that was forked just now may lose a signal before it has become its command: it is sent again, and then KILL.
# There is no `wait` here: bash forgets a child that ends while a signal interrupts another wait, and would wait for ever.
end_process() {
  local tenths
  for ((tenths = 0; tenths < 50; tenths++)); do
    if ((tenths % 10 == 0)); then kill "$1" 2>/dev/null || return 0; else kill -0 "$1" 2>/dev/null || return 0; fi
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# usage: on_exit FUNCTION      FUNCTION cleans up, whether the script ends, fails or is stopped; $1 is the status
on_exit() {
  # shellcheck disable=SC2064 # the name of the function is known now
  trap "finish $1 \$?" EXIT
  trap 'on_signal HUP' HUP
  trap 'on_signal INT' INT
  trap 'on_signal TERM' TERM
}

# usage: finish FUNCTION STATUS
finish() {
  stop_progress
  "$1" "$2"
}
