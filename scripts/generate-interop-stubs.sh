#!/usr/bin/env bash
# Generates test/interop/gen: stubs of the services that foreign suites call, from the Go modules that define them (needs
# Go). They hold names and numbers alone: the descriptors are without comments. Both modules are under Apache-2.0.
set -euo pipefail
cd "$(dirname "$0")/.."
work=.cache/interop/descriptors
mkdir -p "$work"
conformance=$(go list -C test/interop/go -m -f '{{.Dir}}' connectrpc.com/conformance)
node_modules/.bin/buf build "$conformance/proto" --exclude-source-info -o "$work/conformance.binpb"
go run -C test/interop/go . > "$work/grpc-testing.binpb"
rm -rf test/interop/gen
for descriptors in conformance grpc-testing; do
  node_modules/.bin/buf generate "$work/$descriptors.binpb" --template '{
    "version": "v2",
    "plugins": [{
      "local": "node_modules/.bin/protoc-gen-es",
      "out": "test/interop/gen",
      "opt": ["target=ts", "import_extension=ts", "erasable_syntax=true"]
    }]
  }'
done
rm test/interop/gen/connectrpc/conformance/v1/suite_pb.ts
