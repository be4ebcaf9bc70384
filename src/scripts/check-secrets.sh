#!/bin/bash
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
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"

main() {
  local n path
  : "${SECRETS_REPORT:?is not set: it names the folder for what is found}" "${EXPECTED:?is not set: a number}"
  on_exit :
  : >"$SECRETS_REPORT/findings"
  : >"$SECRETS_REPORT/fingerprints"
  for ((n = 1; n <= EXPECTED; n++)); do
    path=$(expected "$n" PATH)
    if [ -d "$path" ]; then check_whole "$n" "$path"; else check_key "$n" "$path"; fi
  done
  check_login
  # Written last: the next container takes it for the sign that all of this was done.
  : >"$SECRETS_REPORT/complete"
  log "$EXPECTED secrets are expected, $(wc -l <"$SECRETS_REPORT/findings") findings"
}

# usage: expected NUMBER SETTING      of a secret
expected() {
  local variable=EXPECTED_$1_$2
  printf '%s\n' "${!variable:-}"
}

# usage: finding TEXT...
finding() {
  warn "$*"
  printf '%s\n' "$*" >>"$SECRETS_REPORT/findings"
}

# usage: check_whole NUMBER PATH
check_whole() {
  if [ -n "$(ls "$2")" ]; then log "$(expected "$1" NAME): present"; else missing "$1"; fi
}

# usage: check_key NUMBER PATH
check_key() {
  local name bytes problem
  if [ ! -e "$2" ]; then
    missing "$1"
    return
  fi
  name=$(expected "$1" NAME)
  bytes=$(wc -c <"$2")
  [ "$bytes" -eq 0 ] || [ "$(expected "$1" SAME_AS_DUMP)" != true ] || fingerprint "$1" "$2"
  problem=$(problem "$1" "$2" "$bytes")
  if [ -n "$problem" ]; then
    finding "$name $problem It is needed: $(expected "$1" BECAUSE)."
  else
    log "$name: $bytes bytes, as expected"
  fi
}

# usage: missing NUMBER
missing() {
  local name because until git_file
  name=$(expected "$1" NAME) because=$(expected "$1" BECAUSE) until=$(expected "$1" OPTIONAL_UNTIL) git_file=$(expected "$1" GIT_FILE)
  if [ -n "$until" ]; then
    log "$name: not there, which is right until $until. It is needed: $because."
  else
    finding "$name is missing. It is needed: $because." \
      "Create it, e.g. by reconciling the Flux Kustomization that holds ${git_file:-it}."
  fi
}

# usage: problem NUMBER PATH BYTES      what is wrong with the value, and the remedy; nothing when nothing is
problem() {
  local want least pattern
  want=$(expected "$1" BYTES) least=$(expected "$1" MIN_BYTES) pattern=$(expected "$1" PATTERN)
  if [ "$3" -eq 0 ]; then
    echo "is empty. Write its value again."
  elif [ -n "$want" ] && [ "$3" -ne "$want" ]; then
    echo "has $3 bytes instead of $want$(why_longer "$2" "$3" "$want")"
  elif [ -n "$least" ] && [ "$3" -lt "$least" ]; then
    echo "has $3 bytes, fewer than $least. Was it cut? Write its value again."
  elif ends_with_newline "$2" && [ -z "$(expected "$1" TRAILING_NEWLINE)" ]; then
    echo "ends with a line break. Write its value again without, e.g. with printf %s instead of echo."
  elif [ -n "$pattern" ] && ! grep -Eqx -e "$pattern" "$2"; then
    echo "does not look like $pattern. Write its value again."
  fi
}

# usage: why_longer PATH BYTES WANT      The usual accidents have names.
why_longer() {
  local decoded
  if ends_with_newline "$1" && [ "$2" -eq $(($3 + 1)) ]; then
    echo ": it ends with a line break. Write its value again without, e.g. with printf %s instead of echo."
  elif [ "$(tr -d '\n' <"$1" | wc -c)" -eq $((4 * (($3 + 2) / 3))) ] && decoded=$(base64 -d <"$1" 2>/dev/null | wc -c) &&
    [ "$decoded" -eq "$3" ]; then
    echo ": it is in base64 once too often. Put the decoded value into stringData, or this one into data."
  else
    echo ". Write its value again."
  fi
}

# usage: ends_with_newline PATH
ends_with_newline() {
  [ "$(tail -c 1 "$1" | od -An -tx1 | tr -d ' ')" = 0a ]
}

# usage: fingerprint NUMBER PATH
# The name is the salt: nobody can look up the hash of a value in a table made beforehand.
fingerprint() {
  local name
  name=$(expected "$1" NAME)
  printf '%s\t%s\t%s\n' "$({ echo "$name" && cat "$2"; } | sha256sum | cut -c 1-16)" "$name" "$(expected "$1" BECAUSE)" \
    >>"$SECRETS_REPORT/fingerprints"
}

# A server that is down is no wrong password; the next container waits for it.
check_login() {
  local server refusal
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
