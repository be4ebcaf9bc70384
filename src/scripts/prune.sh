#!/bin/sh
# Removes the dumps that no rule of the retention wants. The rules are those of `restic forget`:
# going back from the newest dump, each rule keeps the last dump of each of its last N days, weeks, months or years, and
# KEEP_WITHIN_DAYS all verified dumps that are less than so many days older than the newest of them.
# Time is what the names say, in UTC. A dump that is held stays, and so do the newest KEEP_LAST that are verified.
# usage: prune.sh [NAME]      NAME is the dump of this run: it stays, and counts even while it is not there yet
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=storage.sh
. "$scripts/storage.sh"

main() {
  check_storage_settings
  : "${KEEP_LAST:?is not set}" "${KEEP_DAILY:?is not set}" "${KEEP_WEEKLY:?is not set}"
  : "${KEEP_MONTHLY:?is not set}" "${KEEP_YEARLY:?is not set}"
  for name in $({ dump_names; echo "${1:-}"; } | sort -ru); do
    if is_verified "$name"; then
      echo "$name verified"
    elif has_bytes "$BACKUP_DIR/$name.dump"; then
      echo "$name unverified"
    elif [ -e "$BACKUP_DIR/$name.dump" ]; then
      echo "$name empty"
    else
      echo "$name coming"
    fi
  done >"$scratch/states"
  unwanted "${1:-}" <"$scratch/states" | remove_all
}

# usage: remove_all <names      goes on after one that cannot be removed, and fails at the end
remove_all() {
  stuck=0
  while read -r name; do
    remove_dump "$name" && removed=0 || removed=$?
    case $removed in
      0) log "removed $name: no rule of the retention keeps it" ;;
      1) log "left $name, which no rule of the retention keeps, because it is held" ;;
      *) stuck=1 && warn "could not remove $name, see the message above" ;;
    esac
  done
  return "$stuck"
}

# usage: unwanted NAME <"name verified|unverified|empty|coming" lines, newest first      prints the names that no rule wants
# Where a day (week, month, year) has verified dumps, the last of these stands for it, and else the last of all.
unwanted() {
  awk -v always="$1" -v last="$KEEP_LAST" -v daily="$KEEP_DAILY" -v weekly="$KEEP_WEEKLY" -v monthly="$KEEP_MONTHLY" \
      -v yearly="$KEEP_YEARLY" -v within="${KEEP_WITHIN_DAYS:-0}" '
    # Days since 1970-01-01, a Thursday.
    function day_number(y, m, d) {
      if (m < 3) { y--; m += 12 }
      return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    function keep_periods(period, count,    i, chosen, seen) {
      for (i = 1; i <= dumps; i++) {
        if (state[i] == "empty") continue
        if (!(period[i] in chosen)) {
          if (seen++ == count) break
          chosen[period[i]] = i
        } else if (state[chosen[period[i]]] == "unverified" && state[i] != "unverified") {
          chosen[period[i]] = i
        }
      }
      for (i in chosen) keep[chosen[i]] = 1
    }
    {
      time = substr($1, length($1) - 14)
      y = substr(time, 1, 4) + 0; m = substr(time, 5, 2) + 0; d = substr(time, 7, 2) + 0
      i = ++dumps
      name[i] = $1; state[i] = $2
      day[i] = day_number(y, m, d); week[i] = int((day[i] + 3) / 7); month[i] = y * 12 + m; year[i] = y
      second = ((day[i] * 24 + substr(time, 10, 2)) * 60 + substr(time, 12, 2)) * 60 + substr(time, 14, 2)
      if ($1 == always) keep[i] = 1
      if (($2 == "verified" || $2 == "unverified") && any++ < last) keep[i] = 1
      if ($2 == "verified" && verified++ < last) keep[i] = 1
      if ($2 == "verified" || $2 == "coming") {
        if (latest == "") latest = second
        if (latest - second < within * 86400) keep[i] = 1
      }
    }
    END {
      keep_periods(day, daily); keep_periods(week, weekly); keep_periods(month, monthly); keep_periods(year, yearly)
      for (i = 1; i <= dumps; i++) if (!(i in keep)) print name[i]
    }'
}

main "$@"
