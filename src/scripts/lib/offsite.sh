# shellcheck shell=bash
# The bucket with the copies of the dumps, as rclone sees it.
# Needs: common.sh and storage.sh; OFFSITE_DIR, the folder for handing over results; for the bucket RCLONE and OFFSITE_PROVIDER,
# OFFSITE_ENDPOINT, OFFSITE_REGION, OFFSITE_PATH, OFFSITE_CA, OFFSITE_ACCESS_KEY, OFFSITE_SECRET_KEY, OFFSITE_ENCRYPTION,
# or OFFSITE_REMOTE and OFFSITE_CONFIG; OFFSITE_PASSWORD, OFFSITE_SALT, OFFSITE_BANDWIDTH (0), and for messages OFFSITE_KEY_SOURCE and OFFSITE_PASSWORD_SOURCE.
# Sets:  by check_offsite_settings report, and the variables of rclone; by check_bucket_settings copies, the folder of the
# decrypted copies; objects, the same folder without decryption, with a slash at its end, so that rclone does not look for a
# file of that name; and ending, which the names of objects have beyond those of the copies.

report=
copies=
objects=
ending=

check_offsite_settings() {
  : "${OFFSITE_DIR:?is not set: it names the folder for what the containers hand over to each other}"
  report=$OFFSITE_DIR/report
}

# Only rclone reads these; no value is an argument or a file.
check_bucket_settings() {
  : "${RCLONE:?is not set: it names the path of rclone}" "${OFFSITE_PATH:?is not set: it names the bucket and the folder}"
  : "${OFFSITE_ENDPOINT:?is not set}" "${OFFSITE_ENCRYPTION:?is not set: crypt or none}" "${OFFSITE_KEY_SOURCE:?is not set}"
  export RCLONE_CONFIG='' RCLONE_CACHE_DIR="$scratch/rclone" RCLONE_RETRIES=2 RCLONE_LOW_LEVEL_RETRIES=4
  export RCLONE_CONTIMEOUT=30s RCLONE_TIMEOUT=2m RCLONE_BWLIMIT="${OFFSITE_BANDWIDTH:-0}" RCLONE_TRANSFERS=1 RCLONE_MULTI_THREAD_STREAMS=0
  if [ -n "${OFFSITE_REMOTE:-}" ]; then use_remote; else use_bucket; fi
  copies=$objects ending=
  case $OFFSITE_ENCRYPTION in
    none) ;;
    crypt) use_crypt ;;
    *) fail "OFFSITE_ENCRYPTION ($OFFSITE_ENCRYPTION) is neither crypt nor none." ;;
  esac
}

