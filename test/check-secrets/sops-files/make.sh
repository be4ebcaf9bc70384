#!/usr/bin/env bash
# Encrypts the same files with several versions of the real sops, for keys of the real age, into the folder of this
# script. By hand, with a Go toolchain: the result is committed, and no test runs this. The keys are thrown away.
# usage: make.sh
set -euo pipefail

# The Go modules of each version; those before 3.8 have another path and need newer modules of Go itself.
VERSIONS='3.7.3 3.8.1 3.9.0 3.10.2 3.11.0 3.13.3'
AGE=1.3.2

# usage: install_sops VERSION FOLDER
install_sops() {
  if [[ $1 != 3.7.* ]]; then
    GOBIN=$2 go install "github.com/getsops/sops/v3/cmd/sops@v$1"
    return 0
  fi
  mkdir -p "$2/module"
  (
    cd "$2/module"
    printf 'package old\n\nimport _ "go.mozilla.org/sops/v3"\n' >old.go
    go mod init old
    go get "go.mozilla.org/sops/v3/cmd/sops@v$1" golang.org/x/sys@latest golang.org/x/net@latest golang.org/x/crypto@latest
    go build -mod=mod -o "$2/sops" go.mozilla.org/sops/v3/cmd/sops
  )
}

# usage: secret FIELD VALUE
secret() {
  printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: zitadel-secret\n  namespace: identity-internal\ntype: Opaque\n'
  printf '%s:\n  masterkey: %s\n' "$1" "$2"
}

main() {
  local home work version recipients=()
  home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  work=$(mktemp -d)
  GOBIN=$work go install "filippo.io/age/cmd/age-keygen@v$AGE"
  for name in cluster person; do
    "$work/age-keygen" -o "$work/$name.agekey" 2>/dev/null
    recipients+=("$("$work/age-keygen" -y "$work/$name.agekey")")
  done
  printf '{ "cluster": "%s", "person": "%s" }\n' "${recipients[@]}" >"$home/recipients.json"

  mkdir "$work/plain"
  cd "$work/plain"
  secret stringData MasterkeyNeedsToHave32Characters >secret.yaml
  secret stringData MasterkeyNeedsToHave32Characters >shamir.yaml
  secret stringData MasterkeyNeedsToHave32Characters >both.yaml
  secret stringData MasterkeyNeedsToHave32Characters >whole.yaml
  secret data "$(printf MasterkeyNeedsToHave32Characters | base64)" >data.yaml
  printf '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "zitadel-secret", "namespace": "identity-internal"}, "stringData": {"masterkey": "MasterkeyNeedsToHave32Characters"}}\n' >secret.json
  printf '# the key of ZITADEL\nmasterkey=MasterkeyNeedsToHave32Characters\nother=x\n' >zitadel.env
  printf MasterkeyNeedsToHave32Characters >masterkey.txt
  cat >"$work/config.yaml" <<CONFIG
creation_rules:
  - path_regex: (zitadel\\.env|masterkey\\.txt|whole\\.yaml)$
    age: ${recipients[0]}
  - path_regex: both\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: ${recipients[0]},${recipients[1]}
  - path_regex: shamir\\.yaml$
    encrypted_regex: ^(data|stringData)$
    shamir_threshold: 2
    key_groups:
      - age: ['${recipients[0]}']
      - age: ['${recipients[1]}']
  - encrypted_regex: ^(data|stringData)$
    age: ${recipients[0]}
CONFIG
  for version in $VERSIONS; do
    install_sops "$version" "$work/$version"
    mkdir -p "$home/$version"
    for file in *; do
      "$work/$version/sops" --config "$work/config.yaml" --encrypt "$file" >"$home/$version/$file"
    done
  done
  rm -rf "$work"
}

main "$@"
