#!/bin/sh
# Removes the native libraries of other platforms: two packages carry those of every platform.
# Usage: keep-platform.sh ARCH NODE_MODULES, where ARCH is Docker's name: amd64 or arm64.
set -eu

case "$1" in
  amd64) cpu=x64 ;;
  arm64) cpu=arm64 ;;
  *)
    echo "error: the architecture must be amd64 or arm64, got: \`$1\`" >&2
    exit 2
    ;;
esac
runtime=$2/onnxruntime-node/bin/napi-v6
tokenizers=$2/tokenizers

# A new version may lay its files out anew: better no image than one that does not start.
for file in "$runtime/linux/$cpu/onnxruntime_binding.node" \
  "$tokenizers/tokenizers.linux-$cpu-gnu.node"; do
  if [ ! -f "$file" ]; then
    echo "error: there is no \`$file\`" >&2
    exit 1
  fi
done

find "$runtime" -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} +
find "$runtime/linux" -mindepth 1 -maxdepth 1 ! -name "$cpu" -exec rm -r {} +
find "$tokenizers" -maxdepth 1 -name '*.node' ! -name "tokenizers.linux-$cpu-gnu.node" -exec rm {} +
