#!/bin/sh
# Removes the dumps that no rule of the retention wants. The rules are those of `restic forget`:
# going back from the newest dump, each rule keeps the last dump of each of its last N days, weeks, months or years.
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
    elif [ -e "$BACKUP_DIR/$name.dump" ]; then
      echo "$name unverified"
    else
      echo "$name coming"
    fi
  done | unwanted "${1:-}" | while read -r name; do
    if remove_dump "$name"; then
      log "removed $name: no rule of the retention keeps it"
    else
      log "left $name, which no rule of the retention keeps, because it is held"
    fi
  done
}

# usage: unwanted NAME <"name verified|unverified|coming" lines, newest first      prints the names that no rule wants
unwanted() {
  awk -v always="$1" -v last="$KEEP_LAST" -v daily="$KEEP_DAILY" -v weekly="$KEEP_WEEKLY" -v monthly="$KEEP_MONTHLY" \
      -v yearly="$KEEP_YEARLY" '
    # Days since 1970-01-01, a Thursday.
    function day_number(y, m, d) {
      if (m < 3) { y--; m += 12 }
      return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    # Whether a rule wants a dump of this period: the first one of each period, as long as its number lasts.
    function wants(rule, period) {
      if (left[rule] == 0 || (rule in seen && seen[rule] == period)) return 0
      seen[rule] = period
      left[rule]--
      return 1
    }
    BEGIN { left["d"] = daily; left["w"] = weekly; left["m"] = monthly; left["y"] = yearly }
    {
      time = substr($1, length($1) - 14)
      y = substr(time, 1, 4) + 0; m = substr(time, 5, 2) + 0; d = substr(time, 7, 2) + 0
      day = day_number(y, m, d)
      keep = $1 == always
      if ($2 != "coming" && dumps++ < last) keep = 1
      if ($2 == "verified" && verified++ < last) keep = 1
      # Each rule counts for itself: all of them must see the dump.
      if (wants("d", day)) keep = 1
      if (wants("w", int((day + 3) / 7))) keep = 1
      if (wants("m", y * 12 + m)) keep = 1
      if (wants("y", y)) keep = 1
      if (!keep) print $1
    }'
}

main "$@"
