#!/usr/bin/env bash
# Installs the foreign programs that test/interop drives: grpcurl, grpc-health-probe, the Connect conformance suite,
# h2spec and grpc-go's interoperability client (need Go), Python grpcio and openapi-python-client (need Python 3),
# openapi-typescript and Redocly's linter; and builds the examples in both
# languages. test/interop/go/go.mod pins the versions of conformance, h2spec and the client. Tests whose program is
# missing are skipped and say so. With --require, exits with 1 if one cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/interop
mkdir -p "$target/bin"

missing() {
  echo "setup-interop: $1" >&2
  if [ "$require" = yes ]; then exit 1; fi
}
require=no
if [ "${1-}" = --require ]; then require=yes; fi

if command -v go > /dev/null; then
  export GOBIN="$PWD/$target/bin"
  [ -x "$GOBIN/grpcurl" ] || go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
  [ -x "$GOBIN/grpc-health-probe" ] || go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.61
  (cd examples/go && ../../node_modules/.bin/buf generate ../../proto --path ../../proto/rerank &&
    go build -o "$GOBIN/example-go" .)
  if ! [ -x "$GOBIN/connectconformance" ] || ! [ -x "$GOBIN/h2spec" ] || ! [ -x "$GOBIN/client" ]; then
    go install -C test/interop/go tool
  fi
else
  missing "no Go here, so none of the programs that are written in it"
fi

if command -v python3 > /dev/null; then
  [ -x "$target/venv/bin/python" ] || python3 -m venv "$target/venv"
  "$target/venv/bin/pip" install --quiet --disable-pip-version-check -r test/interop/requirements.txt \
    -r examples/python/requirements.txt
  "$target/venv/bin/python" -m grpc_tools.protoc -I proto --python_out=examples/python \
    --grpc_python_out=examples/python rerank/v1/rerank_service.proto
  [ -x "$target/openapi-python/bin/python" ] || python3 -m venv "$target/openapi-python"
  "$target/openapi-python/bin/pip" install --quiet --disable-pip-version-check -r test/interop/openapi/requirements.txt
else
  missing "no Python here, so no grpcio client"
fi

# Apart from node_modules: openapi-typescript needs an older TypeScript.
mkdir -p "$target/openapi-npm"
cp test/interop/openapi/package.json "$target/openapi-npm/"
npm install --silent --no-audit --no-fund --prefix "$target/openapi-npm"
