# Puts many cases to the rules of the prune.sh that is $0, in one process of the shell.
# Each line of $CASES/questions has the name of a file of dumps, the dump of the run, and the policy.
# shellcheck shell=sh disable=SC1091,SC2034,SC2154
set -eu

# All of the script but its last line, which would run it.
# shellcheck disable=SC2016
[ "$(tail -n 1 "$0")" = 'main "$@"' ]
sed '$d' "$0" >/tmp/rules.sh
. /tmp/rules.sh

while read -r number current KEEP_LAST KEEP_DAILY KEEP_WEEKLY KEEP_MONTHLY KEEP_YEARLY KEEP_WITHIN_DAYS; do
  echo "case $number"
  unwanted "$current" <"$CASES/$number"
done <"$CASES/questions"
