# Runs prune.sh on many folders of dumps.
# Each line of $CASES/questions has a folder, the dump of the run or -, and the policy.
# shellcheck shell=bash
set -euo pipefail

while read -r folder current KEEP_LAST KEEP_DAILY KEEP_WEEKLY KEEP_MONTHLY KEEP_YEARLY KEEP_WITHIN_DAYS; do
  export BACKUP_DIR="$CASES/$folder" KEEP_LAST KEEP_DAILY KEEP_WEEKLY KEEP_MONTHLY KEEP_YEARLY KEEP_WITHIN_DAYS
  if [ "$current" = - ]; then set --; else set -- "$current"; fi
  bash /scripts/prune.sh "$@" </dev/null
done <"$CASES/questions"
