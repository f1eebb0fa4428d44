#!/usr/bin/env bash
# Builds what `npm run cluster` needs into .cache/cluster: kube-apiserver from its Go module, which takes minutes and
# 3 GB of memory, and the custom resource definitions of the Gateway API and KEDA from theirs. Takes etcd from Debian
# (needs root) where there is none. Needs Go.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/.cache/cluster
mkdir -p "$target/bin" "$target/crds"

[ -x "$target/bin/kube-apiserver" ] ||
  GOBIN="$target/bin" go install -C test/cluster/go k8s.io/kubernetes/cmd/kube-apiserver

# crds MODULE@VERSION FOLDER FILE…: copies definitions out of a module.
crds() {
  local folder
  folder=$(go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  (cd "$folder/$2" && shift 2 && install -m 644 "$@" "$target/crds/")
}
crds sigs.k8s.io/gateway-api@v1.6.1 config/crd/standard \
  gateway.networking.k8s.io_{gateways,grpcroutes,httproutes}.yaml
crds github.com/kedacore/keda/v2@v2.20.2 config/crd/bases keda.sh_{scaledobjects,triggerauthentications}.yaml

if ! command -v etcd > /dev/null && [ ! -x "$target/bin/etcd" ]; then
  if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "setup-cluster: no etcd here; install it, or \`apt-get install etcd-server\` as root" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends etcd-server > /dev/null
fi
