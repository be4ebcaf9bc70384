# shellcheck shell=bash
# The findings of check-secrets.sh in the container before this, and the comparison of today's secrets with those of a dump.
# Needs: common.sh and storage.sh; SECRETS_REPORT. Sets: nothing.

# usage: check_secrets_were_checked
check_secrets_were_checked() {
  [ -e "${SECRETS_REPORT:?is not set: it names the folder with what check-secrets.sh has found}/complete" ] ||
    fail "the secrets were not checked: $SECRETS_REPORT/complete is missing. Run check-secrets.sh before, in the same pod."
}

# usage: secret_findings      prints the findings, a sentence per line; status 1 if there are none
secret_findings() {
  [ -s "$SECRETS_REPORT/findings" ] && cat "$SECRETS_REPORT/findings"
}

# usage: compare_fingerprints NAME      prints a line for each secret that the dump's manifest knows or should know:
# same, other or unknown, with the secret's name and its purpose
compare_fingerprints() {
  fact "$BACKUP_DIR/$1.json" '"secrets"' | tr -d '"' |
    awk -F '\t' 'of == "dump" { then[$1] = $2; next }
      { print (!($2 in then) ? "unknown" : then[$2] == $1 ? "same" : "other") "\t" $2 "\t" $3 }' of=dump - of=today "$SECRETS_REPORT/fingerprints"
}
