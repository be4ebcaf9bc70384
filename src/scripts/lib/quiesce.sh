# shellcheck shell=bash
# Scales the service to 0 replicas for the cutover, and back to the count that was found.
# Needs: common.sh and server.sh; the function command_for and the variable staging of restore.sh's parts; QUIESCE_DEPLOYMENT,
# without which no function does anything, KUBECTL, NAMESPACE; API_TIMEOUT (10) and SCALE_BACK_SECONDS (30).
# Sets:  deployment and replicas_file; STOP_COMMAND if it is not set; replicas.

# Its name for kubectl, and the file beside the records that keeps the count for the next run, if this run is killed.
deployment=
replicas_file=
# The count that was found, until it is given back.
replicas=

check_quiesce_settings() {
  [ -n "${QUIESCE_DEPLOYMENT:-}" ] || return 0
  : "${KUBECTL:?is not set: it names the program}" "${NAMESPACE:?is not set}"
  "$KUBECTL" version --client >/dev/null || fail "the kubectl of the image of quiesce does not run in this image, see the message above." \
    "Choose an image whose kubectl is linked statically."
  deployment=deployment/$QUIESCE_DEPLOYMENT
  replicas_file=$BACKUP_DIR/restores/$QUIESCE_DEPLOYMENT.replicas
  STOP_COMMAND=${STOP_COMMAND:-$(scale_command 0)}
}

# usage: scale_command COUNT      prints the command for a person
scale_command() {
  echo "kubectl -n $NAMESPACE scale $deployment --replicas=$1"
}

# usage: scale get|patch [option]...      uses the scale alone: `kubectl scale` would need rights on the Deployment itself.
# With its own --request-timeout, kubectl would not look for the pod's account.
scale() {
  local status=0 verb=$1
  shift
  run timeout "${API_TIMEOUT:-10}" "$KUBECTL" "$verb" "$deployment" --subresource=scale --cache-dir="$scratch/kubectl" "$@" || status=$?
  case $status in
    0) return 0 ;;
    124 | 143) warn "the API server does not answer within ${API_TIMEOUT:-10} s. Does a NetworkPolicy let this pod connect to it?" ;;
  esac
  return 1
}

# usage: read_scale VARIABLE      puts the count into it
read_scale() {
  scale get --output=jsonpath='{.spec.replicas}' >"$scratch/replicas" || return 1
  # A count of 0 may be left out.
  printf -v "$1" %d "$(cat "$scratch/replicas")"
}

# usage: set_scale COUNT
set_scale() {
  scale patch --type=merge --patch="{\"spec\":{\"replicas\":$1}}" >/dev/null
}

# usage: take_over_scale ACTION
# Takes over a Deployment that a killed run has left at 0. A cutover is about to need it there; a longer action first gives it back.
take_over_scale() {
  local left
  [ -n "$replicas_file" ] && [ -e "$replicas_file" ] || return 0
  left=$(cat "$replicas_file")
  case $left in
    '' | *[!0-9]*) fail "$replicas_file does not hold a number ($left). Write into it how many replicas $deployment must have, or remove it." ;;
  esac
  replicas=$left
  log "a killed run had found $deployment at $replicas replicas, and may have left it at 0"
  case $1 in
    cutover | undo) ;;
    *) scale_back || { replicas=; fail "the service comes first: nothing was changed. Run this again once it is scaled back."; } ;;
  esac
}

scale_to_zero() {
  local count
  [ -n "$deployment" ] && [ "$RESTORE_SESSIONS" != refuse ] || return 0
  read_scale count || fail_to_scale
  if [ "$count" = 0 ]; then
    log "$deployment is at 0 replicas already, nothing to scale${replicas:+; it gets back $replicas}"
    return 0
  fi
  { mkdir -p "$BACKUP_DIR/restores" && echo "$count" >"$replicas_file" && sync "$replicas_file"; } ||
    fail "cannot write $replicas_file, so $deployment is not scaled. $(unharmed)"
  replicas=$count
  log "scaling $deployment from $replicas replicas to 0. Flux may undo this, and a HelmRelease with drift detection:" \
    "suspend what manages it, with \`flux suspend helmrelease …\` or \`flux suspend kustomization …\`"
  set_scale 0 || fail_to_scale
}

fail_to_scale() {
  fail "$deployment cannot be scaled, see kubectl's message above. $(unharmed)"
}

unharmed() {
  echo "\"$database\" is as it was; what was proven stays in \"$staging\": stop the service ($STOP_COMMAND), then: $(command_for cutover)"
}

# Gives the count back; status 1 if that fails. It is also called when this run ends, however it ends. A count that another
# program has set stays.
scale_back() {
  local deadline
  [ -n "$replicas" ] || return 0
  deadline=$(($(date +%s) + ${SCALE_BACK_SECONDS:-30}))
  until give_back; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      warn "$deployment COULD NOT BE SCALED BACK, see kubectl's message above. The service may be down." \
        "${exchanged:-"This run has not exchanged \"$database\"."} Run: $(scale_command "$replicas")"
      return 1
    fi
    run sleep 2
  done
  rm -f "$replicas_file" || warn "cannot remove $replicas_file: the next run would take $replicas replicas from it"
  replicas=
}

give_back() {
  local count
  read_scale count || return 1
  if [ "$count" = "$replicas" ]; then
    log "$deployment is at $replicas replicas, as it was found"
  elif [ "$count" != 0 ]; then
    log "another program has set $deployment to $count replicas, and it stays there: it was found at $replicas"
  else
    set_scale "$replicas" || return 1
    log "scaled $deployment back to $replicas replicas"
  fi
}
