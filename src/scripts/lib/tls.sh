# shellcheck shell=bash
# The encryption of connections: its files, and the remedies for the messages of libpq about it.
# Needs: common.sh; PGHOST, PGUSER, PGDATABASE and MAINTENANCE_DATABASE; for encrypted connections PGSSLMODE; with an
# authority PGSSLROOTCERT and TLS_AUTHORITY_SOURCE, its name in messages; with a certificate of the client PGSSLCERT, PGSSLKEY,
# TLS_KEY_FILE, and the names of the first and the last in messages, TLS_CERTIFICATE_SOURCE and TLS_KEY_SOURCE.
# Sets:  nothing; writes the file PGSSLKEY.

# usage: missing_tls_files      prints a line with the remedy for each file that is missing or empty
missing_tls_files() {
  [ "${PGSSLROOTCERT:-system}" = system ] || present "$PGSSLROOTCERT" "$(authority)" "the server's certificate is checked with it"
  [ -z "${PGSSLCERT:-}" ] || present "$PGSSLCERT" "$TLS_CERTIFICATE_SOURCE" "the client shows it to the server"
  [ -z "${TLS_KEY_FILE:-}" ] || present "$TLS_KEY_FILE" "$TLS_KEY_SOURCE" "the client proves with it that the certificate is its own"
}

# usage: present FILE SOURCE BECAUSE
present() {
  [ -s "$1" ] ||
    echo "$2 is missing or empty. It is needed: $3. Create it, e.g. by reconciling the Flux Kustomization that holds it."
}

# libpq refuses a key that others than its owner can read, and the files of a volume belong to root.
copy_client_key() {
  [ -z "${TLS_KEY_FILE:-}" ] || cat "$TLS_KEY_FILE" >"$PGSSLKEY"
}

authority() {
  echo "${TLS_AUTHORITY_SOURCE:-the file in PGSSLROOTCERT}"
}

# usage: is_about_tls MESSAGE
# Names may contain any words, so they are removed first. The message of a cut connection names SSL, too, and the next try may
# find a server that has started. So does the message of a server that does not admit the role with or without encryption.
is_about_tls() {
  local said=$1 words
  for words in "\"$PGHOST\"" "\"$PGUSER\"" "\"$PGDATABASE\"" "\"$MAINTENANCE_DATABASE\"" \
    'SSL SYSCALL error' 'SSL error: unexpected eof' 'SSL encryption' 'SSL on' 'SSL off'; do
    said=${said//"$words"/}
  done
  [[ $said == *certificate* || $said == *SSL* || $said == *TLS* || $said == *'private key'* ]]
}

# usage: tls_remedy MESSAGE
tls_remedy() {
  local client=${TLS_CERTIFICATE_SOURCE:-the client certificate}
  case $1 in
    *'does not match host name'*) echo "Connect by a name that the server's certificate has, or have it made for $PGHOST." ;;
    *'alert certificate expired'*) echo "The server takes $client for expired. Renew it." ;;
    *'alert '*certificate* | *'alert unknown ca'*) echo "The server does not trust $client. Give a certificate of the authority in the server's ssl_ca_file." ;;
    *'requires a valid client certificate'*)
      echo "Give a certificate of the authority in the server's ssl_ca_file: clientCertificate of the prop tls."
      ;;
    *'certificate authentication failed'*)
      echo "The name in $client is not $PGUSER: give a certificate for this role, or map the name in pg_ident.conf."
      ;;
    *'private key'*) echo "Write the key of $client into ${TLS_KEY_SOURCE:-PGSSLKEY}, in PEM and without a passphrase." ;;
    *'root certificate'*) echo "$(authority) has no certificate that can be read. Write that of the authority that has signed the server's, in PEM." ;;
    *'read certificate file'*) echo "$client cannot be read. Write the client's certificate, in PEM." ;;
    *'verify failed'*) unverified_remedy "$(fault_of_certificate)" ;;
    *'does not support SSL'*) echo "Switch on SSL at the server, or say by the prop tls that the connection is not encrypted: Tls.disable()." ;;
    *) echo "Look at the prop tls of the database and at the server's certificate." ;;
  esac
}

# usage: unverified_remedy FAULT
unverified_remedy() {
  case $1 in
    '')
      echo "The server's certificate has expired, or $(authority) has not signed it." \
        "Renew the certificate, or give the authority that has signed it."
      ;;
    *expired*) echo "OpenSSL: $1. Renew the certificate that has expired, the server's or that of $(authority)." ;;
    *'not yet valid'*) echo "OpenSSL: $1. Set the clock of the node, or have the certificate made again." ;;
    *) echo "OpenSSL: $1. $(authority) has not signed the server's certificate: give the authority that has." ;;
  esac
}

# Prints why the server's certificate fails, which libpq does not tell; nothing if the image has no openssl.
fault_of_certificate() {
  local host=$PGHOST
  command -v openssl >/dev/null && [ -s "${PGSSLROOTCERT:-}" ] || return 0
  [[ $host != *:* ]] || host="[$host]"
  { timeout 10 openssl s_client -starttls postgres -connect "$host:${PGPORT:-5432}" -CAfile "$PGSSLROOTCERT" </dev/null 2>&1 || true; } |
    sed -n 's/^verify error:num=[0-9]*:\(.*\)/\1/p' | head -n 1
}
