# Puts many cases to the rules of the retention, in one process of the shell.
# Each line of $CASES/questions has the name of a file of dumps, the dump of the run, and the policy.
# shellcheck shell=bash disable=SC1091,SC2034
set -euo pipefail

. /scripts/lib/common.sh
. /scripts/lib/storage.sh
. /scripts/lib/retention.sh

while read -r number current KEEP_LAST KEEP_DAILY KEEP_WEEKLY KEEP_MONTHLY KEEP_YEARLY KEEP_WITHIN_DAYS; do
  echo "case $number"
  unwanted "$current" <"$CASES/$number"
done <"$CASES/questions"
