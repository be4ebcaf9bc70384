# shellcheck shell=sh disable=SC2034,SC2154 # variables are shared with the scripts that source this file
# Sourced after common.sh by the scripts that know the folder of the dumps: names, what belongs to a dump, holds, room.

# shellcheck source=json.sh
. "$scripts/json.sh"

check_storage_settings() {
  : "${BACKUP_DIR:?is not set: it names the folder of the dumps}"
  prefix=${BACKUP_DIR##*/}
  work=$BACKUP_DIR/.work
}

# usage: watch_storage      says so in the log when the storage does not answer, and when it does again: what waits for a hard
# mount says nothing, and its shell handles no signal. What is free is asked for, since that is never told from memory.
watch_storage() {
  watch 3>&- 4<&- 5>&- 6<&- &
}

watch() {
  every=${PROGRESS_SECONDS:-30} silent=0 asking=
  while sleep 1 >/dev/null 2>&1 && kill -0 "$$" 2>/dev/null; do
    if [ -n "$asking" ] && kill -0 "$asking" 2>/dev/null; then
      silent=$((silent + 1))
      [ $((silent % every)) -ne 0 ] || log "the storage has not answered for $silent s. Is the NAS away?" \
        "What waits for it goes on when it is back, or is ended with this run at its deadline."
    else
      [ "$silent" -lt "$every" ] || log "the storage answers again, after $silent s"
      silent=0
      df -P -k "$BACKUP_DIR" >/dev/null 2>&1 &
      asking=$!
    fi
  done
}

# usage: check_readable      by trying: mode bits do not tell where the server of the share has users of its own
check_readable() {
  if ! ls "$BACKUP_DIR/." >/dev/null 2>&1; then
    fail "cannot read $BACKUP_DIR. Is the claim mounted, and does its folder belong to user $(id -u)?" \
      "After a change of the image its user may be another one: chown the folder to it."
  fi
}

# usage: sync_folder FOLDER      Some file systems do not sync a folder; then all that the node has written is synced.
sync_folder() {
  sync "$1" 2>"$scratch/sync" || {
    grep -q 'Invalid argument\|not supported\|not implemented\|Bad file descriptor' "$scratch/sync" || { cat "$scratch/sync" >&2; return 1; }
    sync
  }
}

# usage: hold NAME SECONDS      keeps a dump from being pruned while this run needs it; fails when it is gone already
hold() {
  # Pods of one Job differ in the end of their names; a share may take names of no more than 143 bytes.
  held=$BACKUP_DIR/$1.$(printf %s "$PGAPPNAME" | tail -c 40).hold
  { echo $(($(date +%s) + $2)) >"$held"; } 2>/dev/null || {
    # An empty one would have no end.
    rm -f "$held" 2>/dev/null || true
    held=
    warn "the storage lets nobody write: $1.dump is not held, and must not be pruned before this ends"
  }
  [ -e "$BACKUP_DIR/$1.dump" ]
}

# usage: release
release() {
  [ -z "${held:-}" ] || rm -f "$held" || warn "the hold ${held##*/} could not be removed. It ends by itself."
  held=
}

# usage: seconds_of VARIABLE DURATION      P30D, P4W or PT12H in seconds
seconds_of() {
  case $2 in
    PT*H) unit=3600 count=${2#PT} ;;
    P*D) unit=86400 count=${2#P} ;;
    P*W) unit=604800 count=${2#P} ;;
    *) count= ;;
  esac
  count=${count%?}
  case $count in
    '' | *[!0-9]* | 0* | ?????*) fail "$1 ($2) is not a number of days, weeks or hours from 1 to 9999. Write it like P30D, P4W or PT12H." ;;
  esac
  echo $((count * unit))
}

# usage: hold_end FILE      when a hold ends, in seconds since 1970. What is no time holds until it is removed.
hold_end() {
  hold_text=$(cat "$1" 2>/dev/null) || true
  case $hold_text in
    '' | *[!0-9]*) echo 9999999999 ;;
    *) echo "$hold_text" ;;
  esac
}