use_remote() {
  [ -s "${OFFSITE_CONFIG:?is not set: it names the file with the configuration of rclone}" ] ||
    fail "the configuration of rclone is missing: $OFFSITE_KEY_SOURCE. Create it."
  grep -Fqx "[$OFFSITE_REMOTE]" "$OFFSITE_CONFIG" ||
    fail "the configuration of rclone has no remote $OFFSITE_REMOTE: $OFFSITE_KEY_SOURCE. Correct it, or the prop remote."
  objects=$OFFSITE_REMOTE:$OFFSITE_PATH/
  export RCLONE_CONFIG=$OFFSITE_CONFIG
  [ ! -e "${RCLONE%/*}/authorities" ] || export RCLONE_CA_CERT=${RCLONE%/*}/authorities
}

use_bucket() {
  : "${OFFSITE_REGION:?is not set}" "${OFFSITE_PROVIDER:?is not set}"
  if [ -z "${OFFSITE_ACCESS_KEY:-}" ] || [ -z "${OFFSITE_SECRET_KEY:-}" ]; then
    fail "the key of the bucket is missing: $OFFSITE_KEY_SOURCE. Create it."
  fi
  objects=bucket:$OFFSITE_PATH/
  export RCLONE_CONFIG_BUCKET_TYPE=s3 RCLONE_CONFIG_BUCKET_PROVIDER="$OFFSITE_PROVIDER"
  export RCLONE_CONFIG_BUCKET_ENDPOINT="$OFFSITE_ENDPOINT" RCLONE_CONFIG_BUCKET_REGION="$OFFSITE_REGION"
  export RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID="${OFFSITE_ACCESS_KEY%$'\n'}"
  export RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY="${OFFSITE_SECRET_KEY%$'\n'}"
  # The key need not be able to make buckets, or to look for them.
  export RCLONE_CONFIG_BUCKET_NO_CHECK_BUCKET=true
  if [ -n "${OFFSITE_CA:-}" ]; then
    [ -s "$OFFSITE_CA" ] || fail "$OFFSITE_CA is missing: the authority of $OFFSITE_ENDPOINT. Create the ConfigMap or the secret of ca."
    export RCLONE_CA_CERT=$OFFSITE_CA
  elif [ -e "${RCLONE%/*}/authorities" ]; then
    export RCLONE_CA_CERT=${RCLONE%/*}/authorities
  fi
}

use_crypt() {
  : "${OFFSITE_PASSWORD_SOURCE:?is not set}"
  if [ -z "${OFFSITE_PASSWORD:-}" ] || [ -z "${OFFSITE_SALT:-}" ]; then
    fail "the password or the salt of the encryption is missing: $OFFSITE_PASSWORD_SOURCE." \
      "Put the former value back: another value cannot decrypt the existing copies."
  fi
  copies=copies: ending=.bin
  export RCLONE_CONFIG_COPIES_TYPE=crypt RCLONE_CONFIG_COPIES_REMOTE="$objects"
  export RCLONE_CONFIG_COPIES_FILENAME_ENCRYPTION=off RCLONE_CONFIG_COPIES_DIRECTORY_NAME_ENCRYPTION=false
  RCLONE_CONFIG_COPIES_PASSWORD=$(printf '%s\n' "$OFFSITE_PASSWORD" | "$RCLONE" obscure -)
  RCLONE_CONFIG_COPIES_PASSWORD2=$(printf '%s\n' "$OFFSITE_SALT" | "$RCLONE" obscure -)
  export RCLONE_CONFIG_COPIES_PASSWORD RCLONE_CONFIG_COPIES_PASSWORD2
}

# usage: copy_of FILE      prints its name for rclone
copy_of() {
  echo "$copies$1"
}

# usage: list_objects      leaves in $scratch/objects a line for each object of the folder: its bytes, a tab, its name
list_objects() {
  local status=0
  run "$RCLONE" lsf --recursive --files-only --format sp --separator $'\t' "$objects" >"$scratch/listed" 2>"$scratch/rclone.log" || status=$?
  # In a bucket there are no folders, and an empty one is found.
  [ "$status" -eq 0 ] || { [ -n "${OFFSITE_REMOTE:-}" ] && grep -q 'directory not found' "$scratch/rclone.log"; } || fail_to_reach "list $OFFSITE_PATH"
  # A partial upload, as some remotes keep it, does not count as an object.
  sed '/[.]partial$/d' "$scratch/listed" >"$scratch/objects"
}

# usage: fail_to_reach WHAT      with the message of rclone in $scratch/rclone.log
fail_to_reach() {
  fail "cannot $1 at $OFFSITE_ENDPOINT: $(bucket_answer) $(bucket_remedy)"
}

# Prints the last message of rclone, without the numbers of the request.
bucket_answer() {
  tail -n 1 "$scratch/rclone.log" | sed -e 's/^[0-9/]* [0-9:]* [A-Z]* *: //' -e 's/RequestID: [^,]*, HostID: [^,]*, //' -e 's/[^.]$/&./'
}

# usage: bucket_remedy      prints the remedy for each known refusal
bucket_remedy() {
  case $(cat "$scratch/rclone.log") in
    *SignatureDoesNotMatch*) echo "The secret part of the key is wrong. Write the secret again, from where the key was made." ;;
    *InvalidAccessKeyId*) echo "The key does not exist, or not any more. Make a new key, and write the secret again." ;;
    *ExpiredToken* | *TokenRefreshRequired*) echo "The key has expired. Make a new key, and write the secret again." ;;
    *RequestTimeTooSkewed*) echo "The clock of this node is wrong. Set it." ;;
    *AuthorizationHeaderMalformed* | *PermanentRedirect* | *IllegalLocationConstraint*) echo "The region is another one. Correct the prop region." ;;
    *NoSuchBucket* | *'directory not found'*) echo "The bucket does not exist. Make it, or correct the prop bucket." ;;
    *QuotaExceeded* | *InsufficientStorage* | *InsufficientCapacity* | *StatusCode:\ 507*) echo "The bucket is full. Raise its quota, or shorten its retention." ;;
    *AccessDenied* | *Forbidden* | *"Source doesn't exist or is a directory"*) echo "The key may not do that: it needs the rights that docs/offsite-bucket.md lists. Add them." ;;
    *x509* | *'certificate'*) echo "The certificate of the server is not trusted. Name its authority in the prop ca." ;;
    *'bad password'*) password_remedy ;;
    *'no such host'* | *refused* | *timeout*) echo "Is the server there, and does the NetworkPolicy let the pod reach it?" ;;
    *) echo "Run this again. If it stays so, look at the bucket with rclone." ;;
  esac
}

password_remedy() {
  echo "The password or the salt is not the one that the copies were encrypted with: $OFFSITE_PASSWORD_SOURCE. Put the former value back."
}

# usage: object_bytes BYTES      prints the bytes of the object of a file: crypt adds a head of 32 bytes, and 16 for each 64 KiB
object_bytes() {
  if [ -z "$ending" ]; then echo "$1"; else echo $(($1 + 32 + 16 * (($1 + 65535) / 65536))); fi
}
