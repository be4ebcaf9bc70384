# shellcheck shell=bash
# The folder of the dumps: names, companions of a dump, holds, removal, space.
# Needs: common.sh; BACKUP_DIR; PGAPPNAME for a hold; PROGRESS_SECONDS (30), the interval at which a silence is logged.
# Sets:  by check_storage_settings prefix and work; companions; held, the hold of this run as long as there is one.

# shellcheck source=lib/json.sh
. "${BASH_SOURCE[0]%/*}/json.sh"

# The beginning of the dumps' names, and the folder of unfinished dumps.
prefix=
work=

# The endings of the files beside a dump, which mean nothing without it.
companions=(dump.sha256 json globals.sql)

held=

check_storage_settings() {
  : "${BACKUP_DIR:?is not set: it names the folder of the dumps}"
  prefix=${BACKUP_DIR##*/}
  work=$BACKUP_DIR/.work
}

# usage: watch_storage      logs when the storage stops answering, and when it answers again: a command that waits for a hard
# mount says nothing, and its shell handles no signal
watch_storage() {
  detached ask_storage &
}

# usage: ask_storage      until the script ends. It asks for the free space, which the node never answers from its memory.
ask_storage() {
  local every=${PROGRESS_SECONDS:-30} silent=0 asking=
  while sleep 1 >/dev/null 2>&1 && kill -0 "$$" 2>/dev/null; do
    if [ -n "$asking" ] && kill -0 "$asking" 2>/dev/null; then
      silent=$((silent + 1))
      [ $((silent % every)) -ne 0 ] || log "the storage has not answered for $silent s. Is the NAS away?" \
        "The run goes on when it is back, and otherwise ends at its deadline."
    else
      [ "$silent" -lt "$every" ] || log "the storage answers again, after $silent s"
      silent=0
      df -P -k "$BACKUP_DIR" >/dev/null 2>&1 &
      asking=$!
    fi
  done
}

# usage: check_readable      by trying: mode bits do not tell if the server of the share has users of its own
check_readable() {
  if ! ls "$BACKUP_DIR/." >/dev/null 2>&1; then
    fail "cannot read $BACKUP_DIR. Is the claim mounted, and does its folder belong to user $(id -u)?" \
      "Another image may have another user: chown the folder to it."
  fi
}

# usage: sync_folder FOLDER      Some file systems do not sync a folder: then all data of the node is synced.
sync_folder() {
  sync "$1" 2>"$scratch/sync" || {
    grep -q 'Invalid argument\|not supported\|not implemented\|Bad file descriptor' "$scratch/sync" || { cat "$scratch/sync" >&2; return 1; }
    sync
  }
}

# usage: utc_time 20261123-020000      as 2026-11-23T02:00:00Z
utc_time() {
  echo "${1:0:4}-${1:4:2}-${1:6:2}T${1:9:2}:${1:11:2}:${1:13:2}Z"
}

# usage: add_seconds <LINES      puts after each line, whose first word ends in a time like 20261123-020000, the seconds
# since 1970 of that time in UTC
add_seconds() {
  awk '
    # The civil calendar: days since 1970-01-01, of years that begin in March.
    function day_number(y, m, d) {
      if (m < 3) { y--; m += 12 }
      return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    {
      time = substr($1, length($1) - 14)
      day = day_number(substr(time, 1, 4) + 0, substr(time, 5, 2) + 0, substr(time, 7, 2) + 0)
      printf "%s %.0f\n", $0, ((day * 24 + substr(time, 10, 2)) * 60 + substr(time, 12, 2)) * 60 + substr(time, 14, 2)
    }'
}

# usage: seconds_of VARIABLE DURATION      P30D, P4W or PT12H in seconds
seconds_of() {
  local unit count=
  case $2 in
    PT*H) unit=3600 count=${2#PT} ;;
    P*D) unit=86400 count=${2#P} ;;
    P*W) unit=604800 count=${2#P} ;;
  esac
  count=${count%?}
  [[ $count =~ ^[1-9][0-9]{0,3}$ ]] ||
    fail "$1 ($2) is not a number of days, weeks or hours from 1 to 9999. Write it like P30D, P4W or PT12H."
  echo $((count * unit))
}

# usage: listing      prints the names of all files in the folder
# A glob takes a folder that cannot be listed for an empty one. ls tells the difference, but that of busybox also needs each file
# to answer.
listing() (
  shopt -s dotglob nullglob
  paths=("$BACKUP_DIR"/*)
  if [ "${#paths[@]}" -gt 0 ]; then
    printf '%s\n' "${paths[@]##*/}"
  else
    ls -A "$BACKUP_DIR/." 2>"$scratch/listing" || is_gone "$BACKUP_DIR" || fail_to_look "$(tail -n 1 "$scratch/listing")"
  fi
)

# usage: names_ending_in ENDING      prints the names that we would give, without the ending, oldest first.
# A name that only looks like ours, e.g. with the 31st of April, is not ours.
names_ending_in() {
  listing | awk -v start="$prefix-" -v ending=".$1" '
    index($0, start) == 1 && length($0) == length(start ending) + 15 && substr($0, length(start) + 16) == ending {
      time = substr($0, length(start) + 1, 15)
      if (time !~ /^[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9]$/) next
      year = substr(time, 1, 4) + 0; month = substr(time, 5, 2) + 0; day = substr(time, 7, 2) + 0
      if (month < 1 || month > 12 || day < 1) next
      leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      if (day > substr("312831303130313130313031", 2 * month - 1, 2) + (month == 2 && leap)) next
      if (substr(time, 10, 2) > 23 || substr(time, 12, 2) > 59 || substr(time, 14, 2) > 60) next
      print start time
    }'
}

# usage: dump_names      prints the names of all dumps in the folder, without ending, oldest first.
# Links, and folders without any file of a dump, are not ours.
dump_names() {
  local names name path
  names=$(names_ending_in dump)
  for name in $names; do
    path=$BACKUP_DIR/$name.dump
    [ ! -L "$path" ] || continue
    if [ -f "$path" ] || [ -e "$path/toc.dat" ] || [ -e "$path.sha256" ]; then echo "$name"; fi
  done
}

# usage: is_verified NAME      status 0 for a proven dump, 1 for a dump of an older script
is_verified() {
  has_bytes "$BACKUP_DIR/$1.dump" && has_bytes "$BACKUP_DIR/$1.dump.sha256" && has_bytes "$BACKUP_DIR/$1.json"
}

# usage: has_bytes PATH      status 0 if it is more than an empty file
# To `test`, a failed call is a missing file, and a verified dump would count as unverified and might be pruned. So a no is
# examined.
has_bytes() {
  local answer
  [ ! -s "$1" ] || return 0
  answer=$(stat -L -c %s "$1" 2>&1) || {
    is_absence "$answer" || fail_to_look "$answer"
    return 1
  }
  [ "$answer" != 0 ]
}

# usage: is_gone PATH      status 0 if the storage says that it does not exist
is_gone() {
  local answer
  [ ! -e "$1" ] && ! answer=$(stat -L -c %s "$1" 2>&1) && is_absence "$answer"
}

# usage: is_absence MESSAGE
is_absence() {
  [[ $1 == *'No such file or directory'* ]]
}

# usage: fail_to_look MESSAGE
fail_to_look() {
  fail "the storage cannot be listed: $1. Run this again when it can."
}

# usage: newest_verified LIMIT      prints the newest verified dump, at or before a moment like 20261120-080000
newest_verified() {
  local names candidate
  names=$(dump_names | sort -r)
  for candidate in $names; do
    # With equal lengths, the order of the characters is that of time.
    if [[ ! $candidate > $prefix-$1 ]] && is_verified "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done
}

# usage: manifest_number NAME KEY      a number from the manifest of a dump, or nothing
manifest_number() {
  fact "$BACKUP_DIR/$1.json" "\"$2\"" | sed -n '/^[0-9][0-9]*$/p'
}

# usage: manifest_string NAME KEY      a string from the manifest of a dump, with its quotes
manifest_string() {
  fact "$BACKUP_DIR/$1.json" "\"$2\""
}

# usage: rows_of NAME      prints the number of all rows of a dump, or nothing if they were not counted
rows_of() {
  fact "$BACKUP_DIR/$1.json" '"rows"' | awk '{ uncounted = $0 == "null"; sum += $NF } END { if (!uncounted) printf "%.0f", sum }'
}

# usage: text_of FILE KEY      a string of a manifest, a record or an evidence, or -
text_of() {
  local value
  value=$(fact "$1" "\"$2\"")
  if [[ $value == \"?*\" ]]; then echo "${value:1:-1}"; else echo -; fi
}

# usage: stored_evidence      prints the paths of the evidence of drills, the newest first. Their names are times like those of
# dumps; formerly, times like 2026-11-25T07:29:11Z.
stored_evidence() {
  printf '%s\n' "$BACKUP_DIR"/drills/*.json | awk -F / '
    { time = $NF; gsub(/[-:TZ]/, "", time) }
    time ~ /^[0-9]+[.]json$/ && length(time) == 19 { print time "\t" $0 }' | sort -r | cut -f 2
}

# usage: checksum PATH      prints the checksum beside a dump; for a folder, that of the list of its files' checksums
checksum() {
  if [ -d "$1" ]; then sha256sum "$1.sha256"; else cat "$1.sha256"; fi | cut -c 1-64
}

# usage: checksums FOLDER NAME      prints the checksums, as sha256sum does, of the file NAME in the folder, or of all files below it
checksums() {
  cd "$1" || return 1
  files_of "$2" | sort | xargs sha256sum
}

# usage: hold NAME SECONDS      keeps a dump from being pruned while this run needs it; fails if it is already gone
hold() {
  # Pods of one Job differ in the end of their names; a share may take names of no more than 143 bytes.
  held=$BACKUP_DIR/$1.$(printf %s "$PGAPPNAME" | tail -c 40).hold
  { echo $(($(date +%s) + $2)) >"$held"; } 2>/dev/null || {
    # An empty hold would have no end.
    rm -f "$held" 2>/dev/null || true
    held=
    warn "the storage refuses writes: $1.dump is not held, and must not be pruned before this run ends"
  }
  [ -e "$BACKUP_DIR/$1.dump" ]
}

# usage: release
release() {
  [ -z "$held" ] || rm -f "$held" || warn "the hold ${held##*/} could not be removed. It ends by itself."
  held=
}

# usage: hold_end FILE      prints the end of a hold, in seconds since 1970. A hold whose text is not a time lasts until it is removed.
hold_end() {
  local text
  text=$(cat "$1" 2>/dev/null) || true
  case $text in
    '' | *[!0-9]*) echo 9999999999 ;;
    *) echo "$text" ;;
  esac
}

# usage: holds_of NAME      prints a line for each hold that has not ended: its end and its holder
holds_of() {
  local hold holder end
  for hold in "$BACKUP_DIR/$1".*.hold; do
    [ -e "$hold" ] || continue
    holder=${hold#"$BACKUP_DIR/$1."}
    end=$(hold_end "$hold")
    [ "$end" -le "$(date +%s)" ] || echo "$end ${holder%.hold}"
  done
}

# usage: end_of_hold SECONDS      prints it for a sentence with "until"
end_of_hold() {
  if [ "$1" -ge 9999999999 ]; then echo released; else date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; fi
}

# usage: is_held NAME      status 0 if a hold keeps the dump, or may do so: NAME.<holder>.hold has the time of its end. Holds that
# have ended are removed.
is_held() {
  local names file
  names=$(listing) || return 0
  while IFS= read -r file; do
    [[ $file == "$1".*.hold ]] || continue
    [ "$(hold_end "$BACKUP_DIR/$file")" -le "$(date +%s)" ] || return 0
    rm -f "$BACKUP_DIR/$file"
  done <<<"$names"
  return 1
}

# usage: remove_dump NAME      status 1 if the dump is held, 2 if it cannot be removed.
# It loses its final name before the holds are read again: a restore that begins in between finds it gone, or holds it.
remove_dump() {
  local companion
  ! is_held "$1" || return 1
  mkdir -p "$work" && mv "$BACKUP_DIR/$1.dump" "$work/$1.removed" || return 2
  if is_held "$1"; then
    mv "$work/$1.removed" "$BACKUP_DIR/$1.dump" || return 2
    return 1
  fi
  for companion in "${companions[@]}"; do
    rm -f "$BACKUP_DIR/$1.$companion" || return 2
  done
  rm -rf "$work/$1.removed" || warn "could not remove all of .work/$1.removed, see the message above: the next backup tries again"
}

# usage: free_bytes      prints the free bytes of the folder's file system; nothing if it does not tell
free_bytes() {
  file_system 2
}

# usage: free_megabytes      prints them for a message, also for a storage that does not tell
free_megabytes() {
  local free
  free=$(free_bytes)
  if [ -n "$free" ]; then echo "$((free / 1000000))"; else echo 'an unknown number of'; fi
}

# usage: share_bytes      prints the size of the file system, likewise
share_bytes() {
  file_system 4
}

# usage: file_system COLUMN      of df, in bytes, or nothing. The share's name may have spaces: count from the end.
file_system() {
  { df -P -k "$BACKUP_DIR" || true; } | awk -v column="$1" 'NR == 2 { printf "%.0f\n", $(NF - column) * 1024 }'
}
