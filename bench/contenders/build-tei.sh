#!/usr/bin/env bash
# Builds the router of Text Embeddings Inference from a clone of its repository, with its two backends for a CPU:
# ONNX Runtime, and candle with MKL. The result is under .cache/bench/tei; the clone stays as it is.
#
#   bench/contenders/build-tei.sh FOLDER [CANDLE]
#
# CANDLE is a clone of candle's repository, for a machine that cannot fetch it: cargo would fetch its submodules, too,
# which are for CUDA.
# Needs Rust 1.85 or newer, a C compiler, Python 3.11, 6 GB of disk, and about half an hour on two cores.
set -euo pipefail

# The version that is measured; the clone must have the tag.
tag=v1.9.3
source="${1:?usage: build-tei.sh FOLDER [CANDLE], clones of text-embeddings-inference and of candle}"
source="$(cd "$source" && pwd)"
candle="${2:+$(cd "$2" && pwd)}"
bench="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$(mkdir -p "$bench/../.cache/bench/tei" && cd "$bench/../.cache/bench/tei" && pwd)"
rm -rf "${target:?}/versions.json" "$target/build" "$target/candle" "${target:?}/lib"
mkdir -p "$target/lib"

# MKL and ONNX Runtime as libraries.
"${PYTHON:-python3}" -m venv "$target/packages"
"$target/packages/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$bench/python/requirements-tei.txt"
packages="$("$target/packages/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
runtime="$(find "$packages/onnxruntime/capi" -name 'libonnxruntime.so.*' | head -n 1)"
cp "$runtime" "$target/lib/libonnxruntime.so.1"
ln -s libonnxruntime.so.1 "$target/lib/libonnxruntime.so"
cp "$target/packages/lib/libiomp5.so" "$target/lib/"

git clone --quiet --local --branch "$tag" --config advice.detachedHead=false "$source" "$target/build"
cd "$target/build"
# Forks of a CUDA library and of one for tests, which no build for a CPU contains, and a version of Rust that need not
# be this one.
sed -i '/^cudarc = { git/d; /^insta = { git/d' Cargo.toml router/Cargo.toml backends/candle/Cargo.toml
sed -i 's#"cudarc?/static-linking", ##' router/Cargo.toml
rm rust-toolchain.toml
if [ -n "$candle" ]; then
  revision="$(sed -n 's/^candle = .*rev = "\([0-9a-f]*\)".*/\1/p' Cargo.toml)"
  git clone --quiet --local --no-checkout "$candle" "$target/candle"
  git -C "$target/candle" checkout --quiet "$revision"
  sed -i -E "s#git = \"[^\"]*/candle\", rev = \"$revision\", package = \"([a-z-]+)\"#path = \"$target/candle/\1\", package = \"\1\"#" \
    Cargo.toml
fi
# MKL takes its slowest code on processors that are not Intel's. The authors' image answers for it that the
# processor is one, by a preloaded library; in a static build the linker redirects the question.
echo 'int __wrap_mkl_serv_intel_cpu_true(void) { return 1; }' >intel-cpu.c
cc -O2 -c intel-cpu.c -o intel-cpu.o

# The version in its lock file does not compile with Rust 1.95.
cargo update --quiet --precise 0.23.1 metrics

export MKLROOT="$target/packages"
export ORT_LIB_LOCATION="$target/lib" ORT_PREFER_DYNAMIC_LINK=1
cargo rustc --release --jobs "${JOBS:-$(nproc)}" --package text-embeddings-router --bin text-embeddings-router \
  --no-default-features --features ort,candle,mkl,static-linking,http -- \
  -C link-arg=-Wl,--wrap=mkl_serv_intel_cpu_true -C link-arg="$PWD/intel-cpu.o"
cp target/release/text-embeddings-router "$target/"

"$target/packages/bin/python" - "$tag" >"$target/versions.json.partial" <<'PYTHON'
import json, sys
from importlib.metadata import version
print(json.dumps({
    "text-embeddings-inference": sys.argv[1].lstrip("v"),
    "onnxruntime of TEI": version("onnxruntime"),
    "MKL of TEI": version("mkl-static"),
}))
PYTHON
mv "$target/versions.json.partial" "$target/versions.json"
echo "built $target/text-embeddings-router"
