#!/bin/sh
# The step of action.yaml: the plan of HEAD against its first parent, as a comment and in the summary of the run.
set -eu

: "${FOLDER:?}" "${COMMAND:?}" "${PULL_REQUEST:?is not set: run on the event pull_request}" "${GITHUB_REPOSITORY:?}" "${RUNNER_TEMP:?}"
marker="<!-- backup plan of $FOLDER -->"
comment=$RUNNER_TEMP/backup-plan.md

# Either side may be without the folder: then everything is new, or gone.
empty=$RUNNER_TEMP/no-manifests
mkdir -p "$empty"
base=HEAD^1:$FOLDER
git cat-file -e "$base" 2>/dev/null || base=$empty
head=$FOLDER
[ -d "$head" ] || head=$empty

# shellcheck disable=SC2086 # the command is several words
plan() {
  $COMMAND plan --base "$base" --head "$head" ${DUMPS:+--dumps "$DUMPS"} ${DUMP_SIZE:+"--dump-size=$DUMP_SIZE"} ${LAST_RUN:+"--last-run=$LAST_RUN"} "$@"
}

echo "$marker" >"$comment"
plan --markdown >>"$comment"
cat "$comment" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"

comments=repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
if ! gh api --paginate "$comments" --jq '.[] | "\(.id) \(.body | split("\n")[0] | rtrimstr("\r"))"' >"$RUNNER_TEMP/comments"; then
  echo "::warning::The comments cannot be read. Does the job have the permission pull-requests: write?"
  : >"$RUNNER_TEMP/comments"
fi
known=$(grep -F -- " $marker" "$RUNNER_TEMP/comments" | head -n 1 | cut -d ' ' -f 1)
if [ -n "$known" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --field "body=@$comment" ||
    echo "::warning::The comment cannot be changed. A pull request from a fork has no right to: the plan is in the summary."
else
  gh api --silent --method POST "$comments" --field "body=@$comment" ||
    echo "::warning::The comment cannot be written. A pull request from a fork has no right to: the plan is in the summary."
fi

plan ${FAIL_ON:+--fail-on "$FAIL_ON"}
