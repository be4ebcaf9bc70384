(
  log=$(mktemp)
  kubectl -n identity-internal port-forward service/zitadel :8080 >"$log" & forward=$!
  trap 'kill "$forward"; rm "$log"' EXIT
  until grep -q Forwarding "$log"; do kill -0 "$forward" || exit; sleep 1; done
  address=$(sed -n 's/^Forwarding from \(127[^ ]*\) .*/\1/p' "$log")
  config=$(kubectl -n identity-internal get configmap zitadel-config-yaml -o jsonpath='{.data.zitadel-config-yaml}')
  domain=$(echo "$config" | sed -n 's/^ExternalDomain: *//p' | tr -d "\"'")
  kubectl -n identity-internal get secret iam-admin-pat -o go-template='Authorization: Bearer {{.data.pat | base64decode}}' |
    curl -fs -o /dev/null -w '%{http_code}\n' --retry 15 --retry-delay 2 --retry-connrefused -H "Host: $domain" -H @- "http://${address:?}/auth/v1/users/me"
)