# usage: holds_of NAME      a line for each hold that has not ended: its end, and whose it is
holds_of() {
  for hold in "$BACKUP_DIR/$1".*.hold; do
    [ -e "$hold" ] || continue
    holder=${hold#"$BACKUP_DIR/$1."} end=$(hold_end "$hold")
    [ "$end" -le "$(date +%s)" ] || echo "$end ${holder%.hold}"
  done
}

# usage: end_of_hold SECONDS      as it stands after "until"
end_of_hold() {
  if [ "$1" -ge 9999999999 ]; then echo released; else date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; fi
}

# usage: dump_names      the names of all dumps in the folder, without ending, oldest first.
# Links, and folders that have nothing of a dump, are somebody else's.
dump_names() {
  for dump_name in $(names_ending_in dump); do
    dump_path=$BACKUP_DIR/$dump_name.dump
    [ ! -L "$dump_path" ] || continue
    if [ -f "$dump_path" ] || [ -e "$dump_path/toc.dat" ] || [ -e "$dump_path.sha256" ]; then echo "$dump_name"; fi
  done
}

# usage: names_ending_in ENDING      the names that we would give, without the ending, oldest first.
# What only looks like one of ours, such as the 31st of April, is somebody else's.
names_ending_in() {
  for named_path in "$BACKUP_DIR/$prefix"-????????-??????."$1"; do
    echo "$named_path"
  done | awk -v start=$((${#BACKUP_DIR} + ${#prefix} + 3)) -v ending=".$1" '
    {
      time = substr($0, start, 15)
      if (time !~ /^[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9]$/) next
      year = substr(time, 1, 4) + 0; month = substr(time, 5, 2) + 0; day = substr(time, 7, 2) + 0
      if (month < 1 || month > 12 || day < 1) next
      leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      if (day > substr("312831303130313130313031", 2 * month - 1, 2) + (month == 2 && leap)) next
      if (substr(time, 10, 2) > 23 || substr(time, 12, 2) > 59 || substr(time, 14, 2) > 60) next
      sub(/.*\//, ""); print substr($0, 1, length($0) - length(ending))
    }'
}

# What lies beside a dump and means nothing without it.
companions='dump.sha256 json globals.sql'

# usage: is_verified NAME      tells a dump that was proven from one that an older script left there
is_verified() {
  has_bytes "$BACKUP_DIR/$1.dump" && has_bytes "$BACKUP_DIR/$1.dump.sha256" && has_bytes "$BACKUP_DIR/$1.json"
}

# usage: has_bytes PATH      whether there is more than an empty file. To test, a call that fails is a file that is not there,
# and a verified dump one that anybody may prune: so whoever says no is asked why.
has_bytes() {
  [ ! -s "$1" ] || return 0
  found=$(stat -c %s "$1" 2>&1) || {
    is_absence "$found" || fail "the storage does not tell what is in it: $found. Run this again when it does."
    return 1
  }
  [ "$found" != 0 ]
}

# usage: is_gone PATH      whether the storage says so
is_gone() {
  [ ! -e "$1" ] && ! found=$(stat -c %s "$1" 2>&1) && is_absence "$found"
}

# usage: is_absence MESSAGE
is_absence() {
  case $1 in *'No such file or directory'*) ;; *) return 1 ;; esac
}

# usage: newest_verified LIMIT      the newest verified dump, at or before a moment like 20261120-080000
newest_verified() {
  for candidate in $(dump_names | sort -r); do
    # With equal lengths, the order of the characters is that of time.
    [ "$(printf '%s\n' "$candidate" "$prefix-$1" | sort | head -n 1)" = "$candidate" ] || continue
    if is_verified "$candidate"; then
      echo "$candidate"
      return
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

# usage: stored_evidence      the paths of what drills have told, the newest first. They are named by time, as dumps are;
# before, by one like 2026-11-25T07:29:11Z.
stored_evidence() {
  for stored in "$BACKUP_DIR"/drills/*.json; do
    echo "$stored"
  done | awk -F / '
    { time = $NF; gsub(/[-:TZ]/, "", time) }
    time ~ /^[0-9]+[.]json$/ && length(time) == 19 { print time "\t" $0 }' | sort -r | cut -f 2
}

# usage: rows_of NAME      all rows of a dump together, or nothing where they were not counted
rows_of() {
  fact "$BACKUP_DIR/$1.json" '"rows"' | awk '{ uncounted = $0 == "null"; sum += $NF } END { if (!uncounted) printf "%.0f", sum }'
}

# usage: checksum PATH      of a dump, as it is written beside it; for a folder, that of the list of its files' checksums
checksum() {
  if [ -d "$1" ]; then sha256sum "$1.sha256"; else cat "$1.sha256"; fi | cut -c 1-64
}

# usage: checksums FOLDER NAME      as sha256sum prints them, of the file NAME in the folder, or of all files below it
checksums() {
  cd "$1" || return
  files_of "$2" | sort | xargs sha256sum
}

# usage: is_held NAME      whether a hold keeps the dump: NAME.<who>.hold has the time of its end. Those that have ended go.
is_held() {
  for hold in "$BACKUP_DIR/$1".*.hold; do
    ! is_gone "$hold" || continue
    [ "$(hold_end "$hold")" -le "$(date +%s)" ] || return 0
    rm -f "$hold"
  done
  return 1
}

# usage: remove_dump NAME      status 1 when the dump is held, 2 when it cannot be removed.
# It leaves its final name before the holds are looked at again: a restore that comes in between finds it gone, or held.
remove_dump() {
  ! is_held "$1" || return 1
  mkdir -p "$work" && mv "$BACKUP_DIR/$1.dump" "$work/$1.removed" || return 2
  if is_held "$1"; then
    mv "$work/$1.removed" "$BACKUP_DIR/$1.dump" || return 2
    return 1
  fi
  for companion in $companions; do
    rm -f "$BACKUP_DIR/$1.$companion" || return 2
  done
  rm -rf "$work/$1.removed" || warn "could not remove all of .work/$1.removed, see the message above: the next backup tries again"
}

# usage: utc_time 20261123-020000      as 2026-11-23T02:00:00Z
utc_time() {
  echo "$1" | sed 's/\(....\)\(..\)\(..\)-\(..\)\(..\)\(..\)/\1-\2-\3T\4:\5:\6Z/'
}

# usage: free_bytes      what the file system of the folder has left for us, or nothing where it does not tell
free_bytes() {
  room 2
}

# usage: free_megabytes      for a message: a storage that is away does not tell
free_megabytes() {
  free_now=$(free_bytes)
  if [ -n "$free_now" ]; then echo $((free_now / 1000000)); else echo 'an unknown number of'; fi
}

# usage: share_bytes      what it has room for in all
share_bytes() {
  room 4
}

# usage: room COLUMN      of df. The share's name may have spaces: count from the end.
room() {
  df -P -k "$BACKUP_DIR" | awk -v column="$1" 'NR == 2 { printf "%.0f\n", $(NF - column) * 1024 }'
}
