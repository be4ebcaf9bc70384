#!/bin/sh
# The first process of every container: hands over to bash, as the same process, so that signals reach the script.
# usage: run.sh SCRIPT
set -eu

command -v bash >/dev/null || {
  echo "${1%.sh}: this image has no bash, in which the scripts are written. Choose an image that has it:" \
    "the official ones of PostgreSQL do, for others see PostgresImage.of." >&2
  exit 1
}
exec bash "${0%/*}/$1"
