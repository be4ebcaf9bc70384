#!/bin/bash
# Checks that every expected secret exists and is as expected, and that the password opens the database. No value is ever
# printed. Findings go to SECRETS_REPORT/findings, a sentence per line. The fingerprints of values that a dump depends on go to
# SECRETS_REPORT/fingerprints. The status is 0 in either case: the next container decides what to do.
# usage: check-secrets.sh      with SECRETS_REPORT, the folder to write to, EXPECTED_FOR, the folder of the dumps
#   and the component of the workload, and EXPECTED_DIR with
#   lists/*.tsv           a secret in a line, whose fields are named below
#   keys/SECRET/KEY       the value of an expected key
#   secrets/SECRET/       the values of a secret with any keys
set -euo pipefail

# shellcheck source=lib/common.sh
. "${BASH_SOURCE[0]%/*}/lib/common.sh"
# shellcheck source=lib/server.sh
. "$scripts/lib/server.sh"

# The fields of the lists. usedFor has the folders whose dumps need the secret; with a slash and a component if only the
# workloads of that component do; it is empty if all workloads do. trailingNewline is "allowed" or empty, sameAsDump "true" or
# empty.
readonly FIELDS=(secret key usedFor bytes minBytes pattern trailingNewline sameAsDump gitFile optionalUntil because)

main() {
  local list line values i count=0
  local -A secret
  : "${SECRETS_REPORT:?is not set: it names the folder for what is found}" "${EXPECTED_DIR:?is not set: it names a folder}"
  : "${EXPECTED_FOR:?is not set: it names the folder of the dumps and the component}"
  on_exit :
  : >"$SECRETS_REPORT/findings"
  : >"$SECRETS_REPORT/fingerprints"
  for list in "$EXPECTED_DIR"/lists/*.tsv; do
    while IFS= read -r line; do
      [[ $line != '#'* ]] || continue
      readarray -d $'\t' -t values < <(printf %s "$line")
      for i in "${!FIELDS[@]}"; do
        secret[${FIELDS[i]}]=${values[i]:-}
      done
      is_needed secret || continue
      count=$((count + 1))
      if [ -z "${secret[key]}" ]; then check_whole secret; else check_key secret; fi
    done <"$list"
  done
  check_login
  # Written last: it tells the next container that the check is complete.
  : >"$SECRETS_REPORT/complete"
  log "$count secrets are expected, $(wc -l <"$SECRETS_REPORT/findings") findings"
}

# usage: is_needed SECRET      status 0 if the workloads of this component, or the dumps of the folder, need it
is_needed() {
  local -n of=$1
  [ -z "${of[usedFor]}" ] || [[ " ${of[usedFor]} " == *" ${EXPECTED_FOR%/*} "* || " ${of[usedFor]} " == *" $EXPECTED_FOR "* ]]
}

# usage: name_of SECRET
name_of() {
  local -n of=$1
  printf '%s\n' "secret ${of[secret]}${of[key]:+, key ${of[key]}}"
}

# usage: finding TEXT...
finding() {
  warn "$*"
  printf '%s\n' "$*" >>"$SECRETS_REPORT/findings"
}

# usage: check_whole SECRET
check_whole() {
  local -n of=$1
  if [ -n "$(ls "$EXPECTED_DIR/secrets/${of[secret]}")" ]; then log "$(name_of "$1"): present"; else missing "$1"; fi
}

# usage: check_key SECRET
check_key() {
  local -n of=$1
  local path=$EXPECTED_DIR/keys/${of[secret]}/${of[key]} name bytes problem
  if [ ! -e "$path" ]; then
    missing "$1"
    return 0
  fi
  name=$(name_of "$1")
  bytes=$(wc -c <"$path")
  [ "$bytes" -eq 0 ] || [ "${of[sameAsDump]}" != true ] || fingerprint "$name" "$path" "${of[because]}"
  problem=$(problem "$1" "$path" "$bytes")
  if [ -n "$problem" ]; then
    finding "$name $problem It is needed: ${of[because]}."
  else
    log "$name: $bytes bytes, as expected"
  fi
}

# usage: missing SECRET
missing() {
  local -n of=$1
  local name
  name=$(name_of "$1")
  if [ -n "${of[optionalUntil]}" ]; then
    log "$name is missing, which is right until ${of[optionalUntil]}. It is needed: ${of[because]}."
  else
    finding "$name is missing. It is needed: ${of[because]}." \
      "Create it, e.g. by reconciling the Flux Kustomization that holds ${of[gitFile]:-it}."
  fi
}

# usage: problem SECRET PATH BYTES      prints the problem of the value, and the remedy; nothing for a value as expected
problem() {
  local -n of=$1
  local want=${of[bytes]} least=${of[minBytes]} pattern=${of[pattern]}
  if [ "$3" -eq 0 ]; then
    echo "is empty. Write its value again."
  elif [ -n "$want" ] && [ "$3" -ne "$want" ]; then
    echo "has $3 bytes instead of $want$(why_longer "$2" "$3" "$want")"
  elif [ -n "$least" ] && [ "$3" -lt "$least" ]; then
    echo "has $3 bytes, fewer than $least. Was it cut? Write its value again."
  elif ends_with_newline "$2" && [ -z "${of[trailingNewline]}" ]; then
    echo "ends with a line break. Write its value again without, e.g. with printf %s instead of echo."
  elif [ -n "$pattern" ] && ! grep -Eqx -e "$pattern" "$2"; then
    echo "does not look like $pattern. Write its value again."
  fi
}

# usage: why_longer PATH BYTES WANT      names the usual mistakes
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

# usage: fingerprint NAME PATH BECAUSE
# The name is the salt: a precomputed table of hashes does not have the hash of this value.
fingerprint() {
  printf '%s\t%s\t%s\n' "$({ echo "$1" && cat "$2"; } | sha256sum | cut -c 1-16)" "$1" "$3" >>"$SECRETS_REPORT/fingerprints"
}

# A server that is down does not mean a wrong password; the next container waits for it.
check_login() {
  local server refusal missing
  [ -n "${PGPASSWORD:-}" ] || return 0
  missing=$(missing_tls_files)
  if [ -n "$missing" ]; then
    # Missing secrets have a finding already.
    [[ $missing != ConfigMap* ]] || finding "${missing%%$'\n'*}"
    return 0
  fi
  copy_client_key
  server=$PGHOST:${PGPORT:-5432} database=$PGDATABASE
  keep_alive
  if ! run is_ready; then
    refusal=$(refusal_of_server)
    if is_about_tls "$refusal"; then
      unconnected "$server" "$refusal"
    else
      warn "no server accepts connections at $server: the password is not tried"
    fi
  elif ! run query "$MAINTENANCE_DATABASE" --command='SELECT 1' >/dev/null 2>"$scratch/login"; then
    refusal=$(cat "$scratch/login")
    if is_about_tls "$refusal"; then
      unconnected "$server" "$refusal"
    else
      finding "${PASSWORD_SOURCE:-PGPASSWORD} does not log in to $server as $PGUSER: $(tail -n 1 "$scratch/login")." \
        "$(login_remedy "$refusal")"
    fi
  else
    log "${PASSWORD_SOURCE:-PGPASSWORD} logs in to $server as $PGUSER"
  fi
}

# usage: unconnected SERVER REFUSAL
unconnected() {
  finding "the connection to $1 is not made: $(printf %s "$2" | tr '\n' ' '). $(tls_remedy "$2")"
}

main "$@"
