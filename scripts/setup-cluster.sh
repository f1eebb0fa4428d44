#!/usr/bin/env bash
# Builds kube-apiserver from its Go module into .cache/cluster, for `npm run cluster`, which takes minutes and 3 GB of
# memory. Takes etcd from Debian (needs root) where there is none. Needs Go, and what scripts/setup-deploy.sh installs.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/.cache/cluster
mkdir -p "$target/bin"

[ -x "$target/bin/kube-apiserver" ] ||
  GOBIN="$target/bin" go install -C test/cluster/go k8s.io/kubernetes/cmd/kube-apiserver

if ! command -v etcd > /dev/null && [ ! -x "$target/bin/etcd" ]; then
  if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "setup-cluster: no etcd here; install it, or \`apt-get install etcd-server\` as root" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends etcd-server > /dev/null
fi
