#!/bin/sh
# Removes the dumps that no rule of the retention wants. The rules are those of `restic forget`:
# going back from the newest dump, each rule keeps the last dump of each of its last N days, weeks, months or years.
# usage: prune.sh      with BACKUP_DIR, KEEP_LAST, KEEP_DAILY, KEEP_WEEKLY, KEEP_MONTHLY, KEEP_YEARLY
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"

main() {
  : "${BACKUP_DIR:?is not set: it names the folder of the dumps}"
  : "${KEEP_LAST:?is not set}" "${KEEP_DAILY:?is not set}" "${KEEP_WEEKLY:?is not set}"
  : "${KEEP_MONTHLY:?is not set}" "${KEEP_YEARLY:?is not set}"
  prefix=${BACKUP_DIR##*/}
  dump_names | sort -r | while read -r name; do
    if is_verified "$name"; then echo "$name verified"; else echo "$name unverified"; fi
  done | unwanted | while read -r name; do
    remove "$name"
  done
}

# usage: unwanted <"NAME verified|unverified" lines, newest first      prints the names that no rule wants
unwanted() {
  awk -v last="$KEEP_LAST" -v daily="$KEEP_DAILY" -v weekly="$KEEP_WEEKLY" -v monthly="$KEEP_MONTHLY" \
      -v yearly="$KEEP_YEARLY" '
    # Days since 1970-01-01, a Thursday.
    function day_number(y, m, d) {
      if (m < 3) { y--; m += 12 }
      return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + d - 719469
    }
    # Whether a rule still wants a dump of this period: the first one of each period, as long as its number lasts.
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
      keep = NR <= last
      if ($2 == "verified" && verified++ < last) keep = 1
      # Each rule counts for itself: all of them must see the dump.
      if (wants("d", day)) keep = 1
      if (wants("w", int((day + 3) / 7))) keep = 1
      if (wants("m", y * 12 + m)) keep = 1
      if (wants("y", y)) keep = 1
      if (!keep) print $1
    }'
}

# usage: remove NAME      The dump goes first: what is left of a half-done removal is no dump, and goes next time.
remove() {
  log "removing $1: no rule of the retention keeps it"
  rm -f "$BACKUP_DIR/$1.dump"
  rm -f "$BACKUP_DIR/$1.dump.sha256"
}

main "$@"
