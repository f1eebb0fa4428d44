#!/usr/bin/env bash
# Builds llama.cpp's server from the sources in the package llama-cpp-python, and makes the Python environment of its
# conversion script. The result is under .cache/bench/llama-cpp.
#
#   bench/contenders/build-llama-cpp.sh
#
# Needs bench/setup.sh to have run, CMake, a C++ compiler, 1 GB of disk, and about ten minutes on two cores.
set -euo pipefail

# The version of the package that is measured.
version=0.3.36
bench="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cache="$(cd "$bench/../.cache/bench" && pwd)"
target="$cache/llama-cpp"
rm -rf "${target:?}/versions.json" "$target/package" "$target/source" "$target/build" "${target:?}/bin"
mkdir -p "$target/package" "$target/source"

"$cache/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary llama-cpp-python \
  --dest "$target/package" "llama-cpp-python==$version"
tar -xzf "$target/package"/*.tar.gz -C "$target/source" --strip-components=3 --wildcards '*/vendor/llama.cpp'

# For this processor; without what only tests, other programs, its page, TLS and downloads need.
cmake -S "$target/source" -B "$target/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF \
  -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF >"$target/configure.log"
cmake --build "$target/build" --target llama-server --parallel "${JOBS:-$(nproc)}" >"$target/build.log"
mkdir "$target/bin"
cp "$target/build/bin/llama-server" "$target/bin/"

"$cache/venv/bin/python" -m venv "$cache/venv-llama-cpp"
packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
packages "$cache/venv" >"$(packages "$cache/venv-llama-cpp")/below.pth"
"$cache/venv-llama-cpp/bin/pip" install --quiet --disable-pip-version-check -r "$bench/python/requirements-llama-cpp.txt"

echo "{\"llama.cpp of llama-cpp-python\": \"$version\"}" >"$target/versions.json"
echo "built $target/bin/llama-server"
