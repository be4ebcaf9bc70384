#!/bin/sh
# Looks whether every expected secret is there and right, and whether the password opens the database. No value is ever
# printed. What is wrong goes to SECRETS_REPORT/findings, a sentence a line, and the fingerprints of the values that a dump
# depends on to SECRETS_REPORT/fingerprints. The status is 0 either way: the container that comes next decides what to do.
# usage: check-secrets.sh      with SECRETS_REPORT, the folder to write to, and EXPECTED, the number of secrets, each with
#   EXPECTED_n_NAME, EXPECTED_n_PATH, EXPECTED_n_BECAUSE   what it is, the file with the value (or the folder, of a whole
#                               secret), what cannot be done without it; and where it applies
#   EXPECTED_n_BYTES, EXPECTED_n_MIN_BYTES                 length of the value
#   EXPECTED_n_PATTERN          extended regular expression for a whole line of the value
#   EXPECTED_n_TRAILING_NEWLINE allowed
#   EXPECTED_n_SAME_AS_DUMP     true, for a fingerprint
#   EXPECTED_n_GIT_FILE, EXPECTED_n_OPTIONAL_UNTIL         where it comes from; until when it may be missing
set -eu

# shellcheck source=common.sh
. "${0%/*}/common.sh"
# shellcheck source=server.sh
. "$scripts/server.sh"

main() {
  : "${SECRETS_REPORT:?is not set: it names the folder for what is found}" "${EXPECTED:?is not set: a number}"
  on_exit :
  : >"$SECRETS_REPORT/findings"
  : >"$SECRETS_REPORT/fingerprints"
  number=0
  while [ "$number" -lt "$EXPECTED" ]; do
    number=$((number + 1))
    name=$(expected NAME) path=$(expected PATH)
    if [ -d "$path" ]; then check_whole; else check_key; fi
  done
  check_login
  # Written last: the next container takes it for the sign that all of this was done.
  : >"$SECRETS_REPORT/complete"
  log "$EXPECTED secrets are expected, $(wc -l <"$SECRETS_REPORT/findings" | tr -d ' ') findings"
}

# usage: expected SETTING      of the current secret; the number and the word are ours, the value is not evaluated
expected() {
  eval "printf '%s\n' \"\${EXPECTED_${number}_$1:-}\""
}

# usage: finding TEXT...
finding() {
  warn "$*"
  printf '%s\n' "$*" >>"$SECRETS_REPORT/findings"
}

check_whole() {
  if [ -n "$(ls "$path")" ]; then log "$name: present"; else missing; fi
}

check_key() {
  if [ ! -e "$path" ]; then
    missing
    return
  fi
  bytes=$(wc -c <"$path" | tr -d ' ')
  [ "$bytes" -eq 0 ] || [ "$(expected SAME_AS_DUMP)" != true ] || fingerprint
  if mistake=$(mistake); then
    finding "$name $mistake It is needed: $(expected BECAUSE)."
  else
    log "$name: $bytes bytes, as expected"
  fi
}

missing() {
  if [ -n "$(expected OPTIONAL_UNTIL)" ]; then
    log "$name: not there, which is right until $(expected OPTIONAL_UNTIL). It is needed: $(expected BECAUSE)."
  else
    git_file=$(expected GIT_FILE)
    finding "$name is missing. It is needed: $(expected BECAUSE)." \
      "Create it, e.g. by reconciling the Flux Kustomization that holds ${git_file:-it}."
  fi
}

# What is wrong with the value, and the remedy; status 1 when nothing is.
mistake() {
  want=$(expected BYTES) least=$(expected MIN_BYTES) pattern=$(expected PATTERN)
  if [ "$bytes" -eq 0 ]; then
    echo "is empty. Write its value again."
  elif [ -n "$want" ] && [ "$bytes" -ne "$want" ]; then
    echo "has $bytes bytes instead of $want$(why_longer)"
  elif [ -n "$least" ] && [ "$bytes" -lt "$least" ]; then
    echo "has $bytes bytes, fewer than $least. Was it cut? Write its value again."
  elif ends_with_newline && [ -z "$(expected TRAILING_NEWLINE)" ]; then
    echo "ends with a line break. Write its value again without, e.g. with printf %s instead of echo."
  elif [ -n "$pattern" ] && ! grep -Eqx -e "$pattern" "$path"; then
    echo "does not look like $pattern. Write its value again."
  else
    return 1
  fi
}

# The usual accidents have names.
why_longer() {
  if ends_with_newline && [ "$bytes" -eq $((want + 1)) ]; then
    echo ": it ends with a line break. Write its value again without, e.g. with printf %s instead of echo."
  elif [ "$(tr -d '\n' <"$path" | wc -c)" -eq $((4 * ((want + 2) / 3))) ] && decoded=$(base64 -d <"$path" 2>/dev/null | wc -c) &&
    [ "$decoded" -eq "$want" ]; then
    echo ": it is in base64 once too often. Put the decoded value into stringData, or this one into data."
  else
    echo ". Write its value again."
  fi
}

ends_with_newline() {
  [ "$(tail -c 1 "$path" | od -An -tx1 | tr -d ' ')" = 0a ]
}

# The name is the salt: nobody can look up the hash of a value in a table made beforehand.
fingerprint() {
  printf '%s\t%s\t%s\n' "$({ echo "$name" && cat "$path"; } | sha256sum | cut -c 1-16)" "$name" "$(expected BECAUSE)" \
    >>"$SECRETS_REPORT/fingerprints"
}

# A server that is down is no wrong password; the next container waits for it.
check_login() {
  [ -n "${PGPASSWORD:-}" ] || return 0
  server=$PGHOST:${PGPORT:-5432} database=$PGDATABASE
  keep_alive
  if ! run pg_isready --quiet --timeout=5; then
    refusal=$(refusal_of_server)
    if is_about_tls "$refusal"; then
      finding "the connection to $server is not made: $(echo "$refusal" | tr '\n' ' ')$(tls_remedy "$refusal")"
    else
      warn "no server accepts connections at $server: the password is not tried"
    fi
  elif ! run query "$MAINTENANCE_DATABASE" --command='SELECT 1' >/dev/null 2>"$scratch/login"; then
    finding "${PASSWORD_SOURCE:-PGPASSWORD} does not log in to $server as $PGUSER: $(tail -n 1 "$scratch/login")." \
      "$(login_remedy "$(cat "$scratch/login")")"
  else
    log "${PASSWORD_SOURCE:-PGPASSWORD} logs in to $server as $PGUSER"
  fi
}

main "$@"
