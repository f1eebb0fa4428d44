#!/usr/bin/env bash
# Makes the Python environments that the benchmark needs, under .cache/bench. Safe to run again.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="$bench/../.cache/bench"
python="${PYTHON:-python3}"
mkdir -p "$cache"

"$python" -m venv "$cache/venv"
"$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$bench/requirements.txt"

# Infinity wants older versions of some libraries than the others, but the same PyTorch: its
# environment lies on top of the first.
"$python" -m venv "$cache/venv-infinity"
packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
packages "$cache/venv" >"$(packages "$cache/venv-infinity")/below.pth"
if ! "$cache/venv-infinity/bin/pip" install --quiet --disable-pip-version-check \
  -r "$bench/requirements-infinity.txt"; then
  echo "infinity could not be installed: the benchmark runs without it" >&2
fi
