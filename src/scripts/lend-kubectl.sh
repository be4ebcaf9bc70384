#!/bin/sh
# Copies kubectl from its own image into a volume, for a container without it. That image need not have bash.
# usage: lend-kubectl.sh      with
#   KUBECTL   the path of the copy
set -eu

# usage: fail WHAT REMEDY
fail() {
  echo "lend-kubectl: $*" >&2
  exit 1
}

: "${KUBECTL:?is not set: it names the path of the copy}"
lent=$(command -v kubectl) || fail "this image has no kubectl." \
  "Choose one that has kubectl, sh and cp: the image of quiesce."
cp "$lent" "$KUBECTL" || fail "cannot copy $lent to $KUBECTL, see the message above."
echo "lend-kubectl: lent $lent"
