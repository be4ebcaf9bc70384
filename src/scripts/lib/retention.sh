# shellcheck shell=bash
# The rules of the retention. They are those of `restic forget`: going back from the newest dump, each rule keeps the last
# dump of each of its last N days, weeks, months or years. KEEP_WITHIN_DAYS keeps all verified dumps that are less than so many
# days older than the newest of them. The newest KEEP_LAST verified dumps stay. All times are those of the names, in UTC.
# Needs: storage.sh; KEEP_LAST, KEEP_DAILY, KEEP_WEEKLY, KEEP_MONTHLY, KEEP_YEARLY, and KEEP_WITHIN_DAYS (0). Sets: nothing.

# usage: unwanted NAME <"name verified|unverified|empty|coming" lines, newest first      prints the names that no rule wants
# The last verified dump of a day (week, month, year) stands for it; if it has no verified dump, the last of all.
unwanted() {
  add_seconds | awk -v always="$1" -v last="$KEEP_LAST" -v daily="$KEEP_DAILY" -v weekly="$KEEP_WEEKLY" -v monthly="$KEEP_MONTHLY" \
      -v yearly="$KEEP_YEARLY" -v within="${KEEP_WITHIN_DAYS:-0}" '
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
      date = substr($1, length($1) - 14, 8)
      i = ++dumps
      name[i] = $1; state[i] = $2
      # Days are counted from a Monday before the year 0: int() rounds towards 0, and 1970-01-01 is a Thursday.
      day[i] = int($3 / 86400 + 7 * 103000 + 3); week[i] = int(day[i] / 7); month[i] = substr(date, 1, 6); year[i] = substr(date, 1, 4)
      if ($1 == always) keep[i] = 1
      if (($2 == "verified" || $2 == "unverified") && any++ < last) keep[i] = 1
      if ($2 == "verified" && verified++ < last) keep[i] = 1
      if ($2 == "verified" || $2 == "coming") {
        if (latest == "") latest = $3
        if (latest - $3 < within * 86400) keep[i] = 1
      }
    }
    END {
      keep_periods(day, daily); keep_periods(week, weekly); keep_periods(month, monthly); keep_periods(year, yearly)
      for (i = 1; i <= dumps; i++) if (!(i in keep)) print name[i]
    }'
}
