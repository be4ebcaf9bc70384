#!/bin/sh
# Copies rclone, and the public authorities, from its own image into a volume, for a container without them. That image has no
# bash.
# usage: lend-rclone.sh      with
#   RCLONE   the path of the copy; the authorities are beside it
set -eu

# usage: fail WHAT REMEDY
fail() {
  echo "lend-rclone: $*" >&2
  exit 1
}

: "${RCLONE:?is not set: it names the path of the copy}"
authorities=/etc/ssl/certs/ca-certificates.crt
lent=$(command -v rclone) || fail "this image has no rclone." "Choose one that has rclone, sh and cp: rcloneImage of the target."
cp "$lent" "$RCLONE" || fail "cannot copy $lent to $RCLONE, see the message above."
[ ! -e "$authorities" ] || cp "$authorities" "${RCLONE%/*}/authorities" ||
  fail "cannot copy $authorities to ${RCLONE%/*}, see the message above."
echo "lend-rclone: lent $lent"
