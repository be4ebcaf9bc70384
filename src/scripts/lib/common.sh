# shellcheck shell=bash
# Messages, signals and long commands: sourced first by every script that bash runs.
# Needs: nothing. TMPDIR (/tmp) is the folder for small files, PROGRESS_SECONDS (30) the interval of reports on a long command.
# Sets:  program, scripts, scratch and log_fd, which never change; running and progress_pid, its own state; session_in and
# session_out, which server.sh fills.
# The options of the commands that it calls are those that busybox and GNU share.

# A command that fails in a substitution ends the substitution, as one at the top level ends the script.
shopt -s inherit_errexit
export LC_ALL=C
umask 077

program=${0##*/}
program=${program%.sh}
# The folder with the entry points.
scripts=${BASH_SOURCE[0]%/lib/*}
scratch=${TMPDIR:-/tmp}
# The descriptor of the log, also while the messages of a command go to a file.
exec {log_fd}>&2
# A session that has died leads to a message, and not to the silent end of the script that writes to it.
trap '' PIPE

# True while a long command is running: it is the last that went to the background.
running=false
# The process that reports the progress of a long command.
progress_pid=
# The descriptors of the sessions that stay, by name: for SQL, and for answers.
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
  # By a file, so that a failure in a subshell reaches the report, too.
  { printf %s "$*" >"$scratch/failure"; } 2>/dev/null || true
  exit 1
}

# Prints the checksum of all scripts, which is also in the annotation of the pods.
scripts_digest() {
  (cd "$scripts" && cat -- *.sh lib/*.sh sql/*.sql) | sha256sum | cut -c 1-64
}

# usage: detached COMMAND... &      runs a command in the background, without the descriptors of sessions: a session lasts as
# long as any process has such a descriptor.
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
  # The shell must not report that it was killed.
  disown "$progress_pid"
}

stop_progress() {
  # Only KILL is sure to reach a shell that was forked just now.
  [ -z "$progress_pid" ] || kill -KILL "$progress_pid" 2>/dev/null || true
  progress_pid=
}

# usage: progress_of PATH      regularly logs the size of a file or folder that is being written
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

# usage: size_of PATH      bytes of a file, or of all files of a folder; 0 if there is none
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
# A process that was forked just now may lose a signal before it has become its command. So the signal is repeated, and then
# KILL is sent.
# There is no `wait` here: bash forgets a child that ends while a signal interrupts another wait, and would wait for ever.
end_process() {
  local tenths
  for ((tenths = 0; tenths < 50; tenths++)); do
    if ((tenths % 10 == 0)); then kill "$1" 2>/dev/null || return 0; else kill -0 "$1" 2>/dev/null || return 0; fi
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# usage: on_exit FUNCTION      FUNCTION cleans up when the script ends, fails or is stopped; its $1 is the status
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
