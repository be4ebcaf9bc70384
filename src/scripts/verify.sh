#!/bin/sh
# Proves that a dump is whole: it decodes every byte of it and compares its checksum, where it has one.
# usage: verify.sh FILE
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"

main() {
  [ $# -eq 1 ] || fail "usage: verify.sh FILE"
  file=$1
  [ -s "$file" ] || fail "$file is missing or empty. Choose another dump."
  on_exit :
  if [ -e "$file.sha256" ]; then
    cd "${file%/*}"
    run sha256sum -c "${file##*/}.sha256" >/dev/null ||
      fail "$file has changed since it was written: its checksum differs. Choose another dump, and check the storage."
  fi
  # A list of contents is read from the beginning of the file; only decoding it all finds a cut end.
  run pg_restore --file=/dev/null "$file" || fail "$file cannot be read to its end. Choose another dump."
}

main "$@"
