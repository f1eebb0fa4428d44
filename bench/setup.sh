#!/usr/bin/env bash
# Makes the Python environments that the benchmark needs, under .cache/bench. Safe to run again.
#
#   bench/setup.sh                    those of the guide's script, sentence-transformers and Infinity
#   bench/setup.sh --peers            what `--figure peers` sets itself beside, too: llama.cpp, OpenVINO, Infinity on ONNX
#   bench/setup.sh --tei-source DIR   with --peers or alone: Text Embeddings Inference, from a clone of its repository
#          [--candle-source DIR]      with it: candle from a clone, where cargo cannot fetch it
#
# A contender that cannot be made is named, and the benchmark leaves it out.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="$bench/../.cache/bench"
python="${PYTHON:-python3}"
peers=false
tei_source=
candle_source=
while [ $# -gt 0 ]; do
  case "$1" in
    --peers) peers=true ;;
    --tei-source)
      tei_source="${2:?--tei-source needs a folder}"
      shift
      ;;
    --candle-source)
      candle_source="${2:?--candle-source needs a folder}"
      shift
      ;;
    *)
      echo "unknown option: $1" >&2
      exit 2
      ;;
  esac
  shift
done
mkdir -p "$cache"

"$python" -m venv "$cache/venv"
"$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r "$bench/python/requirements.txt"

# Infinity wants older versions of some libraries than the others, but the same PyTorch: its
# environment lies on top of the first.
"$python" -m venv "$cache/venv-infinity"
packages() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
packages "$cache/venv" >"$(packages "$cache/venv-infinity")/below.pth"
install_infinity() {
  "$cache/venv-infinity/bin/pip" install --quiet --disable-pip-version-check -r "$bench/python/$1"
}
left_out() { echo "$1 could not be made: the benchmark runs without it" >&2; }
install_infinity requirements-infinity.txt || left_out infinity

if [ "$peers" = true ]; then
  install_infinity requirements-infinity-onnx.txt || left_out "infinity's engine for ONNX"
  "$python" -m venv "$cache/venv-openvino"
  "$cache/venv-openvino/bin/pip" install --quiet --disable-pip-version-check -r "$bench/python/requirements-openvino.txt" ||
    left_out openvino
  "$bench/contenders/build-llama-cpp.sh" || left_out llama.cpp
fi
if [ -n "$tei_source" ]; then
  "$bench/contenders/build-tei.sh" "$tei_source" ${candle_source:+"$candle_source"} || left_out TEI
elif [ "$peers" = true ] && [ ! -e "$cache/tei/versions.json" ]; then
  echo "TEI is left out: build it from a clone of its repository with --tei-source" >&2
fi
